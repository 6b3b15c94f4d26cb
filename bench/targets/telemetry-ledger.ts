import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from '../program.ts';
import type { Received } from '../programs/collector.ts';

const POLL_MS = 50;
/** Eight seconds: longer than the longest pause between two exports, logs included. */
const MOST_POLLS = 160;

/** Spans of one request: server, three guards, retrieval, assembly, model call. */
export const SPANS_PER_REQUEST = { withRetrieval: 7, withoutRetrieval: 5 } as const;

/** What never arrived at the sink although it was waited for. */
export interface TelemetryLoss {
  readonly spans: number;
  readonly logRecords: number;
}

/** Compares what a gateway must have sent with what the sink received. */
export interface TelemetryLedger {
  /** Waits until all spans and log records of these and all earlier requests are there, or long enough. */
  settle(requests: number, spansPerRequest: number): Promise<void>;
  lost(): TelemetryLoss;
}

/** Opens the books on one sink that one gateway exports to. */
export function createTelemetryLedger(
  collector: Program,
  pause: (delayMs: number) => Promise<unknown> = delay,
): TelemetryLedger {
  const due = { spans: 0, logRecords: 0 };
  const lost = { spans: 0, logRecords: 0 };
  const missing = async () => {
    const received = (await collector.ask({})) as Received;
    const spans = due.spans - lost.spans - received.spans;
    return { spans, logRecords: due.logRecords - lost.logRecords - received.logRecords };
  };
  return {
    lost: () => ({ ...lost }),
    async settle(requests, spansPerRequest) {
      due.spans += requests * spansPerRequest;
      due.logRecords += requests;
      for (let poll = 0; poll < MOST_POLLS; poll += 1) {
        const { spans, logRecords } = await missing();
        if (spans <= 0 && logRecords <= 0) return;
        await pause(POLL_MS);
      }
      const { spans, logRecords } = await missing();
      lost.spans += Math.max(0, spans);
      lost.logRecords += Math.max(0, logRecords);
    },
  };
}
