import type { PartName } from './parts.ts';
import type { Stack } from './start-stack.ts';
import { PROGRAMS } from './programs.ts';

/** What the page of links is made from. */
interface Run {
  readonly stack: Pick<Stack, 'urls'>;
  readonly port: number;
  readonly managementPort: number;
  readonly relayPort: number;
  /** Where alerts go. */
  readonly alerts: string;
  readonly logFolder: string;
}

const SERVERS = ['otelcol', 'prometheus', 'alertmanager', 'loki', 'jaeger'] as const;

/** The one page that `npm run stack` prints: where each part answers and how to end. */
export function describeRun({
  stack: { urls },
  port,
  managementPort,
  relayPort,
  alerts,
  logFolder,
}: Run): string {
  const versions = SERVERS.map((name) => {
    const version = PROGRAMS.find((program) => program.name === name)?.version ?? '';
    return `${name} ${version}`;
  });
  const rows: [string, string][] = [
    ['Chat page', `http://127.0.0.1:${port}`],
    ['Gateway metrics', `http://127.0.0.1:${managementPort}/metrics`],
    ...(urls.grafana === undefined ? [] : [['Grafana', urls.grafana] as [string, string]]),
    ...(urls.tempo === undefined ? [] : [['Tempo (API)', urls.tempo] as [string, string]]),
    ['Jaeger (traces)', urls.traces],
    ['Prometheus (API)', `${urls.prometheus}/api/v1/query?query=glassgate_answers_total`],
    ['Alertmanager', urls.alertmanager],
    ['Alert relay', `http://127.0.0.1:${relayPort}/metrics`],
    ['Alerts', alerts],
    ['Loki (API)', `${urls.loki}/loki/api/v1/labels`],
    ['Collector (OTLP)', `${urls.otlpHttp} and gRPC ${urls.otlpGrpc.replace('http://', '')}`],
    ['Collector metrics', urls.collectorMetrics],
    ['Log files', logFolder],
    ['Versions', versions.join(', ')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return `\n${lines.join('\n')}\n\nCtrl-C ends all of it.\n`;
}

/** The first lines of every run: what stands in for what is not installed. */
export function describeMissing(parts: readonly PartName[]): string {
  const lines = [
    ...(parts.includes('tempo') ? [] : ['Tempo is not installed: Jaeger stands in as the trace store.']),
    ...(parts.includes('grafana')
      ? []
      : ['Grafana is not installed: look at metrics, logs and traces through their APIs and Jaeger.']),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
