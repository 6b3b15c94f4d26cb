import { textLanguageOf } from '../domain/language.ts';
import type { GenerationFrame } from '../domain/generation.ts';
import type { HiddenText } from '../domain/hidden-text.ts';
import { inShadow, type GuardMode, type Verdict } from '../domain/verdict.ts';
import { createOutputGuard, type OutputGuard } from '../guardrail/output-guard.ts';
import type { OutputPolicy } from '../guardrail/output/output-policy.ts';
import { FAILED_VERDICT } from '../guardrail/text-guard.ts';
import { guardIdentity } from './guard-identity.ts';
import { describeVerdict } from './guard-report.ts';
import { openStage, type OpenStage, type StageScope } from './stage.ts';

/** An output guard with its step around it. */
export interface OpenOutputGuard extends OutputGuard {
  /** Ends the step; always called, whatever became of the answer. */
  close(): void;
}

/** How an answer is guarded. */
export interface OutputGuardStepOptions {
  readonly mode: GuardMode;
  readonly policy?: OutputPolicy | undefined;
  readonly createGuard?: () => OutputGuard;
}

/** Opens the guard on one answer; `hidden` is what of its prompt must not come back. */
export function openOutputGuardStep(
  hidden: HiddenText | undefined,
  scope: StageScope,
  { mode, policy, createGuard = () => createOutputGuard(hidden, policy) }: OutputGuardStepOptions,
): OpenOutputGuard {
  if (mode === 'off') return NO_GUARD;
  const guard = failingClosed(createGuard());
  return new OutputGuardStep(mode === 'shadow' ? onlyWatching(guard) : guard, scope);
}

class OutputGuardStep implements OpenOutputGuard {
  readonly #guard: OutputGuard;
  readonly #scope: StageScope;
  #stage: OpenStage | undefined;

  constructor(guard: OutputGuard, scope: StageScope) {
    this.#guard = guard;
    this.#scope = scope;
  }

  get verdict(): Verdict {
    return this.#guard.verdict;
  }

  push(frames: readonly GenerationFrame[]): readonly GenerationFrame[] {
    // The step begins with the first frame: until then there is nothing to guard.
    this.#stage ??= openStage(guardIdentity('output'), undefined, this.#scope);
    return this.#guard.push(frames);
  }

  end(): readonly GenerationFrame[] {
    return this.#guard.end();
  }

  close(): void {
    if (this.#stage === undefined) return;
    const { journal, instruments } = this.#scope;
    // An answer that was stopped at its first word is taken to be in the language of its question.
    const language = textLanguageOf(journal.answerText || journal.question);
    this.#stage.end(describeVerdict({ stage: 'output', language }, this.verdict, instruments));
  }
}

/** A guard that fails stops the answer: what nobody looked at does not go out. */
function failingClosed(guard: OutputGuard): OutputGuard {
  let hasFailed = false;
  const orStop = (work: () => readonly GenerationFrame[]): readonly GenerationFrame[] => {
    if (hasFailed) return [];
    try {
      return work();
    } catch {
      hasFailed = true;
      return [];
    }
  };
  return {
    push: (frames) => orStop(() => guard.push(frames)),
    end: () => orStop(() => guard.end()),
    get verdict() {
      return hasFailed ? FAILED_VERDICT : guard.verdict;
    },
  };
}

/** Lets everything through as it came, and says what it would have done. */
function onlyWatching(guard: OutputGuard): OutputGuard {
  return {
    push(frames) {
      guard.push(frames);
      return frames;
    },
    end() {
      guard.end();
      return [];
    },
    get verdict() {
      return inShadow(guard.verdict);
    },
  };
}

const NO_GUARD: OpenOutputGuard = {
  push: (frames) => frames,
  end: () => [],
  verdict: { action: 'allow' },
  close: () => undefined,
};
