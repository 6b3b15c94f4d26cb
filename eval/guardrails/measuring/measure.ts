import type { GuardChannel } from '../../../src/domain/verdict.ts';
import type { Guard } from './guards.ts';
import type { LabelledLine } from './labelled-text.ts';
import { LATIN_ONLY, OBFUSCATIONS } from './obfuscations.ts';
import { rateOf, type Rate } from './wilson.ts';

/** How often a guard stops, and at least flags, the texts of one group. */
export interface GroupRates {
  readonly name: string;
  readonly blocked: Rate;
  readonly flagged: Rate;
}

/** Milliseconds that a guard takes for a text of some length. */
export interface Latency {
  readonly characters: number;
  readonly p50: number;
  readonly p99: number;
}

const RUNS = 300;
const WARM_UP_RUNS = 100;

/** The group that a line belongs to: what it is, how it came, in which language. */
export function groupOf({ label, kind, lang }: LabelledLine): string {
  const language = lang === 'zh' || lang === 'en' ? lang : 'other';
  if (label === 'injection') return `${kind === 'indirect' ? 'in documents' : kind}, ${language}`;
  return `${kind === 'over-defence' ? 'hard negatives' : 'ordinary'}, ${language}`;
}

/** Documents come by retrieval, everything else is asked. */
export function channelOf({ kind }: LabelledLine): GuardChannel {
  return kind === 'indirect' ? 'passage' : 'question';
}

/** Rates of a guard by group, or by anything else that lines are told apart by. */
export function measureGroups(
  lines: readonly LabelledLine[],
  guard: Guard,
  nameOf: (line: LabelledLine) => string = groupOf,
): GroupRates[] {
  const groups = [...Map.groupBy(lines, nameOf)].sort(([left], [right]) => left.localeCompare(right));
  return groups.map(([name, group]) => {
    const actions = group.map((line) => guard(line.text, channelOf(line)));
    const count = (holds: (action: string) => boolean): Rate =>
      rateOf(actions.filter(holds).length, actions.length);
    return {
      name,
      blocked: count((action) => action === 'block'),
      flagged: count((action) => action !== 'allow'),
    };
  });
}

/** Share of the attacks stopped in plain form that are stopped in each disguise, too. */
export function measureObfuscations(lines: readonly LabelledLine[], guard: Guard): Record<string, Rate> {
  const stopped = lines.filter(
    (line) => line.label === 'injection' && guard(line.text, channelOf(line)) === 'block',
  );
  return Object.fromEntries(
    Object.entries(OBFUSCATIONS).map(([name, disguise]) => {
      const disguised = stopped.filter(({ lang }) => lang !== 'zh' || !LATIN_ONLY.includes(name));
      const kept = disguised.filter((line) => guard(disguise(line.text), channelOf(line)) === 'block');
      return [name, rateOf(kept.length, disguised.length)];
    }),
  );
}

/** Share of plain recall that is kept over all disguises together. */
export function shareKept(obfuscations: Readonly<Record<string, Rate>>): number {
  const rates = Object.values(obfuscations);
  const sum = (of: 'count' | 'total'): number => rates.reduce((total, rate) => total + rate[of], 0);
  return sum('total') === 0 ? 0 : sum('count') / sum('total');
}

/** Time for harmless texts of these lengths, strung together from the lines of a set. */
export function measureLatency(
  lines: readonly LabelledLine[],
  guard: Guard,
  lengths: readonly number[],
): Latency[] {
  const texts = lines.filter(({ label }) => label === 'benign').map(({ text }) => text);
  const longest = Math.max(...lengths) + RUNS;
  let story = texts.join(' ');
  while (story.length < longest && story !== '') story += ` ${story}`;
  return lengths.map((characters) => {
    const times: number[] = [];
    for (let run = -WARM_UP_RUNS; run < RUNS; run += 1) {
      const text = story.slice(Math.max(0, run), Math.max(0, run) + characters);
      const start = performance.now();
      guard(text, 'question');
      if (run >= 0) times.push(performance.now() - start);
    }
    times.sort((left, right) => left - right);
    return { characters, p50: times[RUNS / 2] ?? 0, p99: times[Math.floor(RUNS * 0.99)] ?? 0 };
  });
}
