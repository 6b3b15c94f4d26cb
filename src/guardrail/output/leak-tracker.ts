import type { HiddenText } from '../../domain/hidden-text.ts';

/** Letters of the prompt's instructions that may not be repeated in a row. */
const RUN_LIMIT = 40;
/** Letters in a row from which on an answer waits, because they may become such a run. */
const RUN_BEGINNING = 16;
/** How often is looked, in letters: a run of the limit is always seen, one shorter by this much never. */
const STRIDE = 4;
/** Share of the instructions that may be repeated in pieces. */
const SHARE_LIMIT = 0.25;
/** Characters of a code from which on an answer waits. */
const CODE_BEGINNING = 3;
const TAIL_LETTERS = 64;

/** Which part of the prompt came back. */
export type Leak = 'code' | 'instructions';

/** Letters and digits of a text in lower case: spaces, marks and line breaks do not hide what is repeated. */
export function squeeze(text: string): string {
  return text.toLowerCase().replace(/[^0-9a-z]+/g, '');
}

/** Instructions change with a setting at most, so they are squeezed once. */
const squeezed = new Map<string, string>();
const SQUEEZED_LIMIT = 8;

function squeezeOnce(text: string): string {
  const known = squeezed.get(text);
  if (known !== undefined) return known;
  if (squeezed.size >= SQUEEZED_LIMIT) squeezed.clear();
  const letters = squeeze(text);
  squeezed.set(text, letters);
  return letters;
}

/** Follows one channel of an answer and says when it repeats the prompt, however it is cut or spaced. */
export class LeakTracker {
  readonly #codes: readonly string[];
  readonly #instructions: string;
  readonly #covered = new Set<number>();
  #tail = '';
  #seen = 0;
  /** Letters at the end of what was seen that stand in the instructions in a row. */
  #run = 0;

  constructor({ codes, instructions }: HiddenText) {
    this.#codes = codes;
    this.#instructions = squeezeOnce(instructions);
  }

  /** Reads more text. */
  read(text: string): Leak | undefined {
    const letters = squeeze(text);
    for (let at = 0; at < letters.length;) {
      const step = Math.min(letters.length - at, STRIDE - (this.#seen % STRIDE));
      this.#tail = (this.#tail + letters.slice(at, at + step)).slice(-TAIL_LETTERS);
      this.#seen += step;
      at += step;
      if (this.#codes.some((code) => this.#tail.includes(code))) return 'code';
      if (this.#seen % STRIDE === 0 && this.#follow()) return 'instructions';
    }
    return undefined;
  }

  /** Letters at the end of what was read that may become a leak. */
  get open(): number {
    const run = this.#run === 0 ? 0 : this.#run + (this.#seen % STRIDE);
    return this.#codes.reduce((most, code) => Math.max(most, this.#beginningOf(code)), run);
  }

  /** Measures the run that ends here; whether it is too long, or too much of the whole has come in pieces. */
  #follow(): boolean {
    const instructions = this.#instructions;
    this.#run = 0;
    const at =
      this.#tail.length < RUN_BEGINNING ? -1 : instructions.indexOf(this.#tail.slice(-RUN_BEGINNING));
    if (at === -1) return false;
    let run = RUN_BEGINNING;
    while (run < this.#tail.length && instructions.includes(this.#tail.slice(-run - 1))) run += 1;
    this.#run = run;
    for (let cell = at; cell < at + RUN_BEGINNING; cell += 1) this.#covered.add(cell);
    return run > RUN_LIMIT - STRIDE || this.#covered.size >= instructions.length * SHARE_LIMIT;
  }

  #beginningOf(code: string): number {
    for (let length = Math.min(code.length - 1, this.#tail.length); length >= CODE_BEGINNING; length -= 1) {
      if (this.#tail.endsWith(code.slice(0, length))) return length;
    }
    return 0;
  }
}
