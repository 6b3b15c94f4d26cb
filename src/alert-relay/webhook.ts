import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GatewayError } from '../errors/gateway-error.ts';
import { cutToBytes } from './message/cut-text.ts';
import type { Alert, Notification, Severity } from './notification.ts';

const texts = z.record(z.string(), z.string());
const time = z.iso.datetime({ offset: true });

const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: texts,
  annotations: texts.default({}),
  startsAt: time,
  endsAt: time.optional(),
  generatorURL: z.string().default(''),
  fingerprint: z.string().min(1).max(64),
});

/** Version 4; fields that later versions of Alertmanager add are accepted and not looked at. */
const webhookSchema = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1).max(10_000),
  truncatedAlerts: z.number().int().min(0).default(0),
  status: z.enum(['firing', 'resolved']),
  externalURL: z.string().default(''),
  alerts: z.array(alertSchema).min(1),
});

/** Texts longer than this no one reads on a phone. */
const TEXT_BYTES = 1000;
const LABEL_BYTES = 150;
const LABELS = 12;
const URL_BYTES = 1500;
/** Told elsewhere in the message. */
const TOLD_LABELS = new Set(['alertname', 'severity']);

/** Checks a webhook's body; what is wrong is named by its field and never quoted. */
export function parseWebhook(body: unknown): Notification {
  const parsed = webhookSchema.safeParse(body);
  if (!parsed.success) {
    const param = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
    throw new GatewayError('invalid_request', param === '' ? {} : { param });
  }
  const { groupKey, truncatedAlerts, externalURL, alerts } = parsed.data;
  return { groupKey, truncatedAlerts, alertmanagerUrl: shortUrl(externalURL), alerts: alerts.map(toAlert) };
}

/** The same for webhooks that tell the same news of a group: repeats, retries, and a second Alertmanager. */
export function newsKey({ groupKey, alerts }: Notification): string {
  const states = alerts
    .map(({ fingerprint, firing, startsAt }) => `${fingerprint} ${firing} ${startsAt}`)
    .sort();
  return createHash('sha256')
    .update(JSON.stringify([groupKey, states]))
    .digest('hex');
}

function toAlert(alert: z.output<typeof alertSchema>): Alert {
  const { labels, annotations, fingerprint } = alert;
  const firing = alert.status === 'firing';
  const endsAt = Date.parse(alert.endsAt ?? '');
  const told = Object.entries(labels).filter(([name]) => !TOLD_LABELS.has(name));
  return {
    fingerprint,
    firing,
    name: cutToBytes(labels['alertname'] ?? '', LABEL_BYTES),
    severity: severityOf(labels['severity']),
    labels: Object.fromEntries(
      told
        .slice(0, LABELS)
        .map(([name, value]) => [cutToBytes(name, LABEL_BYTES), cutToBytes(value, LABEL_BYTES)]),
    ),
    summary: cutToBytes(annotations['summary'] ?? '', TEXT_BYTES),
    summaryZh: cutToBytes(annotations['summary_zh'] ?? '', TEXT_BYTES) || undefined,
    description: cutToBytes(annotations['description'] ?? annotations['message'] ?? '', TEXT_BYTES),
    runbook: shortUrl(annotations['runbook'] ?? annotations['runbook_url'] ?? ''),
    dashboard: shortUrl(annotations['dashboard'] ?? annotations['dashboard_url'] ?? ''),
    queryUrl: shortUrl(alert.generatorURL),
    startsAt: Date.parse(alert.startsAt),
    ...(firing || Number.isNaN(endsAt) ? {} : { endsAt }),
  };
}

/** A cut URL leads somewhere else, so a long one is left out. */
function shortUrl(url: string): string {
  return Buffer.byteLength(url) > URL_BYTES ? '' : url;
}

/** Others' rules speak of `critical` and `warning`. */
function severityOf(label: string | undefined): Severity {
  if (label === 'page' || label === 'critical') return 'page';
  return label === 'ticket' || label === 'warning' ? 'ticket' : 'info';
}
