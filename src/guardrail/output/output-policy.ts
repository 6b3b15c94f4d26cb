import { shapeFinder, type Finder, type FinderSet } from './finder.ts';
import { INSTRUCTIONS_RULE_ID, LINK_RULE_ID } from '../rules.ts';
import { addressFinder, createHostCheck, linkFinder } from './link-rules.ts';
import { PERSONAL_RULES } from './personal-rules.ts';
import { SECRET_RULES } from './secret-rules.ts';

/** What can be taken out of an answer: secrets, numbers that name a person, and links to hosts that are not on a list. */
export const OUTPUT_KINDS = ['secrets', 'pii', 'links'] as const;

/** One of them. */
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** What is looked for, compiled once for all answers. */
export interface OutputPolicy {
  /** In text that a person reads: found and replaced. */
  readonly text: FinderSet;
  /** In what a tool is called with: found and stopped, since a changed call would do something else. */
  readonly calls: FinderSet;
}

/** What a policy is made of. */
export interface OutputPolicyOptions {
  readonly kinds: readonly OutputKind[];
  /** Hosts to which links may lead; `.example.com` means all below it. */
  readonly linkHosts: readonly string[];
}

/** Compiles a policy. */
export function createOutputPolicy({ kinds, linkHosts }: OutputPolicyOptions): OutputPolicy {
  const isAllowed = createHostCheck(linkHosts);
  const secrets = kinds.includes('secrets') ? SECRET_RULES.map(shapeFinder) : [];
  const personal = kinds.includes('pii') ? PERSONAL_RULES.map(shapeFinder) : [];
  const links = kinds.includes('links') ? [linkFinder(isAllowed), addressFinder(isAllowed)] : [];
  return { text: finderSet([...secrets, ...personal, ...links]), calls: finderSet(secrets) };
}

/** Categories of rules that are not of disclosed secrets: an image is how an injection gets out, and a prompt is hidden context. */
export const OUTPUT_CATEGORIES: Readonly<Record<string, string>> = {
  [LINK_RULE_ID]: 'LLM01',
  [INSTRUCTIONS_RULE_ID]: 'LLM08',
};

/** Everything, with no host on the list. */
export const DEFAULT_OUTPUT_POLICY = createOutputPolicy({ kinds: OUTPUT_KINDS, linkHosts: [] });

function finderSet(finders: readonly Finder[]): FinderSet {
  const sources = [...new Set(finders.map(({ start }) => start))];
  return {
    finders,
    byCharacter: tableOf(finders),
    starts: new RegExp(sources.length === 0 ? '(?!)' : sources.join('|'), 'g'),
  };
}

/** Where text is hostile every place is worth asking; then each of them costs one or two patterns and not all of them. */
function tableOf(finders: readonly Finder[]): readonly (readonly Finder[])[] {
  const sets = finders.map((finder) => ({ finder, first: new RegExp(`^${finder.first}`) }));
  const startingWith = (isFirst: (first: RegExp) => boolean) =>
    sets.filter(({ first }) => isFirst(first)).map(({ finder }) => finder);
  const ascii = Array.from({ length: 128 }, (_none, code) =>
    startingWith((first) => first.test(String.fromCharCode(code))),
  );
  // Sets of other characters are those of wide digits.
  return [...ascii, startingWith((first) => /[０-９]/.test(first.source))];
}
