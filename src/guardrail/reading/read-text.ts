import { DECODERS, type Decoder } from './decoders.ts';
import { DISGUISES } from './disguises.ts';
import { excerpt } from './excerpt.ts';
import { folded } from './fold.ts';
import { plainView, renamed, type View } from './view.ts';

/** No text is read in more ways than this. */
const MAX_VIEWS = 12;
/** Characters of all decoded readings together. */
const MAX_DECODED_CHARACTERS: number = 1 << 16;

/** A text as all checks read it. */
export interface ReadText {
  /** The text itself first, without its disguise when it wears one, then every way to decode it that gave text. */
  readonly views: readonly View[];
  /** Something was left unread: the text is too long, or it decodes to too much. */
  readonly truncated: boolean;
}

const ALL: readonly Decoder[] = [...DECODERS, ...DISGUISES];

/**
 * Normalises and decodes a text once for all checks: folded (form, case-stable look-alikes, nothing invisible), then each
 * code and disguise, and in what a code gave each of them once more. The work is bounded whatever the text: head, tail and
 * windows of a long one, a number of views, and a number of decoded characters.
 */
export function readText(text: string): ReadText {
  const whole = plainView(text);
  const source = excerpt(whole);
  const reading = new Reading(source !== whole);
  const base = folded(source);
  reading.views.push(base);
  for (const decoder of ALL) {
    // What is drawn as nothing is gone from the folded text.
    const view = reading.decode(decoder, decoder.kind === 'hidden' ? source : base);
    if (view !== undefined) reading.decodeAgain(view);
  }
  return reading;
}

class Reading implements ReadText {
  readonly views: View[] = [];
  truncated: boolean;
  private remaining = MAX_DECODED_CHARACTERS;

  constructor(truncated: boolean) {
    this.truncated = truncated;
  }

  /** Adds what a decoder makes of a view, when it is new and there is room for it. */
  decode(decoder: Decoder, from: View): View | undefined {
    const decoded = decoder.decode(from, Math.max(0, this.remaining));
    if (decoded === undefined) return undefined;
    const view = renamed(folded(decoded), decoder.kind);
    if (this.views.some(({ text }) => text === view.text)) return undefined;
    if (this.views.length >= MAX_VIEWS || view.text.length > this.remaining) {
      this.truncated = true;
      return undefined;
    }
    this.remaining -= view.text.length;
    this.views.push(view);
    return view;
  }

  /** A second code inside the first; a third is left alone. */
  decodeAgain(view: View): void {
    for (const decoder of ALL) this.decode(decoder, view);
  }
}
