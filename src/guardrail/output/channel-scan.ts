import type { HiddenText } from '../../domain/hidden-text.ts';
import type { FinderSet, Finding, Tail } from './finder.ts';
import { LeakTracker, type Leak } from './leak-tracker.ts';

/** Characters before a place that a finder may look back at, and that a leak may be held back from. */
const CONTEXT_CHARACTERS = 128;
/** Longer than the last words of any tail. */
const LAST_WORDS = 64;

/** Text that is replaced, by where it stands in the channel. */
interface Edit {
  readonly start: number;
  end: number;
  readonly replacement: string;
}

/** A tail that is being dropped. */
interface OpenTail {
  readonly edit: Edit;
  readonly tail: Tail;
  left: number;
  lastWords: string;
}

/** Reads one channel of an answer from its beginning to its end, in whatever pieces it comes. */
export class ChannelScan {
  /** Characters read. */
  length = 0;
  /** Characters whose fate is known. */
  decided = 0;
  /** Rules of what was found, in order. */
  readonly found: string[] = [];
  readonly #byCharacter: FinderSet['byCharacter'];
  readonly #starts: RegExp;
  readonly #leaks: LeakTracker | undefined;
  #edits: Edit[] = [];
  #tail: OpenTail | undefined;
  /** The end of what was read: what is undecided, and a little before it. */
  #text = '';

  constructor({ byCharacter, starts }: FinderSet, hidden: HiddenText | undefined) {
    this.#byCharacter = byCharacter;
    this.#starts = starts;
    this.#leaks = hidden === undefined ? undefined : new LeakTracker(hidden);
  }

  /** Whether nothing waits and nothing was changed that has not been taken. */
  get isClean(): boolean {
    return this.decided === this.length && this.#edits.length === 0;
  }

  /** Reads more text; what of the prompt it repeats. */
  read(text: string): Leak | undefined {
    const leak = this.#leaks?.read(text);
    if (leak !== undefined) return leak;
    this.#text += text;
    this.length += text.length;
    const scanned = this.#scan(false);
    this.decided = Math.max(this.decided, Math.min(scanned, this.length - this.#openLetters()));
    this.#scanned = scanned;
    this.#forget();
    return undefined;
  }

  /** Nothing more comes. */
  end(): void {
    this.#scanned = this.#scan(true);
    this.decided = this.length;
  }

  /** The text of a range as it goes out; the range must be decided. `undefined`: as it came. */
  edited(text: string, start: number): string | undefined {
    const end = start + text.length;
    const touching = this.#edits.filter((edit) => edit.start < end && edit.end > start);
    if (touching.length === 0) return undefined;
    let at = start;
    let result = '';
    for (const edit of touching) {
      result += text.slice(at - start, Math.max(at, edit.start) - start);
      if (edit.start >= start) result += edit.replacement;
      at = Math.min(end, edit.end);
    }
    return result + text.slice(at - start);
  }

  /** Drops what was noted of text that has gone out. */
  released(upTo: number): void {
    this.#edits = this.#edits.filter((edit) => edit.end > upTo || edit === this.#tail?.edit);
  }

  /** Where the scan stands; what is decided may be less. */
  #scanned = 0;

  /** Goes on from where the scan stands, to the first place that depends on what follows. */
  #scan(isEnd: boolean): number {
    const offset = this.length - this.#text.length;
    let at = this.#dropTail(this.#scanned);
    while (at < this.length) {
      this.#starts.lastIndex = at - offset;
      const place = this.#starts.exec(this.#text)?.index;
      if (place === undefined) return this.length;
      const finding = this.#examine(place, isEnd);
      if (finding === 'open') return offset + place;
      at = finding === undefined ? offset + place + 1 : this.#replace(offset + place, offset, finding);
    }
    return at;
  }

  #examine(place: number, isEnd: boolean): Finding | 'open' | undefined {
    const finders = this.#byCharacter[Math.min(this.#text.charCodeAt(place), 128)] ?? [];
    for (const finder of finders) {
      const finding = finder.examine(this.#text, place, isEnd);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  #replace(start: number, offset: number, { rule, end, replacement, tail }: Finding): number {
    const edit: Edit = { start, end: offset + end, replacement };
    this.#edits.push(edit);
    if (rule !== undefined) this.found.push(rule);
    if (tail !== undefined) this.#tail = { edit, tail, left: tail.limit, lastWords: '' };
    return this.#dropTail(edit.end);
  }

  /** Drops what belongs to the tail of the last finding; where the scan goes on. */
  #dropTail(from: number): number {
    const open = this.#tail;
    if (open === undefined) return from;
    const { tail, edit, lastWords } = open;
    const more = this.#text.slice(from - (this.length - this.#text.length));
    const run = (new RegExp(`^${tail.set}*`).exec(more)?.[0] ?? '').slice(0, open.left);
    const words = lastWords + run;
    const last = tail.until?.exec(words);
    const dropped = last ? last.index + last[0].length - lastWords.length : run.length;
    edit.end = from + dropped;
    open.left -= dropped;
    open.lastWords = words.slice(-LAST_WORDS);
    if (last || dropped < more.length || open.left === 0) this.#tail = undefined;
    return edit.end;
  }

  /** Characters at the end that hold the letters which may become a leak. */
  #openLetters(): number {
    let letters = this.#leaks?.open ?? 0;
    let at = this.#text.length;
    while (letters > 0 && at > 0) {
      at -= 1;
      if (/[0-9a-z]/i.test(this.#text[at] ?? '')) letters -= 1;
    }
    return this.#text.length - at;
  }

  #forget(): void {
    const waiting = this.length - Math.min(this.decided, this.#scanned);
    this.#text = this.#text.slice(-(waiting + CONTEXT_CHARACTERS));
  }
}
