import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { askGateway } from './ask-vllm.ts';
import { spanOf, traceWith } from './read-trace.ts';
import { distinct, shapeOf, type Shape } from './shape-of.ts';

interface Recording {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly chunks?: readonly { readonly data: string }[];
  };
}

interface RecordedSpans {
  readonly spans: readonly { readonly attributes: readonly { readonly key: string }[] }[];
}

const FOLDER = join(import.meta.dirname, '../support/__fixtures__/vllm');
const WHOLE = ['chat', 'chat-stop', 'chat-json-schema', 'models'];
const STREAMS = [
  'chat-stream',
  'chat-stream-usage',
  'chat-stream-length',
  'chat-stream-chinese',
  'chat-stream-logprobs',
  'chat-stream-n2',
];
const ERRORS = [
  'error-bad-type',
  'error-embeddings',
  'error-malformed',
  'error-max-tokens',
  'error-model',
  'error-no-messages',
  'error-route',
  'error-tools',
];
/** Recorded with a context of 2048 tokens; here it is twice as long, and so must the prompt be. */
const TOO_LONG = ['error-too-long', 'error-stream-too-long'];

const METRICS = join(import.meta.dirname, '../../grafana/source/__fixtures__/vllm-metrics.txt');
const RENAMED: Readonly<Record<string, string>> = {
  'gen_ai.usage.prompt_tokens': 'gen_ai.usage.input_tokens',
  'gen_ai.usage.completion_tokens': 'gen_ai.usage.output_tokens',
  'gen_ai.request.n': 'gen_ai.request.choice.count',
};

const { url } = inject('sharedVllm');

function read(name: string): Recording {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Recording;
}

function send({ request }: Recording, change = (body: string) => body): Promise<Response> {
  const { method, path, headers, body } = request;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url + path, {
    method,
    headers: { ...headers, ...(body === null ? {} : { 'content-type': 'application/json' }) },
    body: body === null ? null : change(text),
  });
}

/** The different kinds of event that a stream is made of. */
function kindsOf(events: string): Shape[] {
  const data = [...events.matchAll(/^data: (.*)$/gm)].map(([, text = '']) => text);
  return distinct(data.map((text) => (text === '[DONE]' ? text : shapeOf(JSON.parse(text)))));
}

/** Every series of vLLM's own as name, kind and names of labels; times of creation are not stored and were not kept. */
function seriesOf(page: string): string[] {
  const kinds = new Map([...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  const series = [...page.matchAll(/^(vllm:[\w:]+)\{(.*)\} \S+$/gm)].map(([, name = '', labels = '']) => {
    const keys = [...labels.matchAll(/(\w+)="/g)].map(([, key = '']) => key).toSorted();
    return `${name} ${kinds.get(name) ?? ''} ${keys.join(',')}`;
  });
  return [...new Set(series)].filter((text) => !text.includes('_created ')).toSorted();
}

describe("what the fake vLLM replays is what vLLM answers: status, type, keys and values' types", () => {
  it.each([...WHOLE, ...ERRORS])('%s', async (name) => {
    const recording = read(name);
    const response = await send(recording);
    expect(response.status).toBe(recording.response.status);
    expect(response.headers.get('content-type')).toBe(recording.response.headers['content-type']);
    expect(shapeOf(await response.json())).toEqual(shapeOf(JSON.parse(recording.response.body ?? '')));
  });

  it.each(TOO_LONG)('%s', async (name) => {
    const recording = read(name);
    const response = await send(recording, (body) => body.replace(/(word )+word/, '$& $&'));
    expect(response.status).toBe(recording.response.status);
    expect(shapeOf(await response.json())).toEqual(shapeOf(JSON.parse(recording.response.body ?? '')));
  });

  it.each(STREAMS)('%s', async (name) => {
    const recording = read(name);
    const response = await send(recording);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(recording.response.headers['content-type']);
    const events = (recording.response.chunks ?? []).map(({ data }) => data).join('');
    expect(kindsOf(await response.text())).toEqual(kindsOf(events));
  });
});

it('the recorded page of metrics has the names, kinds and labels that vLLM has now', async () => {
  const page = readFileSync(METRICS, 'utf8');
  const live = await (await fetch(`${url}/metrics`)).text();
  expect(seriesOf(live)).toEqual(seriesOf(page));
  expect(seriesOf(page).length).toBeGreaterThan(60);
});

it('the recorded span has the attributes that vLLM sends now, as the Collector renames them', async () => {
  const [recorded] = JSON.parse(readFileSync(join(FOLDER, 'spans.json'), 'utf8')) as RecordedSpans[];
  const keys = (recorded?.spans[0]?.attributes ?? []).map(({ key }) => RENAMED[key] ?? key);
  const response = await askGateway('Which port does the chat page have?', { fields: { top_p: 1 } });
  await response.text();
  const traceId = response.headers.get('x-glassgate-trace-id') ?? '';
  const { tags } = spanOf(await traceWith(traceId, ['llm_request']), 'llm_request');
  const ofVllm = Object.keys(tags).filter((key) => key.startsWith('gen_ai.'));
  expect(ofVllm.toSorted()).toEqual(keys.toSorted());
});

it('a comparison of shapes sees a missing key, another type and another code', () => {
  const shape = shapeOf({ error: { message: 'no', code: 400, param: null } });
  expect(shapeOf({ error: { message: 'never', code: 400, param: null } })).toEqual(shape);
  expect(shapeOf({ error: { message: 'no', code: 400 } })).not.toEqual(shape);
  expect(shapeOf({ error: { message: 'no', code: '400', param: null } })).not.toEqual(shape);
  expect(shapeOf({ error: { message: 'no', code: 404, param: null } })).not.toEqual(shape);
  expect(kindsOf('data: {"a":1}\n\ndata: {"a":2}\n\ndata: {"a":null}\n\ndata: [DONE]\n\n')).toHaveLength(3);
});
