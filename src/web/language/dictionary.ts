import type { english } from './english.ts';

/** Every text of the page: the English module says which there are, the compiler holds the others to it. */
export type Dictionary = typeof english;

/** A language the page speaks. */
export type Language = 'en' | 'zh';
