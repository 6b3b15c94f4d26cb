/** One training example: the distinct buckets of a window, its label and how much an error on it costs. */
export interface Example {
  readonly buckets: Int32Array;
  readonly isInjection: boolean;
  readonly cost: number;
}

/** A linear model: one weight a bucket and a bias. */
export interface FittedModel {
  readonly weights: Float64Array;
  bias: number;
}

/** How the model is fitted. */
export interface FitOptions {
  readonly buckets: number;
  readonly epochs: number;
  readonly seed: number;
}

const NEWTON_STEPS = 8;
/** The bias is a feature of this value, so that it is hardly regularised. */
const BIAS_FEATURE = 1;

/** L2-regularised logistic regression by dual coordinate descent: deterministic, and without a rate to tune. */
export function fitLogisticRegression(examples: readonly Example[], options: FitOptions): FittedModel {
  const model: FittedModel = { weights: new Float64Array(options.buckets), bias: 0 };
  const duals = new Float64Array(examples.length);
  examples.forEach((example, index) => {
    const start = Math.min(0.001 * example.cost, 1e-8);
    duals[index] = start;
    addExample(model, example, start);
  });
  const order = Int32Array.from(examples, (_example, index) => index);
  const random = createRandom(options.seed);
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, random);
    for (const index of order) {
      const example = examples[index] as Example;
      const before = duals[index] as number;
      const after = solveDual(before, example.cost, marginOf(model, example));
      duals[index] = after;
      addExample(model, example, after - before);
    }
  }
  return model;
}

/** Log-odds that a window with these buckets is an injection. */
export function logOddsOf({ weights, bias }: FittedModel, buckets: Int32Array): number {
  let sum = 0;
  for (const bucket of buckets) sum += weights[bucket] as number;
  return buckets.length === 0 ? bias : sum / Math.sqrt(buckets.length) + bias;
}

/** Numbers in [0, 1) that are the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function marginOf(model: FittedModel, { buckets, isInjection }: Example): number {
  const logOdds = logOddsOf(model, buckets);
  return isInjection ? logOdds : -logOdds;
}

function addExample(model: FittedModel, { buckets, isInjection }: Example, amount: number): void {
  const signed = isInjection ? amount : -amount;
  const step = signed / Math.sqrt(Math.max(1, buckets.length));
  for (const bucket of buckets) model.weights[bucket] = (model.weights[bucket] as number) + step;
  model.bias += signed * BIAS_FEATURE;
}

/** Newton's method on one dual variable in (0, cost); the step keeps clear of both ends, where the entropy is infinite. */
function solveDual(before: number, cost: number, margin: number): number {
  const square = 1 + BIAS_FEATURE * BIAS_FEATURE;
  const isUpper = 0.5 * square * (cost - 2 * before) + margin < 0;
  const start = isUpper ? cost - before : before;
  const sign = isUpper ? -1 : 1;
  let value = cost - start < 0.5 * cost ? 0.1 * start : start;
  const gradient = (): number => square * (value - start) + sign * margin + Math.log(value / (cost - value));
  for (let step = 0; step < NEWTON_STEPS; step += 1) {
    const slope = gradient();
    if (Math.abs(slope) < 1e-6) break;
    const next = value - slope / (square + cost / ((cost - value) * value));
    value = next <= 0 ? value * 0.1 : Math.min(next, cost - 1e-12 * cost);
  }
  return isUpper ? cost - value : value;
}

function shuffle(order: Int32Array, random: () => number): void {
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const held = order[index] as number;
    order[index] = order[other] as number;
    order[other] = held;
  }
}
