import { type Exchange, type Reply, sendError } from './exchange.ts';
import { answerRecord, FAKE_SOURCES } from './answer-record.ts';

/** The answer of the reference pictures, in the pieces it streams in. */
export const FAKE_ANSWER = [
  'Start at the **Stages** dashboard: it splits each answer into guard, retrieval, model and gateway overhead, ',
  'so the slow part shows first [1]. If time to first token rose while inter-token latency did not, requests are ',
  'queueing in vLLM; compare `vllm:num_requests_waiting` with the batch limit [2].\n\n',
  'From any point on the latency graph, open its exemplar to see one slow request as a trace, then its log lines [3].',
];

/** What a streamed reply may differ in. */
export interface StreamOptions {
  readonly pieces?: readonly string[];
  /** Waited for after each piece. */
  readonly gates?: readonly Promise<void>[];
  readonly record?: Record<string, unknown>;
  readonly finishReason?: string;
}

/** Streams an answer whole. */
export function answering(options: StreamOptions = {}): Reply {
  return async (exchange) => {
    await streamPieces(exchange, options);
    writeChunk(exchange, {
      choices: [{ index: 0, delta: {}, finish_reason: options.finishReason ?? 'stop' }],
    });
    const usage = { prompt_tokens: 1036, completion_tokens: 142, total_tokens: 1178 };
    writeChunk(exchange, { choices: [], usage, glassgate: idFields(exchange) });
    exchange.keep(answerRecord(exchange, options.record));
    exchange.response.end('data: [DONE]\n\n');
  };
}

/** Streams the pieces, then an error frame and the end. */
export function failingMidway(code: string, message: string, options: StreamOptions = {}): Reply {
  return async (exchange) => {
    await streamPieces(exchange, options);
    const error = { message, type: 'upstream_error', code, param: null, request_id: exchange.ids.requestId };
    exchange.keep(answerRecord(exchange, { outcome: 'failed', error_code: code, ...options.record }));
    exchange.response.end(`data: ${JSON.stringify({ error })}\n\n`);
  };
}

/** Streams the pieces and ends as if that had been all, without `[DONE]`. */
export function endingEarly(options: StreamOptions = {}): Reply {
  return async (exchange) => {
    await streamPieces(exchange, options);
    exchange.keep(answerRecord(exchange, { outcome: 'failed', ...options.record }));
    exchange.response.end();
  };
}

/** Streams the pieces and then hangs until the page hangs up; resolves `stopped` when it did. */
export function hanging(stopped: () => void, options: StreamOptions = {}): Reply {
  return async (exchange) => {
    await streamPieces(exchange, options);
    await exchange.hungUp;
    exchange.keep(answerRecord(exchange, { outcome: 'aborted', error_code: 'client_closed_request' }));
    stopped();
  };
}

/** Answers with an error before the first byte; `record` files one, as for a blocked question. */
export function refusing(
  status: number,
  code: string,
  message?: string,
  record?: Record<string, unknown>,
): Reply {
  return (exchange) => {
    if (record) exchange.keep(answerRecord(exchange, { error_code: code, ...record }));
    else
      for (const header of ['x-glassgate-answer-id', 'x-glassgate-trace-id'])
        exchange.response.removeHeader(header);
    sendError(exchange.response, status, code, message);
  };
}

async function streamPieces(
  exchange: Exchange,
  { pieces = FAKE_ANSWER, gates = [] }: StreamOptions,
): Promise<void> {
  exchange.response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const delta = { role: 'assistant', content: '' };
  const glassgate = { ...idFields(exchange), passages: FAKE_SOURCES };
  writeChunk(exchange, { choices: [{ index: 0, delta, finish_reason: null }], glassgate });
  for (const [index, content] of pieces.entries()) {
    writeChunk(exchange, { choices: [{ index: 0, delta: { content }, finish_reason: null }] });
    await gates[index];
  }
}

function writeChunk({ response, ids }: Exchange, fields: Record<string, unknown>): void {
  const chunk = {
    id: `chatcmpl-${ids.answerId}`,
    object: 'chat.completion.chunk',
    model: 'glassgate-extractive',
  };
  response.write(`data: ${JSON.stringify({ ...chunk, created: 1_790_000_000, ...fields })}\n\n`);
}

function idFields({ ids }: Exchange) {
  return { answer_id: ids.answerId, trace_id: ids.traceId, request_id: ids.requestId };
}
