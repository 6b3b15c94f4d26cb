import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planMessage } from './plan-message.ts';

const plan = (urgent: string[], others: string[], sentAt: number[] = [], now = 100_000) =>
  planMessage({ urgent, others }, { sentAt, limit: 18, now });

describe('the next message', () => {
  test('is none when nothing waits', () => expect(plan([], [])).toEqual({ kind: 'idle' }));

  test('is urgent before it is old', () => {
    expect(plan(['u1', 'u2'], ['o1'])).toEqual({ kind: 'send', groups: ['u1'] });
    expect(plan([], ['o1', 'o2'])).toEqual({ kind: 'send', groups: ['o1'] });
  });

  test('is a digest when the minute has no room for each', () => {
    const many = Array.from({ length: 12 }, (_, index) => `o${index}`);
    expect(plan([], many)).toEqual({ kind: 'send', groups: many });
  });

  test('of what can wait leaves a third of the minute to what cannot', () => {
    const sentAt = Array.from({ length: 12 }, (_, index) => 50_000 + index);
    expect(plan([], ['o1'], sentAt)).toEqual({ kind: 'wait', delayMs: 10_000 });
    expect(plan(['u1'], ['o1'], sentAt)).toMatchObject({ kind: 'send', groups: ['u1'] });
  });
});

test('no 60 seconds ever hold more messages than the limit, and everything is told', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.nat(90_000), { maxLength: 60 }),
      (limit, arrivals) => {
        const sentAt: number[] = [];
        const waiting = arrivals
          .sort((left, right) => left - right)
          .map((at, index) => ({ at, key: `g${index}` }));
        let now = 0;
        while (waiting.length > 0) {
          const here = waiting.filter(({ at }) => at <= now).map(({ key }) => key);
          const next = planMessage({ urgent: [], others: here }, { sentAt, limit, now });
          if (next.kind === 'send') {
            sentAt.push(now);
            for (const key of next.groups)
              waiting.splice(
                waiting.findIndex((found) => found.key === key),
                1,
              );
            now += 5;
          } else now += next.kind === 'wait' ? next.delayMs : Math.max((waiting[0]?.at ?? 0) - now, 1);
        }
        for (const at of sentAt)
          expect(sentAt.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(
            limit,
          );
      },
    ),
    { numRuns: 50 },
  );
});
