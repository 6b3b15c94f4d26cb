import type { TokenUsage } from '../domain/answer-record.ts';
import type { GenerationFrame, TextDelta } from '../domain/generation.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { dataOf } from './sse-splitter.ts';
import { errorFromBody } from './upstream-error.ts';

/**
 * The few fields of vLLM's chunks and answers the path looks at. Everything is optional and everything else is let through:
 * a strict schema would break on vLLM's many fields of its own (reference: vLLM 0.32 replies).
 */
type Wire = Readonly<Record<string, unknown>>;

const NO_DELTAS: readonly TextDelta[] = [];

/** Reads one SSE event of the upstream; an error event in the middle of a stream becomes a `GatewayError`. */
export function readStreamFrame(bytes: Uint8Array): GenerationFrame {
  const data = dataOf(bytes);
  if (data === undefined || data === '') return { kind: 'meta', bytes, deltas: NO_DELTAS };
  if (data === '[DONE]') return { kind: 'done', bytes, deltas: NO_DELTAS };
  const chunk = parseAnswer(data);
  if (chunk['error'] !== undefined && chunk['error'] !== null)
    throw errorFromBody(502, chunk, { midStream: true });
  const frame = describe(chunk, bytes, 'delta');
  if (frame.deltas.length > 0 || frame.finishReason !== undefined) return frame;
  return { ...frame, kind: isUsageChunk(chunk) ? 'usage' : 'meta' };
}

/** Reads the body of an answer that was not streamed. */
export function readWholeFrame(bytes: Uint8Array): GenerationFrame {
  return describe(parseAnswer(Buffer.from(bytes).toString('utf8')), bytes, 'whole');
}

function parseAnswer(text: string): Wire {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Wire;
  } catch {
    // Falls through: the upstream's text is not repeated, it may hold an answer.
  }
  throw new GatewayError('upstream_error', { message: 'The model server sent something that is not JSON.' });
}

function describe(answer: Wire, bytes: Uint8Array, kind: GenerationFrame['kind']): GenerationFrame {
  const choices = objectsIn(answer['choices']);
  return {
    kind,
    bytes,
    deltas: choices.length === 0 ? NO_DELTAS : choices.flatMap(readChoice),
    responseId: stringOr(answer['id']),
    model: stringOr(answer['model']),
    finishReason: stringOr(
      choices.find((choice) => typeof choice['finish_reason'] === 'string')?.['finish_reason'],
    ),
    usage: readUsage(answer['usage']),
  };
}

function readChoice(choice: Wire): TextDelta[] {
  const message = objectOr(choice['delta'] ?? choice['message']);
  const index = numberOr(choice['index'], 0);
  const deltas: TextDelta[] = [];
  const add = (channel: string, text: unknown): void => {
    if (typeof text === 'string' && text !== '') deltas.push({ channel: `${channel}${index}`, text });
  };
  add('content', message['content']);
  add('reasoning', message['reasoning'] ?? message['reasoning_content']);
  add('refusal', message['refusal']);
  const addCall = (called: Wire, position: number | ''): void => {
    // Two channels: the end of a name must not hide where a secret in the arguments begins.
    add(`toolname${position}.`, called['name']);
    add(`tool${position}.`, called['arguments']);
  };
  for (const [position, call] of objectsIn(message['tool_calls']).entries())
    addCall(objectOr(call['function']), numberOr(call['index'], position));
  // The older form of one call, before there were lists of them.
  if (message['function_call'] !== undefined) addCall(objectOr(message['function_call']), '');
  return deltas;
}

function readUsage(usage: unknown): TokenUsage | undefined {
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = objectOr(usage);
  return typeof inputTokens === 'number' && typeof outputTokens === 'number'
    ? { inputTokens, outputTokens }
    : undefined;
}

function isUsageChunk(chunk: Wire): boolean {
  const { choices } = chunk;
  return Array.isArray(choices) && choices.length === 0 && readUsage(chunk['usage']) !== undefined;
}

const NOTHING: Wire = {};

function objectOr(value: unknown): Wire {
  return typeof value === 'object' && value !== null ? (value as Wire) : NOTHING;
}

function objectsIn(value: unknown): Wire[] {
  return Array.isArray(value) ? value.map(objectOr) : [];
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function stringOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
