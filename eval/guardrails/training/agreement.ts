import type { TextScorer } from '../../../src/guardrail/classifier/score-text.ts';
import type { LinearModel } from '../../../src/guardrail/classifier/linear-model.ts';
import { logOddsOf } from './logistic-regression.ts';
import type { WindowedText } from './train-model.ts';

/** What the trainer makes of a text: a score for each of its windows. */
export interface TrainerScores {
  readonly text: string;
  readonly windows: readonly number[];
}

/** Scores by the trainer's own arithmetic. */
export function trainerScoresOf(model: LinearModel, { labelled, windows }: WindowedText): TrainerScores {
  const scores = windows.map((window) => 1 / (1 + Math.exp(-logOddsOf(model, window))));
  return { text: labelled.text, windows: scores };
}

/** How far the score of a text is from the trainer's score of the nearest of its windows. */
export function disagreement({ text, windows }: TrainerScores, score: TextScorer): number {
  const found = score(text, 'question').score;
  return windows.reduce((least, expected) => Math.min(least, Math.abs(found - expected)), Infinity);
}
