/** Characters of one set, so many times: a piece of a shape. */
export type Piece = readonly [set: string, least: number, most: number];

/** Something that is found in an answer, made of pieces in a row. It is never longer than the sum of them. */
export interface Shape {
  readonly pieces: readonly Piece[];
  /** What must not stand before it. */
  readonly notAfter: string;
  /** What must not follow it; without this it is found as soon as its last piece is there. */
  readonly notBefore?: string;
}

/** A shape as patterns that look at one position. */
export interface ShapePatterns {
  /** Finds the shape. */
  readonly whole: RegExp;
  /** Whether all the rest of a text may be the beginning of the shape, or one of which the end is not yet known. */
  readonly partial: RegExp;
  /** Source of a pattern for places where it is worth looking; also right at the end of a text. */
  readonly start: string;
  /** The most characters that have to wait for a decision. */
  readonly longest: number;
}

/** Characters of a shape that must be there before all of it is looked for. */
const START_CHARACTERS = 3;

/** The characters of a word, one piece each. */
export function literal(word: string): readonly Piece[] {
  return Array.from(word, (character) => [character.replace(/[^A-Za-z0-9]/, '\\$&'), 1, 1]);
}

/** Compiles a shape: both patterns come from the same pieces, so `partial` cannot miss a beginning of `whole`. */
export function compileShape({ pieces, notAfter, notBefore }: Shape): ShapePatterns {
  const before = `(?<!${notAfter})`;
  const body = pieces.map(([set, least, most]) => `${set}{${least},${most}}`).join('');
  return {
    whole: new RegExp(`${before}${body}${notBefore === undefined ? '' : `(?!${notBefore})`}`, 'y'),
    partial: new RegExp(`${before}${beginningsOf(pieces, notBefore === undefined ? '(?!)' : '$')}`, 'y'),
    start: `${before}${startOf(pieces)}`,
    longest: pieces.reduce((sum, [, , most]) => sum + most, 0),
  };
}

/** Every beginning that reaches the end of the text. */
function beginningsOf(pieces: readonly Piece[], whole: string): string {
  return pieces.reduceRight(
    (rest, [set, least, most]) => `(?:${set}{0,${most}}$|${set}{${least},${most}}${rest})`,
    whole,
  );
}

/** The first characters that every one of the shape has. */
function startOf(pieces: readonly Piece[]): string {
  const optional = pieces.findIndex(([, least]) => least === 0);
  const [first = '(?!)', ...others] = pieces
    .slice(0, optional === -1 ? pieces.length : optional)
    .flatMap(([set, least]) => Array.from({ length: least }, () => set))
    .slice(0, START_CHARACTERS);
  return first + others.reduceRight((rest, set) => `(?:$|${set}${rest})`, '');
}
