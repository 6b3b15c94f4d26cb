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

/** Links to what a person looks at next, with a dot between them. */
export function alertLinks(alert: Alert, bases: LinkBases, alertmanagerUrl: string, words: Words): string {
  const links = [
    markdownLink(words.dashboard, dashboardUrl(alert, bases.grafana)),
    markdownLink(words.runbook, resolve(alert.runbook, bases.handbook, '/')),
    markdownLink(words.query, rebase(alert.queryUrl, bases.prometheus)),
    alert.firing ? markdownLink(words.silence, silenceUrl(alert, bases.alertmanager ?? alertmanagerUrl)) : '',
  ];
  return links.filter((link) => link !== '').join(' · ');
}

function dashboardUrl({ dashboard, startsAt }: Alert, base: string | undefined): string {
  const url = resolve(dashboard, base, '/d/');
  // Seen from ten minutes before it began.
  return url === '' ? '' : `${url}${url.includes('?') ? '&' : '?'}from=${startsAt - 600_000}&to=now`;
}

function resolve(target: string, base: string | undefined, between: string): string {
  if (target === '' || /^https?:\/\//.test(target)) return target;
  return base === undefined ? '' : `${base}${between}${target.replace(/^\/+/, '')}`;
}

/** Prometheus calls itself by a name that may be known only on its own machine. */
function rebase(address: string, base: string | undefined): string {
  const url = URL.parse(address);
  if (url === null || base === undefined) return address;
  return `${base}${url.pathname}${url.search}`;
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
