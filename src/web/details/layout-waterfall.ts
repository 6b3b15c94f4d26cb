import type { StageName } from '../../domain/answer-record.ts';
import type { AnswerView, StageView } from '../api/answer-view.ts';

/** One row of the waterfall: where its bar starts and how long it is, as shares of the whole (0 to 1). */
export interface WaterfallRow extends StageView {
  readonly start: number;
  readonly share: number;
  /** Only for the model: the part of its own bar before the first word, 0 to 1. */
  readonly waiting?: number | undefined;
}

/** A line of the time axis. */
export interface WaterfallTick {
  readonly at: number;
  readonly timeMs: number;
}

/** The drawing, free of pixels: the page only multiplies. */
export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  readonly ticks: readonly WaterfallTick[];
  readonly totalMs: number;
}

/** The parts of an answer that the waterfall is drawn from. */
export type WaterfallSource = Pick<AnswerView, 'stages' | 'durationMs' | 'timeToFirstTokenMs'>;

/** The whole path in its order (DESIGN: the request path). */
const PATH: readonly StageName[] = [
  'input_guard',
  'retrieve',
  'context_guard',
  'assemble',
  'generate',
  'output_guard',
  'record',
];
/** More lines than this cannot be told apart at the width of a phone. */
const MAX_TICKS = 5;
const TICK_STEPS = [1, 2, 2.5, 5, 10];

/** Lays out the stages of an answer on one time axis that ends with whatever ended last. */
export function layoutWaterfall({
  stages: recorded,
  durationMs,
  timeToFirstTokenMs,
}: WaterfallSource): Waterfall {
  const stages = wholePath(recorded);
  const totalMs = Math.max(0, durationMs, ...stages.map((stage) => stage.startMs + stage.durationMs));
  const rows = stages.map((stage) => {
    const start = shareOf(stage.startMs, totalMs);
    const share = Math.min(shareOf(stage.durationMs, totalMs), 1 - start);
    return { ...stage, start, share, waiting: waitingShare(stage, timeToFirstTokenMs) };
  });
  return { rows, ticks: ticksOf(totalMs), totalMs };
}

/** The steps as recorded; those of the path that were never reached stand at their place, marked as skipped. */
function wholePath(recorded: readonly StageView[]): readonly StageView[] {
  const missing = PATH.filter((stage) => !recorded.some((found) => found.stage === stage));
  const skipped = missing.map((stage) => ({ stage, startMs: 0, durationMs: 0, outcome: 'skipped' as const }));
  const place = ({ stage }: StageView) => PATH.indexOf(stage as StageName);
  return skipped.reduce<readonly StageView[]>((path, row) => {
    const next = path.findIndex((other) => place(other) > place(row));
    return path.toSpliced(next === -1 ? path.length : next, 0, row);
  }, recorded);
}

/** Clocks and records can be odd; a drawing stays inside its frame. */
function shareOf(timeMs: number, totalMs: number): number {
  return totalMs > 0 ? Math.min(1, Math.max(0, timeMs / totalMs)) : 0;
}

/** The time to the first word counts from the request's start, the bar from the model call's. */
function waitingShare(stage: StageView, timeToFirstTokenMs: number | undefined): number | undefined {
  if (stage.stage !== 'generate' || timeToFirstTokenMs === undefined) return undefined;
  return shareOf(timeToFirstTokenMs - stage.startMs, stage.durationMs);
}

/** Round times, at most five, from zero on. */
function ticksOf(totalMs: number): WaterfallTick[] {
  if (totalMs <= 0) return [];
  const raw = totalMs / (MAX_TICKS - 1);
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const stepMs = magnitude * (TICK_STEPS.find((step) => step * magnitude >= raw) ?? 10);
  const count = Math.min(MAX_TICKS, Math.floor(totalMs / stepMs) + 1);
  return Array.from({ length: count }, (_, index) => ({
    at: (index * stepMs) / totalMs,
    timeMs: index * stepMs,
  }));
}
