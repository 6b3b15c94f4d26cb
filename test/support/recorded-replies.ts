import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import type { Reply } from './fake-upstream.ts';

/** One exchange as it was recorded from vLLM 0.32.0. */
interface Recording {
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly chunks?: readonly { readonly at_ms: number; readonly data: string }[];
  };
}

const FOLDER = join(import.meta.dirname, '__fixtures__/vllm');
const NOT_REPLAYED = new Set(['content-length', 'transfer-encoding', 'connection']);

/** Reads a recording by its name. */
export function readRecording(name: string): Recording['response'] {
  return (JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Recording).response;
}

/** Events of a recorded stream, as sent. */
export function recordedChunks(name: string): readonly string[] {
  return (readRecording(name).chunks ?? []).map(({ data }) => data);
}

/** Replays a recorded answer or error. */
export function replay(name: string): Reply {
  const recording = readRecording(name);
  return (response) => {
    writeHead(response, recording);
    for (const { data } of recording.chunks ?? []) response.write(data);
    response.end(recording.body ?? '');
  };
}

/** Replays the first `count` events of a recorded stream and then does what `then` says; nothing by default: silence. */
export function replayPart(
  name: string,
  count: number,
  then: (response: ServerResponse) => void = () => undefined,
): Reply {
  const recording = readRecording(name);
  return (response) => {
    writeHead(response, recording);
    for (const { data } of (recording.chunks ?? []).slice(0, count)) response.write(data);
    then(response);
  };
}

/** A stream of these texts in vLLM's shape, with usage at the end as it was asked. */
export function streamTexts(texts: readonly string[], model = 'smollm2-135m-instruct'): Reply {
  const base = { id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 1795455597, model };
  const event = (fields: object) => `data: ${JSON.stringify({ ...base, ...fields })}\n\n`;
  const delta = (content: object, finish: string | null = null) =>
    event({ choices: [{ index: 0, delta: content, logprobs: null, finish_reason: finish }] });
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(delta({ role: 'assistant', content: '' }));
    for (const text of texts) response.write(delta({ content: text }));
    response.write(delta({ content: '' }, 'stop'));
    const usage = { prompt_tokens: 7, total_tokens: 7 + texts.length, completion_tokens: texts.length };
    response.write(event({ choices: [], usage }));
    response.end('data: [DONE]\n\n');
  };
}

/** A status with a JSON body. */
export function status(code: number, body: object = {}, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

function writeHead(response: ServerResponse, recording: Recording['response']): void {
  const headers = Object.entries(recording.headers).filter(([name]) => !NOT_REPLAYED.has(name));
  response.writeHead(recording.status, Object.fromEntries(headers));
}
