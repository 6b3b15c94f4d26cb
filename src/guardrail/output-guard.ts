import type { GenerationFrame } from '../domain/generation.ts';
import type { Verdict } from '../domain/verdict.ts';
import { LEAK_RULES, MARKER_RULE_ID } from './rules.ts';

/** Characters of each channel that are kept for matching: longer than any pattern. */
const TAIL_CHARACTERS = 128;

/** Made to begin in the middle of a text, where they still see what stands before. */
const SCANS = LEAK_RULES.map(({ id, whole }) => ({ id, pattern: new RegExp(whole, 'g') }));

/** Watches an answer on its way out. */
export interface OutputGuard {
  /** Frames that may go to the caller now; not those whose text could still become a match. */
  push(frames: readonly GenerationFrame[]): readonly GenerationFrame[];
  /** What was held back, once nothing more comes. */
  end(): readonly GenerationFrame[];
  readonly verdict: Verdict;
}

/**
 * A guard for one answer. A frame is held only while its text may be the beginning of something that must not leave, and
 * only what comes after it in its own channel waits with it: the hold-back is a few characters, however long an answer is.
 * `marker` is the secret boundary of this request's prompt.
 */
export function createOutputGuard(marker: string | undefined): OutputGuard {
  return new HoldBackGuard(marker);
}

class HoldBackGuard implements OutputGuard {
  verdict: Verdict = { action: 'allow' };
  readonly #marker: string | undefined;
  readonly #tails = new Map<string, string>();
  /** Characters at the end of each channel that may be the beginning of a match; absent when there are none. */
  readonly #open = new Map<string, number>();
  #held: readonly GenerationFrame[] = [];

  constructor(marker: string | undefined) {
    this.#marker = marker;
  }

  push(frames: readonly GenerationFrame[]): readonly GenerationFrame[] {
    if (this.verdict.action === 'block') return [];
    for (const { deltas } of frames) {
      for (const { channel, text } of deltas) {
        const leak = this.#read(channel, text);
        if (leak === undefined) continue;
        this.verdict = { action: 'block', rule: leak, category: 'LLM02' };
        this.#held = [];
        return [];
      }
    }
    const waiting = this.#held.length === 0 ? frames : [...this.#held, ...frames];
    if (this.#open.size > 0) return this.#release(waiting);
    this.#held = [];
    return waiting;
  }

  end(): readonly GenerationFrame[] {
    const released = this.#held;
    this.#held = [];
    return released;
  }

  /** Takes note of more text of a channel; the id of the rule it breaks. */
  #read(channel: string, text: string): string | undefined {
    const tail = this.#tails.get(channel) ?? '';
    const seen = tail + text;
    // The first character of a full tail is only there to be looked back at: a match there is old.
    const leak = this.#findLeak(seen, tail.length < TAIL_CHARACTERS ? 0 : 1);
    if (leak !== undefined) return leak;
    this.#tails.set(channel, seen.slice(-TAIL_CHARACTERS));
    const open = Math.max(openLength(seen.slice(-TAIL_CHARACTERS)), prefixLength(seen, this.#marker));
    if (open === 0) this.#open.delete(channel);
    else this.#open.set(channel, open);
    return undefined;
  }

  #findLeak(text: string, from: number): string | undefined {
    if (this.#marker !== undefined && text.includes(this.#marker)) return MARKER_RULE_ID;
    return SCANS.find(({ pattern }) => {
      pattern.lastIndex = from;
      return pattern.test(text);
    })?.id;
  }

  /** Lets go what is not open and does not come after what is. */
  #release(frames: readonly GenerationFrame[]): readonly GenerationFrame[] {
    const open = this.#openFrames(frames);
    const waitingChannels = new Set<string>();
    const held: GenerationFrame[] = [];
    const released = frames.filter((frame) => {
      const { deltas, kind } = frame;
      // The end of a choice, of the usage or of all waits for whatever is held; a role may always go.
      const waits =
        deltas.length === 0
          ? kind !== 'meta' && held.length > 0
          : open.has(frame) || deltas.some(({ channel }) => waitingChannels.has(channel));
      if (!waits) return true;
      held.push(frame);
      for (const { channel } of deltas) waitingChannels.add(channel);
      return false;
    });
    this.#held = held;
    return released;
  }

  /** The frames that hold the open characters, found from the end. */
  #openFrames(frames: readonly GenerationFrame[]): ReadonlySet<GenerationFrame> {
    const left = new Map(this.#open);
    const open = new Set<GenerationFrame>();
    for (const frame of frames.toReversed()) {
      for (const { channel, text } of frame.deltas.toReversed()) {
        const characters = left.get(channel) ?? 0;
        if (characters <= 0) continue;
        open.add(frame);
        left.set(channel, characters - text.length);
      }
    }
    return open;
  }
}

/** Characters at the end of a text that may be the beginning of a match of a rule. */
function openLength(text: string): number {
  return LEAK_RULES.reduce((longest, { partial }) => {
    const at = text.search(partial);
    return at === -1 ? longest : Math.max(longest, text.length - at);
  }, 0);
}

/** Characters at the end of a text that are the beginning of the marker. */
function prefixLength(text: string, marker: string | undefined): number {
  if (marker === undefined) return 0;
  for (let length = Math.min(marker.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(marker.slice(0, length))) return length;
  }
  return 0;
}
