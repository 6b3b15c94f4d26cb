import type { ModelMetadata } from '../../../src/guardrail/classifier/shipped-model.ts';
import type { LabelledText } from './sources.ts';

/** A harmless text and the log-odds that a model gave it which had not learnt from its source. */
export interface HarmlessScore {
  readonly labelled: LabelledText;
  readonly logOdds: number;
}

/** The share of harmless texts that a band may hold. */
interface Allowance {
  readonly ordinary: number;
  readonly hard: number;
  /** Of our own hard texts from templates left out: nearer to attacks than what people write. */
  readonly ownHard: number;
}

const BLOCKED: Allowance = { ordinary: 0.005, hard: 0.03, ownHard: 0.08 };
const FLAGGED: Allowance = { ordinary: 0.02, hard: 0.08, ownHard: 0.15 };

/** Thresholds by channel and language that keep to the allowances on texts kept apart from training. */
export function setThresholds(scores: readonly HarmlessScore[]): ModelMetadata['thresholds'] {
  const bands = (channel: 'question' | 'passage', language: 'en' | 'zh'): { flag: number; block: number } => {
    const here = scores.filter(
      ({ labelled }) => labelled.language === language && channelsOf(labelled).includes(channel),
    );
    return { flag: thresholdFor(here, FLAGGED), block: thresholdFor(here, BLOCKED) };
  };
  const channel = (name: 'question' | 'passage') => ({ en: bands(name, 'en'), zh: bands(name, 'zh') });
  return { question: channel('question'), passage: channel('passage') };
}

/** Questions are pasted documents, too; a document is no question. */
function channelsOf({ kind }: LabelledText): readonly ('question' | 'passage')[] {
  return kind === 'indirect' ? ['question', 'passage'] : ['question'];
}

function thresholdFor(scores: readonly HarmlessScore[], allowance: Allowance): number {
  const isOwn = ({ labelled }: HarmlessScore): boolean => labelled.source.startsWith('own ');
  const isHard = (score: HarmlessScore): boolean => score.labelled.kind === 'over-defence' || isOwn(score);
  const ordinary = scores.filter((score) => !isHard(score));
  const hard = scores.filter(isHard);
  const logOdds = Math.max(
    quantile(ordinary, allowance.ordinary),
    quantile(
      hard.filter((score) => !isOwn(score)),
      allowance.hard,
    ),
    quantile(hard.filter(isOwn), allowance.ownHard),
  );
  return Number((1 / (1 + Math.exp(-logOdds))).toFixed(4));
}

/** The log-odds that only this share of the scores exceeds. */
function quantile(scores: readonly HarmlessScore[], share: number): number {
  const descending = scores.map(({ logOdds }) => logOdds).sort((left, right) => right - left);
  return descending[Math.floor(share * descending.length)] ?? -Infinity;
}
