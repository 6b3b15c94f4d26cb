import { SEVERITIES, worstSeverity, type Notification } from '../notification.ts';
import { alertLinks } from './alert-links.ts';
import { fitBlocks } from './cut-text.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import { formatTime } from './format-time.ts';
import { namesOf, signOf, type MessageStyle, type MessageText } from './group-message.ts';

/** Many groups in one message: counts of all, then the groups line by line, urgent and new ones first, as far as they fit. */
export function digestMessage(
  groups: readonly Notification[],
  style: MessageStyle,
  limitBytes: number,
): MessageText {
  const { words, keyword } = style;
  const counts = countAlerts(groups);
  const isFiring = counts.firing > 0;
  const told = `${words.alerts(counts.all)}, ${words.groups(groups.length)}`;
  const bySeverity = SEVERITIES.map((severity) => [words.severity[severity], counts[severity]] as const);
  const lines = [...bySeverity, [words.resolved, counts.resolved] as const]
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${word} ${count}`);
  const text = fitBlocks(
    {
      head: `### ${signOf(isFiring)} ${words.digest}: ${told}\n\n**${lines.join(' · ')}**`,
      blocks: [...groups].sort(byUrgency).map((group) => ({
        text: groupLine(group, style),
        alerts: group.alerts.length + group.truncatedAlerts,
      })),
      missing: 0,
      rest: words.rest,
      tail: escapeMarkdown(keyword),
    },
    limitBytes,
  );
  return { title: `${signOf(isFiring)} ${words.digest}: ${told}`, text };
}

interface Counts {
  all: number;
  firing: number;
  resolved: number;
  /** Those that still fire, by severity. */
  page: number;
  ticket: number;
  info: number;
}

function countAlerts(groups: readonly Notification[]): Counts {
  const counts: Counts = { all: 0, firing: 0, resolved: 0, page: 0, ticket: 0, info: 0 };
  for (const { alerts, truncatedAlerts } of groups) {
    counts.all += alerts.length + truncatedAlerts;
    for (const { firing, severity } of alerts) {
      counts[firing ? 'firing' : 'resolved'] += 1;
      if (firing) counts[severity] += 1;
    }
  }
  return counts;
}

function byUrgency(left: Notification, right: Notification): number {
  const urgency = urgencyOf(left) - urgencyOf(right);
  return urgency === 0 ? newest(right) - newest(left) : urgency;
}

function urgencyOf({ alerts }: Notification): number {
  const firing = alerts.filter((alert) => alert.firing);
  return firing.length === 0 ? SEVERITIES.length : SEVERITIES.indexOf(worstSeverity(firing));
}

function newest({ alerts }: Notification): number {
  return alerts.reduce((latest, { startsAt }) => Math.max(latest, startsAt), 0);
}

function groupLine(group: Notification, { words, links, timeZone }: MessageStyle): string {
  const [first] = group.alerts;
  if (first === undefined) return '';
  const isFiring = group.alerts.some(({ firing }) => firing);
  const facts = [
    `${signOf(isFiring)} **${escapeMarkdown(namesOf(group.alerts))}**`,
    words.severity[worstSeverity(group.alerts)],
    words.alerts(group.alerts.length + group.truncatedAlerts),
    `${words.since} ${formatTime(first.startsAt, timeZone)}`,
    escapeMarkdown(words.summary(first)),
    alertLinks(first, links, group.alertmanagerUrl, words),
  ];
  return `- ${facts.filter((fact) => fact !== '').join(' · ')}`;
}
