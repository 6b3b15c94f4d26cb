import type { Alert } from '../notification.ts';
import { markdownLink } from './escape-markdown.ts';
import type { Words } from './words.ts';

/** Where links lead; what is absent is taken from the alert, or there is no such link. */
export interface LinkBases {
  readonly grafana: string | undefined;
  readonly prometheus: string | undefined;
  readonly alertmanager: string | undefined;
  readonly handbook: string | undefined;
}

/** People look from ten minutes before it began. */
const BEFORE_MS = 600_000;

/** Links to what a person looks at next, with a dot between them. */
export function alertLinks(alert: Alert, bases: LinkBases, alertmanagerUrl: string, words: Words): string {
  const links = [
    markdownLink(words.dashboard, dashboardUrl(alert, bases.grafana)),
    markdownLink(words.runbook, runbookUrl(alert, bases.handbook)),
    markdownLink(words.query, queryUrl(alert, bases)),
    alert.firing ? markdownLink(words.silence, silenceUrl(alert, bases.alertmanager ?? alertmanagerUrl)) : '',
  ];
  return links.filter((link) => link !== '').join(' · ');
}

function dashboardUrl({ dashboard, startsAt }: Alert, base: string | undefined): string {
  const url = resolve(dashboard, base, '/d/');
  return url === '' ? '' : `${url}${url.includes('?') ? '&' : '?'}from=${startsAt - BEFORE_MS}&to=now`;
}

/** Pages of the handbook are Markdown files; rules name them without the ending. */
function runbookUrl({ runbook }: Alert, base: string | undefined): string {
  const url = resolve(runbook, base, '/');
  return url === '' || url === runbook ? url : `${url}.md`;
}

/** Prometheus calls itself by a name that may be known only on its own machine; Grafana is where people look. */
function queryUrl({ queryUrl: address, startsAt }: Alert, { prometheus, grafana }: LinkBases): string {
  const url = URL.parse(address);
  if (url === null) return '';
  if (prometheus !== undefined) return `${prometheus}${url.pathname}${url.search}`;
  const expr = url.searchParams.get('g0.expr');
  if (grafana === undefined || expr === null) return address;
  const range = { from: String(startsAt - BEFORE_MS), to: 'now' };
  const panes = { a: { datasource: 'prometheus', queries: [{ refId: 'A', expr }], range } };
  return `${grafana}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`;
}

function resolve(target: string, base: string | undefined, between: string): string {
  if (target === '' || /^https?:\/\//.test(target)) return target;
  return base === undefined ? '' : `${base}${between}${target.replace(/^\/+/, '')}`;
}

function silenceUrl({ name, labels }: Alert, base: string): string {
  if (base === '') return '';
  // A value that was cut would match nothing; without it the silence is wider than the alert, and its author sees that.
  const whole = Object.entries(labels).filter(([, value]) => !value.endsWith('…'));
  const matchers = Object.entries({ alertname: name, ...Object.fromEntries(whole) }).map(
    ([label, value]) => `${label}=${JSON.stringify(value)}`,
  );
  return `${base}/#/silences/new?filter=${encodeURIComponent(`{${matchers.join(',')}}`)}`;
}
