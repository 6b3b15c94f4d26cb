import { inject } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';

/** A span with its place in the tree and in time. */
export interface TimedSpan {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly service: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly tags: Readonly<Record<string, unknown>>;
}

interface JaegerTrace {
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly processID: string;
    readonly startTime: number;
    readonly duration: number;
    readonly references: readonly { readonly refType: string; readonly spanID: string }[];
    readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

const ARRIVAL_MS = 20_000;
const { urls } = inject('sharedVllm');

/** Spans that the store has of a trace by now. */
export async function readTrace(traceId: string): Promise<readonly TimedSpan[]> {
  const response = await fetch(`${urls.traces}/api/traces/${traceId}`);
  if (response.status === 404) return [];
  const { data } = (await response.json()) as { data: JaegerTrace[] | null };
  return (data ?? []).flatMap(({ spans, processes }) =>
    spans.map(({ spanID, operationName, processID, startTime, duration, references, tags }) => ({
      id: spanID,
      parentId: references.find(({ refType }) => refType === 'CHILD_OF')?.spanID,
      name: operationName,
      service: processes[processID]?.serviceName ?? '',
      startMs: startTime / 1000,
      endMs: (startTime + duration) / 1000,
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    })),
  );
}

/** The trace as soon as it has all these spans. */
export function traceWith(traceId: string, names: readonly string[]): Promise<readonly TimedSpan[]> {
  return waitUntil(
    `${names.join(', ')} in trace ${traceId}`,
    async () => {
      const spans = await readTrace(traceId);
      return names.every((name) => spans.some((span) => span.name === name)) && spans;
    },
    ARRIVAL_MS,
  );
}

/** The one span of this name. */
export function spanOf(spans: readonly TimedSpan[], name: string): TimedSpan {
  const found = spans.filter((span) => span.name === name);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} spans called ${name}`);
  return found[0];
}

/** Names of all operations that the store has ever seen of a service. */
export async function operationsOf(service: string): Promise<readonly string[]> {
  const response = await fetch(`${urls.traces}/api/services/${service}/operations`);
  return ((await response.json()) as { data: string[] | null }).data ?? [];
}
