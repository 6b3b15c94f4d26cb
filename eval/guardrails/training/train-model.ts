import { createFeatureBuffer, extractFeatures, BUCKETS } from '../../../src/guardrail/classifier/features.ts';
import { distinctBuckets, type LinearModel } from '../../../src/guardrail/classifier/linear-model.ts';
import { windowsOf } from '../../../src/guardrail/classifier/windows.ts';
import { fitLogisticRegression, logOddsOf, type Example } from './logistic-regression.ts';
import type { LabelledText } from './sources.ts';

/** How strongly an example counts; the higher, the less the weights are held near zero. */
const COST = 30;
const EPOCHS = 8;
const SEED = 7;
/** In the second round only the windows of an attack count that look most like one: the others are often harmless. */
const MARGIN_OF_WORST_WINDOW = 1;

/** A text as its windows' distinct buckets. */
export interface WindowedText {
  readonly labelled: LabelledText;
  readonly windows: readonly Int32Array[];
}

/** Takes the features of all texts once, for all models trained on parts of them. */
export function createWindowing(): (labelled: LabelledText) => WindowedText {
  const buffer = createFeatureBuffer();
  return (labelled) => {
    extractFeatures(labelled.text, buffer);
    return { labelled, windows: windowsOf(buffer).map((window) => distinctBuckets(buffer, window)) };
  };
}

/** Fits a model, then fits it again on the windows that the first one finds the attack in. */
export function trainModel(texts: readonly WindowedText[]): LinearModel {
  const options = { buckets: BUCKETS, epochs: EPOCHS, seed: SEED };
  const first = fitLogisticRegression(
    texts.flatMap((text) => examplesOf(text)),
    options,
  );
  return fitLogisticRegression(
    texts.flatMap((text) => examplesOf(text, first)),
    options,
  );
}

/** Log-odds of the worst window of a text. */
export function worstLogOdds(model: LinearModel, { windows }: WindowedText): number {
  return windows.reduce((worst, window) => Math.max(worst, logOddsOf(model, window)), -Infinity);
}

function examplesOf(text: WindowedText, model?: LinearModel): Example[] {
  const { isInjection } = text.labelled;
  const windows = isInjection && model !== undefined ? worstWindows(text, model) : text.windows;
  const share = isInjection ? Math.sqrt(windows.length) : windows.length ** 0.25;
  const cost = (COST * weightOf(text.labelled)) / share;
  return windows.map((buckets) => ({ buckets, isInjection, cost }));
}

function worstWindows({ windows }: WindowedText, model: LinearModel): readonly Int32Array[] {
  const scores = windows.map((window) => logOddsOf(model, window));
  const worst = Math.max(...scores);
  return windows.filter((_window, index) => (scores[index] as number) > worst - MARGIN_OF_WORST_WINDOW);
}

/** An attack missed costs more than a false alarm, a real text more than a drawn one; the labels of one set are known to be noisy. */
function weightOf({ source, isInjection }: LabelledText): number {
  if (!isInjection) return source.startsWith('own ') ? 1 : 2;
  return source.startsWith('deepset') ? 1 : 2;
}
