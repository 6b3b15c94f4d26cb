import { compileShape, type Shape } from './bounded-shape.ts';

/** What follows a finding and goes with it: it is dropped as it comes, so that nothing of any length has to wait. */
export interface Tail {
  /** Source of the set of characters it is made of. */
  readonly set: string;
  /** Its last words, when it has some. */
  readonly until?: RegExp;
  /** The most characters of it. */
  readonly limit: number;
}

/** Something found at a place of an answer. */
export interface Finding {
  /** Absent when what is changed is no matter of a verdict. */
  readonly rule: string | undefined;
  /** Where it ends. */
  readonly end: number;
  /** What stands there instead. */
  readonly replacement: string;
  readonly tail?: Tail | undefined;
}

/** Looks for one kind of text; what it says of a place never changes when more text comes, but from `open`. */
export interface Finder {
  readonly rule: string;
  /** Source of the set of characters it begins with. */
  readonly first: string;
  /** Source of a pattern for places where it is worth asking. */
  readonly start: string;
  /** `open`: it depends on what follows. At the end of a text nothing follows. */
  examine(text: string, at: number, isEnd: boolean): Finding | 'open' | undefined;
  /** The most characters that wait for its decision. */
  readonly longest: number;
}

/** Finders, and the places where it is worth asking them. */
export interface FinderSet {
  readonly finders: readonly Finder[];
  /** Those that may begin with a character, by its code; the last entry is for all codes from 128 on. */
  readonly byCharacter: readonly (readonly Finder[])[];
  readonly starts: RegExp;
}

/** A shape that is replaced. */
export interface ShapeRule extends Shape {
  readonly rule: string;
  readonly replacement: string;
  /** A check that a pattern cannot make, such as a checksum. */
  readonly isReal?: (text: string) => boolean;
  readonly tail?: Tail;
}

/** The finder of a shape. */
export function shapeFinder(shape: ShapeRule): Finder {
  const { rule, replacement, isReal, tail, notBefore } = shape;
  const { whole, partial, start, longest } = compileShape(shape);
  const isOpen = (text: string, at: number): boolean => {
    partial.lastIndex = at;
    return partial.test(text);
  };
  return {
    rule,
    first: shape.pieces[0]?.[0] ?? '(?!)',
    start,
    longest,
    examine(text, at, isEnd) {
      // What may go on is looked at first: its end is not where the text happens to stop.
      if (!isEnd && notBefore !== undefined && isOpen(text, at)) return 'open';
      whole.lastIndex = at;
      const found = whole.exec(text)?.[0];
      if (found === undefined) return !isEnd && isOpen(text, at) ? 'open' : undefined;
      if (isReal !== undefined && !isReal(found)) return undefined;
      return { rule, end: at + found.length, replacement, tail };
    },
  };
}
