import { worstSeverity, type Alert, type Notification } from '../notification.ts';
import { alertLinks, type LinkBases } from './alert-links.ts';
import { fitBlocks } from './cut-text.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { formatTime } from './format-time.ts';
import type { Words } from './words.ts';

/** How messages are written. */
export interface MessageStyle {
  readonly words: Words;
  readonly links: LinkBases;
  readonly timeZone: string;
  /** Word that the robot demands, at the end of each message. */
  readonly keyword: string;
}

/** A message as a person reads it. */
export interface MessageText {
  /** Shown in the list of conversations and on the lock screen. */
  readonly title: string;
  readonly text: string;
}

/** The sign of an alert or a whole group: on fire, or over. */
export function signOf(firing: boolean): string {
  return firing ? '🔥' : '✅';
}

/** One group: what is wrong, how bad, since when, and where to go on; as many of its alerts as fit into the bytes. */
export function groupMessage(
  group: Notification,
  style: MessageStyle,
  { limitBytes, now }: { readonly limitBytes: number; readonly now: number },
): MessageText {
  const { words, keyword } = style;
  const isFiring = group.alerts.some(({ firing }) => firing);
  const name = namesOf(group.alerts);
  const title = `${signOf(isFiring)} ${isFiring ? words.firing : words.resolved}: ${name}`;
  const severity = words.severity[worstSeverity(group.alerts)];
  const text = fitBlocks(
    {
      head: `### ${signOf(isFiring)} ${escapeMarkdown(name)} · ${severity}\n\n${countsOf(group, words)}`,
      blocks: group.alerts.map((alert) => ({ text: alertText(alert, group, style, now), alerts: 1 })),
      missing: group.truncatedAlerts,
      rest: words.rest,
      tail: escapeMarkdown(keyword),
    },
    limitBytes,
  );
  return { title, text };
}

/** The name all alerts have, or the first and how many more there are. */
export function namesOf(alerts: readonly Alert[]): string {
  const [first = '', ...more] = new Set(alerts.map(({ name }) => name));
  return more.length === 0 ? first : `${first} +${more.length}`;
}

function countsOf({ alerts, truncatedAlerts }: Notification, words: Words): string {
  const firing = alerts.filter((alert) => alert.firing).length;
  const counts = [
    [words.firing, firing],
    [words.resolved, alerts.length - firing],
  ] as const;
  const states = counts.filter(([, count]) => count > 0).map(([word, count]) => `${word} ${count}`);
  return `**${words.alerts(alerts.length + truncatedAlerts)}** (${states.join(' · ')})`;
}

function alertText(alert: Alert, group: Notification, style: MessageStyle, now: number): string {
  const { words, links, timeZone } = style;
  const summary = words.summary(alert);
  const labels = Object.entries(alert.labels).map(([label, value]) => `${label}=${value}`);
  const lines = [
    `${signOf(alert.firing)} **${escapeMarkdown(summary === '' ? alert.name : summary)}**`,
    listItem(words.since, timesOf(alert, { words, timeZone, now })),
    listItem(words.details, escapeMarkdown(alert.description)),
    listItem(words.labels, escapeMarkdown(labels.join(', '))),
    listItem('', alertLinks(alert, links, group.alertmanagerUrl, words)),
  ];
  // Two line feeds between the first line and the list: the reader of DingTalk would join them otherwise.
  return lines
    .filter((line) => line !== '')
    .join('\n')
    .replace('\n', '\n\n');
}

function listItem(word: string, text: string): string {
  if (text === '') return '';
  return word === '' ? `- ${text}` : `- ${word}: ${text}`;
}

function timesOf(
  { startsAt, endsAt }: Alert,
  { words, timeZone, now }: { words: Words; timeZone: string; now: number },
): string {
  const minutes = Math.max(Math.floor(((endsAt ?? now) - startsAt) / 60_000), 0);
  const start = formatTime(startsAt, timeZone);
  const end = endsAt === undefined ? '' : ` · ${words.until}: ${formatTime(endsAt, timeZone)}`;
  return `${start}${end} (${words.duration(minutes)})`;
}
