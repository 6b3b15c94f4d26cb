import { beforeEach, describe, expect, test } from 'vitest';
import type { Program } from '../program.ts';
import { createTelemetryLedger, SPANS_PER_REQUEST, type TelemetryLedger } from './telemetry-ledger.ts';

let received: { spans: number; logRecords: number; metricExports: number };
/** What arrives during each pause. */
let arriving: { spans: number; logRecords: number }[];
let pauses: number;
let ledger: TelemetryLedger;

const collector: Program = {
  pid: 0,
  port: 0,
  ask: () => Promise.resolve({ ...received }),
  stop: () => Promise.resolve(),
};

beforeEach(() => {
  received = { spans: 0, logRecords: 0, metricExports: 0 };
  arriving = [];
  pauses = 0;
  ledger = createTelemetryLedger(collector, () => {
    pauses += 1;
    const { spans, logRecords } = arriving.shift() ?? { spans: 0, logRecords: 0 };
    received.spans += spans;
    received.logRecords += logRecords;
    return Promise.resolve();
  });
});

describe('settle', () => {
  test('waits until spans and log lines of all requests are there', async () => {
    arriving = [
      { spans: 50, logRecords: 0 },
      { spans: 20, logRecords: 9 },
      { spans: 0, logRecords: 1 },
    ];
    await ledger.settle(10, SPANS_PER_REQUEST.withRetrieval);
    expect(pauses).toBe(3);
    expect(ledger.lost()).toEqual({ spans: 0, logRecords: 0 });
  });

  test('waits only for what is new', async () => {
    arriving = [{ spans: 70, logRecords: 10 }];
    await ledger.settle(10, 7);
    arriving = [{ spans: SPANS_PER_REQUEST.withoutRetrieval, logRecords: 1 }];
    await ledger.settle(1, SPANS_PER_REQUEST.withoutRetrieval);
    expect(pauses).toBe(2);
  });

  test('does not wait at all for what is there', async () => {
    received = { spans: 7, logRecords: 1, metricExports: 0 };
    await ledger.settle(1, 7);
    expect(pauses).toBe(0);
  });

  test('gives up in the end, counts what is missing, and does not wait for it again', async () => {
    arriving = [{ spans: 68, logRecords: 10 }];
    await ledger.settle(10, 7);
    expect(pauses).toBe(160);
    expect(ledger.lost()).toEqual({ spans: 2, logRecords: 0 });
    arriving = [{ spans: 7, logRecords: 1 }];
    await ledger.settle(1, 7);
    expect(pauses).toBe(161);
    expect(ledger.lost()).toEqual({ spans: 2, logRecords: 0 });
  });
});
