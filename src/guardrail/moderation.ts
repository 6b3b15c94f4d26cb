import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhenResult,
  isBrokenCircuitError,
} from 'cockatiel';
import type { Secret } from '../config/secret.ts';
import { readModerationReply } from './moderation-reply.ts';

/** Id of a block by the moderation service that a setting names. */
export const MODERATION_RULE_ID = 'moderation';

/** How the moderation service is reached and asked. */
export interface ModerationOptions {
  /** Base URL without `/v1`. */
  readonly url: string;
  readonly api: 'moderations' | 'chat';
  readonly model: string | undefined;
  readonly apiKey: Secret | undefined;
  readonly timeoutMs: number;
  /** How long a service that failed is left alone. */
  readonly restMs?: number;
  /** Told when the service is left alone, and when it is asked again. */
  readonly onBreak?: () => void;
  readonly onReset?: () => void;
}

/** What came of a question to the service; `open`: it was not asked, because it failed again and again. */
export type ModerationOutcome = 'allow' | 'block' | 'timeout' | 'failed' | 'open' | 'aborted';

/** What goes with one call besides the text. */
export interface ModerationCall {
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /** For the context of the trace. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A second opinion on a text, by a service. Never rejects, and never takes longer than its time limit. */
export interface ModerationClient {
  readonly url: URL;
  ask(text: string, call: ModerationCall): Promise<ModerationOutcome>;
}

const FAILURES_IN_A_ROW = 5;
const REST_MS = 10_000;
/** A longer text is sent by its head and tail: models of this kind read few thousand tokens. */
const HEAD_CHARACTERS = 24_576;
const TAIL_CHARACTERS = 8_192;

/** A client of the moderation service with a circuit breaker: one that fails is left alone and costs nothing. */
export function createModerationClient(options: ModerationOptions): ModerationClient {
  const breaker = circuitBreaker(handleWhenResult(isFailure), {
    halfOpenAfter: options.restMs ?? REST_MS,
    breaker: new ConsecutiveBreaker(FAILURES_IN_A_ROW),
  });
  function isFailure(outcome: unknown): boolean {
    // Whoever leaves says nothing of the service, but closes no breaker either.
    if (outcome === 'aborted') return breaker.state !== CircuitState.Closed;
    return outcome === 'timeout' || outcome === 'failed';
  }
  breaker.onBreak(() => options.onBreak?.());
  breaker.onReset(() => options.onReset?.());
  return {
    url: new URL(options.url),
    async ask(text, call) {
      // While one call tries whether the service is back, the others do not wait for it.
      if (breaker.state === CircuitState.HalfOpen) return 'open';
      try {
        return await breaker.execute(() => askOnce(text, call, options));
      } catch (thrown) {
        return isBrokenCircuitError(thrown) ? 'open' : 'failed';
      }
    },
  };
}

async function askOnce(
  text: string,
  { signal, headers }: ModerationCall,
  options: ModerationOptions,
): Promise<ModerationOutcome> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  try {
    const response = await fetch(`${options.url}/v1/${PATHS[options.api]}`, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        ...(options.apiKey && { authorization: `Bearer ${options.apiKey.expose()}` }),
      },
      body: JSON.stringify(bodyOf(text, options)),
      signal: AbortSignal.any([signal, limit]),
      redirect: 'error',
    });
    return await readModerationReply(response, options.api);
  } catch {
    if (signal.aborted) return 'aborted';
    return limit.aborted ? 'timeout' : 'failed';
  }
}

const PATHS = { moderations: 'moderations', chat: 'chat/completions' } as const;

function bodyOf(text: string, { api, model }: ModerationOptions): object {
  const input =
    text.length <= HEAD_CHARACTERS + TAIL_CHARACTERS
      ? text
      : `${text.slice(0, HEAD_CHARACTERS)}\n${text.slice(-TAIL_CHARACTERS)}`;
  const named = model === undefined ? {} : { model };
  if (api === 'moderations') return { ...named, input };
  // The chat template of a model of this kind holds its own instructions.
  return { ...named, messages: [{ role: 'user', content: input }], max_tokens: 16, temperature: 0 };
}
