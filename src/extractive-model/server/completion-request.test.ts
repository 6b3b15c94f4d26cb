import { describe, expect, it } from 'vitest';
import { createExtractiveEngine } from '../extractive-engine.ts';
import { readCompletionRequest } from './completion-request.ts';
import { VllmError } from './vllm-error.ts';

const engine = createExtractiveEngine();
const messages = [{ role: 'user', content: 'hi' }];
const read = (body: unknown): unknown =>
  readCompletionRequest(typeof body === 'string' ? body : JSON.stringify(body), engine);

function errorOf(body: unknown): unknown {
  try {
    return read(body);
  } catch (error) {
    return error instanceof VllmError ? { status: error.status, ...error.body } : error;
  }
}

describe('readCompletionRequest', () => {
  it('fills what was not said', () => {
    expect(read({ messages })).toEqual({
      messages,
      stream: false,
      includeUsage: false,
      choiceCount: 1,
      temperature: 1,
      topP: 1,
      stop: [],
      promptTokens: 5,
      maxTokens: 32_768 - 5,
    });
  });

  it('reads what was said, and lets pass what it does not know', () => {
    const body = {
      model: 'glassgate-extractive',
      messages,
      stream: true,
      stream_options: { include_usage: true },
      n: 2,
      temperature: 0,
      top_p: 0.5,
      max_tokens: 9,
      max_completion_tokens: 7,
      stop: 'END',
      tools: [{ type: 'function' }],
      seed: 4,
    };
    expect(read(body)).toMatchObject({
      stream: true,
      includeUsage: true,
      choiceCount: 2,
      temperature: 0,
      topP: 0.5,
      maxTokens: 7,
      stop: ['END'],
    });
    expect(read({ messages, stop: ['a', ''] })).toMatchObject({ stop: ['a'] });
    expect(read({ messages, max_tokens: null, stop: null, stream: null })).toMatchObject({
      stop: [],
      stream: false,
    });
  });

  it('refuses an unknown model as vLLM does', () => {
    expect(errorOf({ model: 'nope', messages })).toEqual({
      status: 404,
      error: {
        message: 'The model `nope` does not exist. Valid aliases: glassgate-extractive.',
        type: 'NotFoundError',
        param: 'model',
        code: 404,
      },
    });
  });

  it('refuses a prompt that is too long, and an answer that would be', () => {
    expect(errorOf({ messages: [{ role: 'user', content: 'word '.repeat(32_764) }] })).toEqual({
      status: 400,
      error: {
        message: expect.stringMatching(
          /^This model's maximum context length is 32768 tokens\..*value=32768\)$/,
        ),
        type: 'BadRequestError',
        param: 'input_tokens',
        code: 400,
      },
    });
    expect(errorOf({ messages, max_tokens: 50_000 })).toMatchObject({
      status: 400,
      error: { type: 'BadRequestError', param: 'max_tokens', code: 400 },
    });
  });

  it.each([
    ['{"model":', 'body'],
    ['null', 'body'],
    [{}, 'body.messages'],
    [{ messages: [] }, 'body.messages'],
    [{ messages: 'hi' }, 'body.messages'],
    [{ messages: [{ role: 'king', content: 'hi' }] }, 'body.messages.0.role'],
    [{ messages, temperature: 'hot' }, 'body.temperature'],
    [{ messages, n: 1_000 }, 'body.n'],
    [{ messages, max_tokens: 0 }, 'body.max_tokens'],
  ])('refuses %j and names %s', (body, param) => {
    expect(errorOf(body)).toEqual({
      status: 400,
      error: {
        message: expect.stringMatching(/^1 validation error:\n {2}\{'type': /),
        type: 'Bad Request',
        param,
        code: 400,
      },
    });
  });
});
