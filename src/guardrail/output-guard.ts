import type { GenerationFrame } from '../domain/generation.ts';
import type { HiddenText } from '../domain/hidden-text.ts';
import type { Verdict } from '../domain/verdict.ts';
import { ChannelScan } from './output/channel-scan.ts';
import { DEFAULT_OUTPUT_POLICY, OUTPUT_CATEGORIES, type OutputPolicy } from './output/output-policy.ts';
import { INSTRUCTIONS_RULE_ID, MARKER_RULE_ID } from './rules.ts';

/** Watches an answer on its way out. */
export interface OutputGuard {
  /** Frames that may go to the caller now; not those whose text could still become a match. */
  push(frames: readonly GenerationFrame[]): readonly GenerationFrame[];
  /** What was held back, once nothing more comes. */
  end(): readonly GenerationFrame[];
  readonly verdict: Verdict;
}

/** A frame with where the text of each of its deltas begins in its channel. */
interface PlacedFrame {
  readonly frame: GenerationFrame;
  readonly starts: readonly number[];
}

/**
 * A guard for one answer. A frame is held only while its text may be the beginning of something that must not leave, and
 * only what comes after it in its own channel waits with it: the hold-back is a few characters, however long an answer is.
 * What must not leave is replaced; a repeated prompt ends the answer. `hidden` is what of the prompt must not come back.
 */
export function createOutputGuard(
  hidden: HiddenText | undefined,
  policy: OutputPolicy = DEFAULT_OUTPUT_POLICY,
): OutputGuard {
  return new HoldBackGuard(hidden, policy);
}

class HoldBackGuard implements OutputGuard {
  verdict: Verdict = { action: 'allow' };
  readonly #hidden: HiddenText | undefined;
  readonly #policy: OutputPolicy;
  readonly #channels = new Map<string, ChannelScan>();
  #held: readonly PlacedFrame[] = [];

  constructor(hidden: HiddenText | undefined, policy: OutputPolicy) {
    this.#hidden = hidden;
    this.#policy = policy;
  }

  push(frames: readonly GenerationFrame[]): readonly GenerationFrame[] {
    if (this.verdict.action === 'block') return [];
    const arrived = frames.map((frame) => ({
      frame,
      starts: frame.deltas.map(({ channel, text }) => this.#read(channel, text)),
    }));
    // Almost always nothing waits and nothing was changed: the frames go on as they came.
    if (this.#held.length === 0 && this.#channels.values().every(({ isClean }) => isClean))
      return this.#isBlocked() ? [] : frames;
    return this.#release([...this.#held, ...arrived]);
  }

  end(): readonly GenerationFrame[] {
    for (const [channel, scan] of this.#channels) {
      scan.end();
      this.#judge(channel, scan);
    }
    return this.#release(this.#held);
  }

  #isBlocked(): boolean {
    return this.verdict.action === 'block';
  }

  /** Reads more text of a channel; where in it the text begins. */
  #read(channel: string, text: string): number {
    const scan = this.#scanOf(channel);
    const start = scan.length;
    const leak = scan.read(text);
    if (leak !== undefined) this.#block(leak === 'code' ? MARKER_RULE_ID : INSTRUCTIONS_RULE_ID);
    this.#judge(channel, scan);
    return start;
  }

  #scanOf(channel: string): ChannelScan {
    const known = this.#channels.get(channel);
    if (known !== undefined) return known;
    const { calls, text } = this.#policy;
    const scan = new ChannelScan(isCall(channel) ? calls : text, this.#hidden);
    this.#channels.set(channel, scan);
    return scan;
  }

  /** The first thing found names the verdict, but for one that ends the answer. */
  #judge(channel: string, { found }: ChannelScan): void {
    const rule = found.shift();
    if (rule === undefined) return;
    found.length = 0;
    if (isCall(channel)) this.#block(rule);
    else if (this.verdict.action === 'allow') this.verdict = verdictOf('flag', rule);
  }

  #block(rule: string): void {
    if (this.#isBlocked()) return;
    this.verdict = verdictOf('block', rule);
    this.#held = [];
  }

  /** Lets go what is decided and does not come after what is not. */
  #release(frames: readonly PlacedFrame[]): readonly GenerationFrame[] {
    if (this.#isBlocked()) return [];
    const waitingChannels = new Set<string>();
    const held: PlacedFrame[] = [];
    const released: GenerationFrame[] = [];
    for (const placed of frames) {
      const { deltas, kind } = placed.frame;
      // The end of a choice, of the usage or of all waits for whatever is held; a role may always go.
      const waits =
        deltas.length === 0
          ? kind !== 'meta' && held.length > 0
          : this.#isOpen(placed) || deltas.some(({ channel }) => waitingChannels.has(channel));
      if (waits) {
        held.push(placed);
        for (const { channel } of deltas) waitingChannels.add(channel);
      } else released.push(this.#edited(placed));
    }
    this.#held = held;
    return released;
  }

  #isOpen({ frame, starts }: PlacedFrame): boolean {
    return frame.deltas.some(
      ({ channel, text }, index) => (starts[index] ?? 0) + text.length > this.#scanOf(channel).decided,
    );
  }

  /** The frame as it goes out: the very same when nothing in it was changed. */
  #edited({ frame, starts }: PlacedFrame): GenerationFrame {
    let isEdited = false;
    const deltas = frame.deltas.map((delta, index) => {
      const start = starts[index] ?? 0;
      const scan = this.#scanOf(delta.channel);
      const text = scan.edited(delta.text, start);
      scan.released(start + delta.text.length);
      if (text === undefined) return delta;
      isEdited = true;
      return { ...delta, text };
    });
    return isEdited ? { ...frame, deltas, isEdited } : frame;
  }
}

/** Whether a channel holds what a tool is called with: changed, it would do something else. */
function isCall(channel: string): boolean {
  return channel.startsWith('tool');
}

function verdictOf(action: 'flag' | 'block', rule: string): Verdict {
  return { action, rule, category: OUTPUT_CATEGORIES[rule] ?? 'LLM02' };
}
