import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';

/** One query of one panel, as it stands in the dashboard. */
export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  readonly language: 'promql' | 'logql' | 'traceql';
  readonly expression: string;
  /** How a series is named; `{{label}}` stands for the value of a label. */
  readonly legend: string;
  /** Whether points that open a trace are drawn with it. */
  readonly exemplars: boolean;
  /** Asked once for the end of the time range, not along it. */
  readonly instant: boolean;
}

interface Target {
  readonly expr?: string;
  readonly query?: string;
  readonly instant?: boolean;
  readonly exemplar?: boolean;
  readonly legendFormat?: string;
  readonly datasource?: { readonly type?: string };
}

interface Pane {
  readonly queries: readonly Target[];
}

const LANGUAGES = { prometheus: 'promql', loki: 'logql', tempo: 'traceql' } as const;
/** Values of Grafana's own variables, as in a time range of 15 minutes. */
const BUILT_IN: Readonly<Record<string, string>> = {
  __rate_interval: '1m',
  __range: '15m',
  __interval: '15s',
  __auto: '15s',
};

/** Panels of a dashboard, its rows left out. */
export function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.filter((panel): panel is Panel => panel.type !== 'row');
}

/** Every query of a dashboard. */
export function queriesOf(dashboard: Dashboard): PanelQuery[] {
  return panelsOf(dashboard).flatMap(({ title = '', targets = [] }) =>
    (targets as readonly Target[]).map((target) => ({
      dashboard: dashboard.uid ?? '',
      panel: title,
      language: languageOf(target),
      expression: target.expr ?? target.query ?? '',
      legend: target.legendFormat ?? '',
      exemplars: target.exemplar ?? false,
      instant: target.instant ?? false,
    })),
  );
}

/** Every query that a click on a value of a dashboard leads to. */
export function exploreQueriesOf(dashboard: Dashboard): Pick<PanelQuery, 'language' | 'expression'>[] {
  const urls = panelsOf(dashboard).flatMap(({ fieldConfig }) =>
    ((fieldConfig?.defaults.links ?? []) as readonly { readonly url: string }[]).map(({ url }) => url),
  );
  return urls.map((url) => {
    const panes = new URL(url, 'http://grafana').searchParams.get('panes') ?? '{}';
    const [target] = Object.values(JSON.parse(panes) as Record<string, Pane>).flatMap((pane) => pane.queries);
    if (target === undefined) throw new Error(`a link without a query: ${url}`);
    return { language: languageOf(target), expression: target.expr ?? target.query ?? '' };
  });
}

/** Names of the variables that a text uses, in both ways of writing them. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$(?:\{(\w+)[^}]*\}|(\w+))/g)].map((match) => match[1] ?? match[2] ?? '');
}

/** The expression as it is sent when everything is chosen. */
export function withoutVariables(expression: string): string {
  return expression.replaceAll(/\$(\w+)/g, (_, name: string) => BUILT_IN[name] ?? '.*');
}

function languageOf({ datasource }: Target): PanelQuery['language'] {
  const type = datasource?.type ?? '';
  if (!isKnown(type)) throw new Error(`a query of an unknown data source: ${type}`);
  return LANGUAGES[type];
}

function isKnown(type: string): type is keyof typeof LANGUAGES {
  return type in LANGUAGES;
}
