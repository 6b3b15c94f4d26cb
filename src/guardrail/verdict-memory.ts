import type { Verdict } from '../domain/verdict.ts';

/** Characters of all remembered texts together; about two megabytes. */
const MAX_CHARACTERS = 1 << 20;

/** What is judged and remembered as one. */
export interface TitledText {
  readonly title: string;
  readonly text: string;
}

interface RememberedVerdict {
  readonly title: string;
  readonly verdict: Verdict;
}

/** Verdicts on texts judged before; the ones not asked for longest make room. */
export class VerdictMemory {
  /** By the text alone: the engine keeps the hash of a string that it has, and would count that of title and text anew. */
  private readonly verdicts = new Map<string, RememberedVerdict>();
  private readonly maxCharacters: number;
  private characters = 0;

  constructor(maxCharacters: number = MAX_CHARACTERS) {
    this.maxCharacters = maxCharacters;
  }

  /** How many texts are remembered. */
  get size(): number {
    return this.verdicts.size;
  }

  /** The verdict on a text under its title: remembered, or judged now. */
  recall(judged: TitledText, judge: (judged: TitledText) => Verdict): Verdict {
    const { title, text } = judged;
    const known = this.verdicts.get(text);
    if (known?.title !== title) return this.remember(judged, judge(judged));
    // To the end of the line of those that go.
    this.verdicts.delete(text);
    this.verdicts.set(text, known);
    return known.verdict;
  }

  private remember({ title, text }: TitledText, verdict: Verdict): Verdict {
    const length = title.length + text.length;
    if (length > this.maxCharacters / 8) return verdict;
    this.forget(text);
    this.verdicts.set(text, { title, verdict });
    this.characters += length;
    for (const oldest of this.verdicts.keys()) {
      if (this.characters <= this.maxCharacters) break;
      this.forget(oldest);
    }
    return verdict;
  }

  private forget(text: string): void {
    const known = this.verdicts.get(text);
    if (known === undefined) return;
    this.verdicts.delete(text);
    this.characters -= known.title.length + text.length;
  }
}
