import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StageView } from '../api/answer-view.ts';
import { layoutWaterfall, type WaterfallRow } from './layout-waterfall.ts';

const stage = (name: string, startMs: number, durationMs: number): StageView => ({
  stage: name,
  startMs,
  durationMs,
  outcome: 'ok',
});

/** The rows of steps that ran. */
const ran = (rows: readonly WaterfallRow[]) => rows.filter(({ outcome }) => outcome !== 'skipped');

describe('layoutWaterfall', () => {
  it('places each step on one axis', () => {
    const stages = [stage('input_guard', 0, 25), stage('generate', 25, 50), stage('record', 75, 25)];
    const { rows, totalMs } = layoutWaterfall({ stages, durationMs: 100, timeToFirstTokenMs: 37.5 });
    expect(totalMs).toBe(100);
    expect(ran(rows).map(({ stage: name, start, share, waiting }) => [name, start, share, waiting])).toEqual([
      ['input_guard', 0, 0.25, undefined],
      ['generate', 0.25, 0.5, 0.25],
      ['record', 0.75, 0.25, undefined],
    ]);
  });

  it('reaches as far as the step that ended last', () => {
    const { totalMs, rows } = layoutWaterfall({ stages: [stage('record', 96, 32)], durationMs: 100 });
    expect(totalMs).toBe(128);
    expect(ran(rows)).toMatchObject([{ start: 0.75, share: 0.25 }]);
  });

  it('shows no wait where the first word is unknown, and the whole bar when none came in time', () => {
    const waiting = (timeToFirstTokenMs?: number) => {
      const source = { stages: [stage('generate', 10, 80)], durationMs: 100, timeToFirstTokenMs };
      return ran(layoutWaterfall(source).rows)[0]?.waiting;
    };
    expect([waiting(), waiting(500), waiting(5)]).toEqual([undefined, 1, 0]);
  });

  it('shows the steps that were never reached as skipped, at their place', () => {
    const stages = [stage('input_guard', 0, 1), stage('record', 1, 1)];
    expect(layoutWaterfall({ stages, durationMs: 2 }).rows.map((row) => [row.stage, row.outcome])).toEqual([
      ['input_guard', 'ok'],
      ['retrieve', 'skipped'],
      ['context_guard', 'skipped'],
      ['assemble', 'skipped'],
      ['generate', 'skipped'],
      ['output_guard', 'skipped'],
      ['record', 'ok'],
    ]);
  });

  it('keeps the steps of a newer gateway where the record has them', () => {
    const stages = [stage('retrieve', 0, 1), stage('rerank', 1, 1), stage('generate', 2, 1)];
    expect(layoutWaterfall({ stages, durationMs: 3 }).rows.map((row) => row.stage)).toEqual([
      'input_guard',
      'retrieve',
      'rerank',
      'context_guard',
      'assemble',
      'generate',
      'output_guard',
      'record',
    ]);
  });

  it.each([
    [1240, [0, 500, 1000]],
    [100, [0, 25, 50, 75, 100]],
    [8, [0, 2, 4, 6, 8]],
    [0.9, [0, 0.25, 0.5, 0.75]],
    [61_000, [0, 20_000, 40_000, 60_000]],
  ])('draws round ticks over %d ms', (durationMs, times) => {
    const { ticks } = layoutWaterfall({ stages: [], durationMs });
    expect(ticks.map(({ timeMs }) => timeMs)).toEqual(times);
    expect(ticks.map(({ at }) => at)).toEqual(times.map((time) => time / durationMs));
  });

  it('draws an answer that took no time at all', () => {
    const layout = layoutWaterfall({
      stages: [stage('input_guard', 0, 0)],
      durationMs: 0,
      timeToFirstTokenMs: 0,
    });
    expect(layout).toMatchObject({ totalMs: 0, ticks: [] });
    expect(layout.rows[0]).toMatchObject({ start: 0, share: 0 });
  });

  it('never draws outside the picture, whatever the record says', () => {
    const time = fc.double({ min: -1000, max: 1e7, noNaN: true });
    const stages = fc.array(
      fc.record({ startMs: time, durationMs: time, name: fc.constantFrom('generate', 'record') }),
    );
    fc.assert(
      fc.property(
        stages,
        time,
        fc.option(time, { nil: undefined }),
        (list, durationMs, timeToFirstTokenMs) => {
          const source = list.map(({ name, startMs, durationMs: duration }) =>
            stage(name, startMs, duration),
          );
          const { rows, ticks } = layoutWaterfall({ stages: source, durationMs, timeToFirstTokenMs });
          for (const { start, share, waiting } of rows) {
            expect(start).toBeGreaterThanOrEqual(0);
            expect(share).toBeGreaterThanOrEqual(0);
            expect(start + share).toBeLessThanOrEqual(1 + 1e-9);
            expect(waiting ?? 0).toBeGreaterThanOrEqual(0);
            expect(waiting ?? 0).toBeLessThanOrEqual(1);
          }
          expect(ticks.length).toBeLessThanOrEqual(5);
          expect(ticks.every(({ at }) => at >= 0 && at <= 1 + 1e-9)).toBe(true);
        },
      ),
    );
  });
});
