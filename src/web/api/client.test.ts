import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeGateway, type FakeGateway } from '../../../test/browser/support/fake-gateway.ts';
import { refusing } from '../../../test/browser/support/replies.ts';
import type { AnswerPart } from './answer-stream.ts';
import type { ApiError } from './api-error.ts';
import { createClient, type Client } from './client.ts';

let fake: FakeGateway;
let client: Client;
let apiKey: string | undefined;

beforeEach(async () => {
  fake = await startFakeGateway('');
  apiKey = undefined;
  client = createClient({ baseUrl: fake.url, apiKey: () => apiKey });
});

afterEach(() => fake.close());

const question = (signal = new AbortController().signal) => ({
  model: 'glassgate-extractive',
  messages: [{ role: 'user' as const, content: 'Why?' }],
  signal,
});

async function ask(): Promise<AnswerPart[]> {
  const parts: AnswerPart[] = [];
  for await (const part of client.ask(question())) parts.push(part);
  return parts;
}

describe('createClient', () => {
  it('lists models and collections', async () => {
    expect(await client.listModels()).toEqual({
      models: ['glassgate-extractive'],
      collections: ['handbook'],
    });
  });

  it('asks and reads the record of the answer', async () => {
    const parts = await ask();
    expect(parts[0]).toMatchObject({
      type: 'start',
      answerId: 'ans_0001',
      sources: [{ n: 1 }, { n: 2 }, { n: 3 }],
    });
    expect(parts.at(-1)).toMatchObject({ type: 'end', usage: { inputTokens: 1036, outputTokens: 142 } });
    expect(await client.getAnswer('ans_0001')).toMatchObject({ answerId: 'ans_0001', durationMs: 1240 });
  });

  it('rates an answer', async () => {
    await ask();
    const feedback = { rating: 'down', comment: 'No.', reasons: ['wrong'] } as const;
    expect(await client.sendFeedback('ans_0001', feedback)).toEqual(feedback);
    expect((await client.getAnswer('ans_0001')).feedback).toEqual(feedback);
  });

  it('sends the key it is given, and none otherwise', async () => {
    await client.listModels();
    apiKey = 'gg_key';
    await client.listModels();
    expect(fake.seen.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer gg_key']);
  });

  it('throws the refusal of the gateway with its ids', async () => {
    fake.replyNext(refusing(429, 'rate_limited', 'Wait.'));
    const error = (await ask().catch((thrown: unknown) => thrown)) as ApiError;
    expect(error.failure).toMatchObject({
      code: 'rate_limited',
      message: 'Wait.',
      status: 429,
      requestId: 'req_0001',
    });
  });

  it('asks for ids as they are, whatever is in them', async () => {
    await client.getAnswer('../models?x#y').catch(() => undefined);
    expect(fake.seen[0]?.path).toBe('/v1/answers/..%2Fmodels%3Fx%23y');
  });

  it('stops when its signal says so', async () => {
    const error: unknown = await client
      .ask(question(AbortSignal.abort()))
      .next()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'AbortError' });
  });
});
