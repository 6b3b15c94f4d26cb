import type { GuardChannel } from '../../domain/verdict.ts';
import { createFeatureBuffer, extractFeatures, MAX_TEXT } from './features.ts';
import { logOddsOf, type LinearModel } from './linear-model.ts';
import { loadShippedModel, type ModelMetadata, type ShippedModel } from './shipped-model.ts';
import { windowsOf, type ScoredLanguage } from './windows.ts';

/** How much a text looks like an attack, and what follows from it. */
export interface TextScore {
  /** 0 to 1: of the window that is worst for its language. */
  readonly score: number;
  /** Language of that window: thresholds differ. */
  readonly language: ScoredLanguage;
  readonly action: 'allow' | 'flag' | 'block';
}

/** Reads texts that are longer than this in samples: the beginning, the end and pieces in between. */
const PIECE = MAX_TEXT / 16;
const PIECES_AT_THE_ENDS = 4;
const PIECES_BETWEEN = 8;

/** Scores texts by one model. */
export type TextScorer = (text: string, channel: GuardChannel) => TextScore;

/** A scorer with room of its own. */
export function createTextScorer({ model, metadata }: ShippedModel): TextScorer {
  const buffer = createFeatureBuffer();
  return (text, channel) => {
    extractFeatures(sample(text), buffer);
    return worstWindow(model, buffer, metadata.thresholds[channel]);
  };
}

let shipped: TextScorer | undefined;

/** Scores a text by the model that is shipped, which is read when it is first asked. */
export function scoreText(text: string, channel: GuardChannel): TextScore {
  shipped ??= createTextScorer(loadShippedModel());
  return shipped(text, channel);
}

function worstWindow(
  model: LinearModel,
  buffer: Parameters<typeof windowsOf>[0],
  thresholds: ModelMetadata['thresholds'][GuardChannel],
): TextScore {
  let worst: TextScore | undefined;
  let largest = -Infinity;
  for (const window of windowsOf(buffer)) {
    const { language } = window;
    const logOdds = logOddsOf(model, buffer, window);
    const excess = logOdds - Math.log(thresholds[language].block / (1 - thresholds[language].block));
    if (excess <= largest) continue;
    largest = excess;
    const score = 1 / (1 + Math.exp(-logOdds));
    worst = { score, language, action: actionFor(score, thresholds[language]) };
  }
  return worst ?? { score: 0, language: 'en', action: 'allow' };
}

function actionFor(score: number, bands: { flag: number; block: number }): TextScore['action'] {
  if (score >= bands.block) return 'block';
  return score >= bands.flag ? 'flag' : 'allow';
}

/** A text of bounded length in which a long one keeps its ends; an attack in between may be missed, rules read more. */
function sample(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const end = PIECE * PIECES_AT_THE_ENDS;
  const pieces = [text.slice(0, end)];
  const step = (text.length - 2 * end - PIECE) / (PIECES_BETWEEN - 1);
  for (let index = 0; index < PIECES_BETWEEN; index += 1) {
    const start = end + Math.floor(index * step);
    pieces.push(text.slice(start, start + PIECE));
  }
  return [...pieces, text.slice(-end)].join('');
}
