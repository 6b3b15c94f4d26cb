import type { TokenUsage } from '../domain/answer-record.ts';
import type { GenerationFrame, TextDelta } from '../domain/generation.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { dataOf } from './sse-splitter.ts';
import { errorFromBody } from './upstream-error.ts';

/**
 * The few fields of vLLM's chunks and answers the path looks at. Everything is optional and everything else is let through:
 * a strict schema would break on vLLM's many fields of its own (reference: vLLM 0.32 replies).
 */
interface WireChoice {
  readonly index?: unknown;
  readonly finish_reason?: unknown;
  readonly delta?: WireMessage;
  readonly message?: WireMessage;
}

interface WireMessage {
  readonly content?: unknown;
  readonly reasoning?: unknown;
  readonly reasoning_content?: unknown;
  readonly refusal?: unknown;
  readonly tool_calls?: unknown;
}

interface WireAnswer {
  readonly id?: unknown;
  readonly model?: unknown;
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
}

const NO_DELTAS: readonly TextDelta[] = [];

/** Reads one SSE event of the upstream; an error event in the middle of a stream becomes a `GatewayError`. */
export function readStreamFrame(bytes: Uint8Array): GenerationFrame {
  const data = dataOf(bytes);
  if (data === undefined || data === '') return { kind: 'meta', bytes, deltas: NO_DELTAS };
  if (data === '[DONE]') return { kind: 'done', bytes, deltas: NO_DELTAS };
  const chunk = parseAnswer(data);
  if (chunk.error !== undefined) throw errorFromBody(502, chunk, { midStream: true });
  const frame = describe(chunk, bytes, 'delta');
  if (frame.deltas.length > 0 || frame.finishReason !== undefined) return frame;
  return { ...frame, kind: isUsageChunk(chunk) ? 'usage' : 'meta' };
}

/** Reads the body of an answer that was not streamed. */
export function readWholeFrame(bytes: Uint8Array): GenerationFrame {
  return describe(parseAnswer(Buffer.from(bytes).toString('utf8')), bytes, 'whole');
}

function parseAnswer(text: string): WireAnswer {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Falls through: the upstream's text is not repeated, it may hold an answer.
  }
  throw new GatewayError('upstream_error', { message: 'The model server sent something that is not JSON.' });
}

function describe(answer: WireAnswer, bytes: Uint8Array, kind: GenerationFrame['kind']): GenerationFrame {
  const choices = Array.isArray(answer.choices) ? (answer.choices as WireChoice[]) : [];
  return {
    kind,
    bytes,
    deltas: choices.length === 0 ? NO_DELTAS : choices.flatMap(readChoice),
    responseId: stringOr(answer.id),
    model: stringOr(answer.model),
    finishReason: stringOr(choices.find((choice) => typeof choice.finish_reason === 'string')?.finish_reason),
    usage: readUsage(answer.usage),
  };
}

function readChoice(choice: WireChoice): TextDelta[] {
  const message = choice.delta ?? choice.message;
  if (message === undefined) return [];
  const index = typeof choice.index === 'number' ? choice.index : 0;
  const deltas: TextDelta[] = [];
  const add = (channel: string, text: unknown): void => {
    if (typeof text === 'string' && text !== '') deltas.push({ channel: `${channel}${index}`, text });
  };
  add('content', message.content);
  add('reasoning', message.reasoning ?? message.reasoning_content);
  add('refusal', message.refusal);
  if (Array.isArray(message.tool_calls)) {
    for (const [position, call] of message.tool_calls.entries()) {
      const { index: toolIndex, function: tool } = call as {
        index?: number;
        function?: { name?: string; arguments?: string };
      };
      add(`tool${toolIndex ?? position}.`, `${tool?.name ?? ''}${tool?.arguments ?? ''}`);
    }
  }
  return deltas;
}

function readUsage(usage: unknown): TokenUsage | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined;
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = usage as Record<string, unknown>;
  return typeof inputTokens === 'number' && typeof outputTokens === 'number'
    ? { inputTokens, outputTokens }
    : undefined;
}

function isUsageChunk(chunk: WireAnswer): boolean {
  return Array.isArray(chunk.choices) && chunk.choices.length === 0 && readUsage(chunk.usage) !== undefined;
}

function stringOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
