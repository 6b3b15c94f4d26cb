type Rule = readonly [ending: string, replacement: string];

/** Endings of M. F. Porter's algorithm ("An algorithm for suffix stripping", 1980), longest first within each step. */
const PLURALS = rules('sses>ss ies>i ss>ss s>');
const DERIVED = rules(
  'ational>ate ization>ize iveness>ive fulness>ful ousness>ous tional>tion biliti>ble entli>ent ousli>ous ation>ate ' +
    'alism>al aliti>al iviti>ive enci>ence anci>ance izer>ize alli>al ator>ate logi>log bli>ble eli>e',
);
const ADJECTIVES = rules('icate>ic ative> alize>al iciti>ic ical>ic ness> ful>');
const SUFFIXES = rules(
  'ement> ance> ence> able> ible> ment> sion>s tion>t ant> ent> ism> ate> iti> ous> ive> ize> al> er> ic> ou>',
);
const VOWEL = /[aeiou]|(?<=[^aeiou])y/;
const VOWEL_THEN_CONSONANT = /(?:[aeiou]|(?<=[^aeiou])y)+[^aeiou]/g;
/** consonant, vowel, consonant other than w, x, y: short words such as `hop`, which got their e back. */
const SHORT_END = /[^aeiou][aeiouy][^aeiouwxy]$/;

/** The stem of an English word, so that `configure` and `configuration` are one term; all else comes back as it is. */
export function stem(term: string): string {
  if (!/^[a-z]{3,}$/.test(term)) return term;
  const singular = replaceEnding(term, PLURALS, -1);
  const present = withoutTense(singular);
  const root = hasVowel(present.slice(0, -1)) ? present.replace(/y$/, 'i') : present;
  const plain = replaceEnding(replaceEnding(root, DERIVED, 0), ADJECTIVES, 0);
  return withoutFinalLetter(replaceEnding(plain, SUFFIXES, 1));
}

function withoutTense(word: string): string {
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const rest = word.replace(/(?:ed|ing)$/, '');
  if (rest === word || !hasVowel(rest)) return word;
  if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
  if (/([^aeioulsz])\1$/.test(rest)) return rest.slice(0, -1);
  return measure(rest) === 1 && SHORT_END.test(rest) ? `${rest}e` : rest;
}

function withoutFinalLetter(word: string): string {
  const rest = word.slice(0, -1);
  const length = measure(rest);
  const losesE = word.endsWith('e') && (length > 1 || (length === 1 && !SHORT_END.test(rest)));
  return losesE || (word.endsWith('ll') && measure(word) > 1) ? rest : word;
}

/** Only the longest ending that fits counts; it goes when what is left is long enough. */
function replaceEnding(word: string, endings: readonly Rule[], leastMeasure: number): string {
  const rule = endings.find(([ending]) => word.endsWith(ending));
  if (rule === undefined) return word;
  const rest = word.slice(0, -rule[0].length);
  const kept = rest + rule[1];
  return measure(rule[1].length === 1 && leastMeasure > 0 ? kept : rest) > leastMeasure ? kept : word;
}

/** How often a vowel run is followed by a consonant: a count of syllables, roughly. */
function measure(word: string): number {
  return word.match(VOWEL_THEN_CONSONANT)?.length ?? 0;
}

function hasVowel(word: string): boolean {
  return VOWEL.test(word);
}

function rules(text: string): Rule[] {
  return text.split(' ').map((rule) => rule.split('>') as [string, string]);
}
