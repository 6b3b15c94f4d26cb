import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DashboardLink,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** Where a click on a value leads: the logs and the traces of the time range that is shown. */
export interface ExploreQueries {
  /** LogQL. */
  readonly logs?: string;
  /** TraceQL. */
  readonly traces?: string;
}

/** What is worth reading when nothing more is known: what went wrong in the gateway, and its requests. */
export const WARNINGS_AND_ERRORS = '{service_name="glassgate"} | severity_text=~"WARN|ERROR"';
const CHAT_REQUESTS = '{ name = "POST /v1/chat/completions" }';

/** Links into Explore, the same for every panel unless it knows better. */
export function exploreLinks({
  logs = WARNINGS_AND_ERRORS,
  traces = CHAT_REQUESTS,
}: ExploreQueries): Builder<DashboardLink>[] {
  return [
    link('Logs of this time range', { datasource: 'loki', query: { expr: logs } }),
    link('Traces of this time range', {
      datasource: 'tempo',
      query: { query: traces, queryType: 'traceql', limit: 50, tableType: 'traces' },
    }),
  ];
}

/** Links at the top of a dashboard to all others with the same tag, which take time range and choices along. */
export function linksToOthers(tag: string): Builder<DashboardLink> {
  return inSight(
    new DashboardLinkBuilder('Glassgate dashboards')
      .type(DashboardLinkType.Dashboards)
      .tags([tag])
      .asDropdown(false)
      .keepTime(true)
      .includeVars(true),
  );
}

function link(title: string, target: { datasource: string; query: object }): Builder<DashboardLink> {
  return inSight(new DashboardLinkBuilder(title).url(exploreUrl(target)).targetBlank(true));
}

/** The builder puts every link into a menu; without a placement it is seen. */
function inSight(link: DashboardLinkBuilder): Builder<DashboardLink> {
  return {
    build: () => {
      const { placement: _, ...seen } = link.build();
      return seen;
    },
  };
}

/** Explore reads its state from the address; the two variables stay unencoded, or Grafana would not fill them in. */
function exploreUrl({ datasource, query }: { datasource: string; query: object }): string {
  const pane = {
    datasource,
    queries: [{ refId: 'A', datasource: { type: datasource, uid: datasource }, ...query }],
    range: { from: 'FROM', to: 'TO' },
  };
  const panes = encodeURIComponent(JSON.stringify({ glassgate: pane }));
  return `/explore?schemaVersion=1&panes=${panes.replace('FROM', '${__from}').replace('TO', '${__to}')}`;
}
