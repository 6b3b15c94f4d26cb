import { SpanKind } from '@opentelemetry/api';
import { afterEach, describe, expect, test } from 'vitest';
import { installTelemetryProbe } from '../../test/support/telemetry-probe.ts';
import type { RetrievalQuery, RetrievalResult, Retriever } from '../domain/passage.ts';
import { PROMPT_VERSION } from '../prompt/template.ts';
import { createInstruments } from '../telemetry/instruments.ts';
import { chatRequest, requestContext, scoredPassage, stageScope } from './__fixtures__/request.ts';
import { createAssembleStage, createRetrieveStage } from './retrieval-stages.ts';
import { runStage } from './stage.ts';

const probe = installTelemetryProbe();
const instruments = createInstruments();
const QUERY: RetrievalQuery = { text: 'canary question', collection: 'handbook', limit: 4 };

afterEach(() => probe.reset());

interface Search {
  readonly retriever: Retriever;
  readonly asked: { query: RetrievalQuery; signal: AbortSignal }[];
}

function finds(result: RetrievalResult | Error): Search {
  const asked: Search['asked'] = [];
  const retriever: Retriever = {
    collections: () => ['handbook'],
    corpusVersion: () => '1',
    search(query, signal) {
      asked.push({ query, signal });
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    },
  };
  return { retriever, asked };
}

async function retrieve({ retriever }: Search, query = QUERY, captureContent = false) {
  const scope = stageScope();
  const result = await runStage(createRetrieveStage(retriever, instruments, captureContent), query, scope);
  return { result, scope, span: probe.spans()[0] };
}

async function countOf(outcome: string): Promise<number> {
  const samples = await probe.samples();
  return (
    samples.find(
      ({ name, labels }) =>
        name === 'glassgate.retrieval.passages' && labels['glassgate.retrieval.outcome'] === outcome,
    )?.value ?? 0
  );
}

describe('retrieval', () => {
  test('says what was searched and what was found, by id and score', async () => {
    const passages = [scoredPassage({ id: 'a#0', score: 0.9 }), scoredPassage({ id: 'b#2', score: 0.5 })];
    const { result, scope, span } = await retrieve(finds({ passages }));
    expect(result.passages).toBe(passages);
    expect(span).toMatchObject({ name: 'retrieval handbook', kind: SpanKind.INTERNAL });
    expect(span?.attributes).toEqual({
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'handbook',
      'gen_ai.request.top_k': 4,
      'gen_ai.retrieval.documents': '[{"id":"a#0","score":0.9},{"id":"b#2","score":0.5}]',
      'glassgate.retrieval.count': 2,
    });
    expect(scope.journal.stages).toMatchObject([{ stage: 'retrieve', outcome: 'ok' }]);
  });

  test('says neither the question nor a text, but with content capture the question', async () => {
    const found = finds({ passages: [scoredPassage({ text: 'canary passage', title: 'canary title' })] });
    expect(JSON.stringify((await retrieve(found)).span?.attributes)).not.toContain('canary');
    probe.reset();
    const { span } = await retrieve(found, QUERY, true);
    expect(span?.attributes['gen_ai.retrieval.query.text']).toBe('canary question');
    expect(JSON.stringify(span?.attributes)).not.toContain('canary passage');
  });

  test.each<[string, RetrievalResult, string]>([
    ['found', { passages: [scoredPassage()] }, 'found'],
    ['empty', { passages: [] }, 'empty'],
    ['degraded', { passages: [], degraded: 'database_locked' }, 'degraded'],
    [
      'degraded although something was found',
      { passages: [scoredPassage()], degraded: 'database_locked' },
      'degraded',
    ],
  ])('is counted as %s', async (_name, result, outcome) => {
    const before = await countOf(outcome);
    const { span } = await retrieve(finds(result));
    expect(await countOf(outcome)).toBe(before + 1);
    expect(span?.attributes['glassgate.retrieval.degraded']).toBe(result.degraded);
  });

  test('passes on the query and the signal of the caller', async () => {
    const search = finds({ passages: [] });
    const context = requestContext();
    await runStage(createRetrieveStage(search.retriever, instruments, false), QUERY, stageScope(context));
    expect(search.asked).toEqual([{ query: QUERY, signal: context.signal }]);
  });

  test('of an empty question asks nobody', async () => {
    const search = finds({ passages: [scoredPassage()] });
    expect((await retrieve(search, { ...QUERY, text: '' })).result).toEqual({ passages: [] });
    expect(search.asked).toEqual([]);
  });

  test('that throws is a failed step: a retriever that degrades says so itself', async () => {
    await expect(retrieve(finds(new Error('boom')))).rejects.toThrow('boom');
    expect(probe.spans()[0]?.attributes['error.type']).toBe('internal_error');
  });
});

describe('assembling', () => {
  const budget = { contextTokens: 1000, maxTokens: 1000 };

  test('says how much went into the prompt and none of it', async () => {
    const passages = [scoredPassage({ text: 'canary passage' })];
    const prompt = await runStage(
      createAssembleStage(budget),
      { request: chatRequest(), passages },
      stageScope(),
    );
    expect(prompt.passages).toEqual(passages);
    const [span] = probe.spans();
    expect(span).toMatchObject({ name: 'assemble_prompt', kind: SpanKind.INTERNAL });
    expect(span?.attributes).toEqual({
      'glassgate.prompt.version': PROMPT_VERSION,
      'glassgate.prompt.passages': 1,
      'glassgate.prompt.tokens_estimated': prompt.tokensEstimated,
    });
  });

  test('with retrieval off leaves the messages alone', async () => {
    const request = chatRequest();
    const prompt = await runStage(
      createAssembleStage(budget),
      { request, passages: undefined },
      stageScope(),
    );
    expect(prompt.messages).toBe(request.messages);
  });

  test('of a prompt that is too long fails', async () => {
    const request = chatRequest({ messages: [{ role: 'user', content: 'x'.repeat(8000) }] });
    const scope = stageScope();
    await expect(
      runStage(createAssembleStage(budget), { request, passages: [] }, scope),
    ).rejects.toMatchObject({
      code: 'context_length_exceeded',
    });
    expect(probe.spans()[0]?.attributes['error.type']).toBe('context_length_exceeded');
    expect(scope.journal.stages).toMatchObject([{ stage: 'assemble', outcome: 'failed' }]);
  });
});
