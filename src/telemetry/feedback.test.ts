import { SpanKind, TraceFlags } from '@opentelemetry/api';
import { afterEach, describe, expect, test } from 'vitest';
import { installTelemetryProbe } from '../../test/support/telemetry-probe.ts';
import type { Feedback } from '../domain/answer-record.ts';
import { reportFeedback, type FeedbackReport } from './feedback.ts';
import { createInstruments } from './instruments.ts';
import { openSpan } from './spans.ts';

const probe = installTelemetryProbe();
const instruments = createInstruments();
const ANSWER = { traceId: 'a'.repeat(32), chatSpanId: 'b'.repeat(16), responseId: 'chatcmpl-1' };

afterEach(() => probe.reset());

/** Reports a change of feedback inside a request of its own. */
function report(feedback: Partial<Feedback> = {}, fields: Partial<FeedbackReport> = { trace: ANSWER }) {
  const requestSpan = openSpan('POST /v1/feedback', { kind: SpanKind.SERVER });
  const full: Feedback = { answerId: 'ans_1', rating: 'up', updatedAt: 1, ...feedback };
  reportFeedback({ feedback: full, requestSpan, captureContent: false, ...fields }, instruments);
  requestSpan.end();
  const [received, evaluation] = probe.logs();
  return { requestSpan, received, evaluation, span: probe.spans()[0] };
}

async function ratings(): Promise<Record<string, number>> {
  const samples = await probe.samples();
  return Object.fromEntries(
    samples
      .filter(({ name }) => name === 'glassgate.feedback.ratings')
      .map(({ labels, value }) => [String(labels['glassgate.feedback.rating']), value]),
  );
}

describe('the evaluation event', () => {
  test.each([
    ['up', 'thumbs_up', 1],
    ['down', 'thumbs_down', 0],
  ] as const)('of %s', (rating, label, value) => {
    const { evaluation } = report({ rating });
    expect(evaluation).toMatchObject({
      eventName: 'gen_ai.evaluation.result',
      attributes: {
        'gen_ai.evaluation.name': 'user_feedback',
        'gen_ai.evaluation.score.label': label,
        'gen_ai.evaluation.score.value': value,
        'gen_ai.response.id': 'chatcmpl-1',
        'glassgate.answer.id': 'ans_1',
      },
    });
  });

  test('of a withdrawal has a label and no value', () => {
    const { evaluation } = report({ rating: null });
    expect(evaluation?.attributes['gen_ai.evaluation.score.label']).toBe('withdrawn');
    expect(evaluation?.attributes).not.toHaveProperty('gen_ai.evaluation.score.value');
  });

  test('stands in the chat span it judges and not in the request that brought it', () => {
    const { evaluation, requestSpan } = report();
    expect(evaluation?.spanContext).toMatchObject({
      traceId: ANSWER.traceId,
      spanId: ANSWER.chatSpanId,
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
    });
    expect(evaluation?.spanContext?.traceId).not.toBe(requestSpan.traceId);
  });

  test.each<[string, FeedbackReport['trace'] | undefined]>([
    ['an answer that is not recorded yet', undefined],
    ['an answer whose model was never asked', { traceId: ANSWER.traceId }],
  ])('of %s stands in the request that brought it', (_name, trace) => {
    const { evaluation, requestSpan, span } = report({}, trace === undefined ? {} : { trace });
    expect(evaluation?.spanContext?.spanId).toBe(requestSpan.spanId);
    expect(evaluation?.attributes).not.toHaveProperty('gen_ai.response.id');
    expect(span?.links).toEqual([]);
  });
});

describe('the request that brought it', () => {
  test('is linked to the span it judges', () => {
    expect(report().span?.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([
      [ANSWER.traceId, ANSWER.chatSpanId],
    ]);
  });

  test('has a line of its own', () => {
    const { received, requestSpan } = report({ rating: 'down' });
    expect(received).toMatchObject({
      eventName: 'feedback.received',
      attributes: { 'glassgate.answer.id': 'ans_1', rating: 'down' },
    });
    expect(received?.spanContext?.spanId).toBe(requestSpan.spanId);
  });
});

test.each([
  ['up', 'up'],
  ['down', 'down'],
  [null, 'withdrawn'],
] as const)('each change is counted once: %s', async (rating, label) => {
  const before = await ratings();
  report({ rating });
  expect(await ratings()).toEqual({ ...before, [label]: (before[label] ?? 0) + 1 });
});

describe('what the person wrote', () => {
  const written = { comment: 'canary comment', reasons: ['canary reason'] };

  function told(): string {
    return JSON.stringify([
      probe.logs().map(({ attributes }) => attributes),
      probe.spans().map(({ attributes }) => attributes),
    ]);
  }

  test('is told nowhere', () => {
    report(written);
    expect(told()).not.toContain('canary');
  });

  test('is told with the evaluation when content is captured', () => {
    const { evaluation } = report(written, { trace: ANSWER, captureContent: true });
    expect(evaluation?.attributes['gen_ai.evaluation.explanation']).toBe('canary comment');
    expect(told()).not.toContain('canary reason');
  });

  test('is not made up when nothing was written', () => {
    const { evaluation } = report({}, { trace: ANSWER, captureContent: true });
    expect(evaluation?.attributes).not.toHaveProperty('gen_ai.evaluation.explanation');
  });
});
