import type { Verdict } from '../domain/verdict.ts';

/** Characters of all remembered texts together; about two megabytes. */
const MAX_CHARACTERS = 1 << 20;

/** Verdicts on texts judged before; the ones not asked for longest make room. */
export class VerdictMemory {
  private readonly verdicts = new Map<string, Verdict>();
  private readonly maxCharacters: number;
  private characters = 0;

  constructor(maxCharacters: number = MAX_CHARACTERS) {
    this.maxCharacters = maxCharacters;
  }

  /** How many texts are remembered. */
  get size(): number {
    return this.verdicts.size;
  }

  /** The verdict on a text: remembered, or judged now. */
  recall(text: string, judge: (text: string) => Verdict): Verdict {
    const known = this.verdicts.get(text);
    if (known === undefined) return this.remember(text, judge(text));
    // To the end of the line of those that go.
    this.verdicts.delete(text);
    this.verdicts.set(text, known);
    return known;
  }

  private remember(text: string, verdict: Verdict): Verdict {
    if (text.length > this.maxCharacters / 8) return verdict;
    this.verdicts.set(text, verdict);
    this.characters += text.length;
    for (const oldest of this.verdicts.keys()) {
      if (this.characters <= this.maxCharacters) break;
      this.verdicts.delete(oldest);
      this.characters -= oldest.length;
    }
    return verdict;
  }
}
