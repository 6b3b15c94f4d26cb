import { inject } from 'vitest';
import { metricValue } from '../support/metric-value.ts';
import { waitUntil } from '../support/wait-until.ts';

/** How a question is asked. */
export interface AskOptions {
  /** Further fields of the request, such as `stream` or `max_tokens`. */
  readonly fields?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A chunk of a stream, as far as these tests read it. */
export interface Chunk {
  readonly id?: string;
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[];
  readonly glassgate?: { readonly answer_id: string };
  readonly prompt_text?: string | null;
}

/** The owner's view of an answer, as far as these tests read it. */
export interface AnswerView {
  readonly answer: string;
  readonly stages: readonly { readonly stage: string; readonly outcome: string }[];
  readonly passages: readonly { readonly n: number | null; readonly text: string }[];
}

const shared = inject('sharedVllm');

/** Asks the gateway; the answer is short unless the test wants another length. */
export function askGateway(question: string, options: AskOptions = {}): Promise<Response> {
  return ask(shared.gateway.url, question, options);
}

/** Asks vLLM itself, past the gateway. */
export function askDirectly(question: string, options: AskOptions = {}): Promise<Response> {
  return ask(shared.url, question, options);
}

function ask(url: string, question: string, options: AskOptions): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...options.headers },
    body: JSON.stringify({
      model: shared.model,
      messages: [{ role: 'user', content: question }],
      max_tokens: 24,
      temperature: 0,
      ...options.fields,
    }),
    signal: options.signal ?? null,
  });
}

/** The chunks of a stream as they arrive, without its end mark. */
export async function* chunksOf(response: Response): AsyncGenerator<Chunk, void> {
  let rest = '';
  for await (const part of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const frames = `${rest}${part}`.split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      if (frame.startsWith('data: {')) yield JSON.parse(frame.slice('data: '.length)) as Chunk;
    }
  }
}

/** The text in a chunk. */
export function textIn(chunk: Chunk): string {
  return chunk.choices?.[0]?.delta?.content ?? '';
}

/** What the gateway has kept of an answer, as soon as it has. */
export function recordOf(answerId: string): Promise<AnswerView> {
  return waitUntil(`the record of ${answerId}`, async () => {
    const response = await fetch(`${shared.gateway.url}/v1/answers/${answerId}`);
    return response.ok && ((await response.json()) as AnswerView);
  });
}

/** One of vLLM's own numbers, now. */
export async function vllmMetric(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  return metricValue(await (await fetch(`${shared.url}/metrics`)).text(), name, labels);
}

/** One of the gateway's own numbers, over all its workers. */
export async function gatewayMetric(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  return metricValue(await (await fetch(`${shared.gateway.managementUrl}/metrics`)).text(), name, labels);
}

/** Requests of an unending answer that take every place of vLLM, running and waiting, until they are released. */
export async function occupyVllm(running: number, waiting: number): Promise<{ release: () => void }> {
  const leaving = new AbortController();
  const fields = { max_tokens: 3000, ignore_eos: true, stream: true };
  for (let place = 0; place < running + waiting; place += 1) {
    const answer = askDirectly('Count to one million.', { fields, signal: leaving.signal });
    // It ends by being left.
    answer.then((response) => response.text()).catch(() => undefined);
  }
  await waitUntil('every place is taken', async () => {
    const numbers = [
      await vllmMetric('vllm:num_requests_running'),
      await vllmMetric('vllm:num_requests_waiting'),
    ];
    return numbers[0] === running && numbers[1] === waiting;
  });
  return {
    release: () => {
      leaving.abort();
    },
  };
}
