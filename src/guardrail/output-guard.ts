import type { GenerationFrame } from '../domain/generation.ts';
import type { Verdict } from '../domain/verdict.ts';
import { LEAK_RULES, MARKER_RULE_ID } from './rules.ts';

/** Characters of each channel that are kept for matching: longer than any pattern. */
const TAIL_CHARACTERS = 128;

/** Watches an answer on its way out. */
export interface OutputGuard {
  /** Frames that may go to the caller now; none when the end of the text could still become a match. */
  push(frames: readonly GenerationFrame[]): readonly GenerationFrame[];
  /** What was held back, once nothing more comes. */
  end(): readonly GenerationFrame[];
  readonly verdict: Verdict;
}

/**
 * A guard for one answer. Frames are held only while the text seen so far may be the beginning of something that must not leave,
 * so an ordinary answer is delayed by at most a few characters. `marker` is the secret boundary of this request's prompt.
 */
export function createOutputGuard(marker: string | undefined): OutputGuard {
  return new HoldBackGuard(marker);
}

class HoldBackGuard implements OutputGuard {
  verdict: Verdict = { action: 'allow' };
  readonly #marker: string | undefined;
  readonly #tails = new Map<string, string>();
  #held: GenerationFrame[] = [];

  constructor(marker: string | undefined) {
    this.#marker = marker;
  }

  push(frames: readonly GenerationFrame[]): readonly GenerationFrame[] {
    let mayMatch = false;
    for (const frame of frames) {
      for (const { channel, text } of frame.deltas) {
        const seen = (this.#tails.get(channel) ?? '') + text;
        const leak = this.#findLeak(seen);
        if (leak !== undefined) {
          this.verdict = { action: 'block', rule: leak, category: 'LLM02' };
          this.#held = [];
          return [];
        }
        this.#tails.set(channel, seen.slice(-TAIL_CHARACTERS));
      }
    }
    for (const tail of this.#tails.values()) mayMatch ||= this.#isOpen(tail);
    if (mayMatch) {
      this.#held.push(...frames);
      return [];
    }
    if (this.#held.length === 0) return frames;
    return [...this.end(), ...frames];
  }

  end(): readonly GenerationFrame[] {
    const released = this.#held;
    this.#held = [];
    return released;
  }

  #findLeak(text: string): string | undefined {
    if (this.#marker !== undefined && text.includes(this.#marker)) return MARKER_RULE_ID;
    return LEAK_RULES.find((rule) => rule.whole.test(text))?.id;
  }

  #isOpen(tail: string): boolean {
    return LEAK_RULES.some((rule) => rule.partial.test(tail)) || endsWithPrefixOf(tail, this.#marker);
  }
}

function endsWithPrefixOf(text: string, marker: string | undefined): boolean {
  if (marker === undefined) return false;
  for (let length = Math.min(marker.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(marker.slice(0, length))) return true;
  }
  return false;
}
