import { randomBytes } from 'node:crypto';
import { expect, inject, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { askGateway, chunksOf, gatewayMetric, recordOf, textIn, vllmMetric } from './ask-vllm.ts';
import { readTrace, spanOf, traceWith } from './read-trace.ts';

const { model } = inject('sharedVllm');
const ROOT = 'POST /v1/chat/completions';
const CHAT = `chat ${model}`;
const LONG = { max_tokens: 2000, ignore_eos: true };
/** Measured: below half a second; a busy machine may take twice as long. */
const STOPPED_MS = 1000;

/** Starts a long answer under a trace id of ours; the caller leaves when told to. */
function askLong(stream: boolean): { traceId: string; leave: () => void; answer: Promise<Response> } {
  const [traceId, leaving] = [randomBytes(16).toString('hex'), new AbortController()];
  const answer = askGateway('Tell a very long story.', {
    fields: { ...LONG, stream },
    headers: { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` },
    signal: leaving.signal,
  });
  return {
    traceId,
    answer,
    leave: () => {
      leaving.abort();
    },
  };
}

async function isIdle(): Promise<boolean> {
  return (await vllmMetric('vllm:num_requests_running')) === 0;
}

it.each([{ stream: true }, { stream: false }])(
  'a caller who leaves (stream: $stream) stops vLLM, which says nothing of it; the gateway does',
  async ({ stream }) => {
    const aborted = () => gatewayMetric('glassgate_answers_total', { glassgate_outcome: 'aborted' });
    const attempts = () =>
      gatewayMetric('glassgate_upstream_attempts_total', { glassgate_upstream_outcome: 'aborted' });
    // Both need chunks that were counted: the first one, and how many came after it.
    const timed = async () => [
      await gatewayMetric('gen_ai_client_operation_time_to_first_chunk_count'),
      await gatewayMetric('gen_ai_client_operation_time_per_output_chunk_count'),
    ];
    const ended = () =>
      gatewayMetric('gen_ai_client_operation_duration_count', {
        error_type: 'client_closed_request',
      });
    const [finishedBefore, abortedBefore, attemptsBefore, timedBefore, endedBefore] = [
      await vllmMetric('vllm:request_success_total'),
      await aborted(),
      await attempts(),
      await timed(),
      await ended(),
    ];
    const generatedBefore = await vllmMetric('vllm:generation_tokens_total');

    const { traceId, leave, answer } = askLong(stream);
    let [chunks, text, answerId] = [0, '', ''];
    if (stream) {
      for await (const chunk of chunksOf(await answer)) {
        answerId = chunk.glassgate?.answer_id ?? answerId;
        text += textIn(chunk);
        if (textIn(chunk) !== '') chunks += 1;
        if (chunks === 5) break;
      }
    } else {
      answer.catch(() => undefined);
      await waitUntil('vLLM is at it', async () => !(await isIdle()));
    }
    leave();
    const leftAt = performance.now();
    await waitUntil('vLLM has stopped', isIdle, STOPPED_MS);
    const stoppedMs = performance.now() - leftAt;
    process.stdout.write(`vLLM idle ${stoppedMs.toFixed(0)} ms after its caller had left\n`);
    const generated = (await vllmMetric('vllm:generation_tokens_total')) - generatedBefore;
    expect(generated).toBeLessThan(LONG.max_tokens / 2);
    expect(await vllmMetric('vllm:request_success_total')).toBe(finishedBefore);

    const spans = await traceWith(traceId, [ROOT, CHAT]);
    expect(spanOf(spans, ROOT).tags).toMatchObject({
      'glassgate.outcome': 'aborted',
      'http.response.status_code': 499,
    });
    const chat = spanOf(spans, CHAT);
    expect(chat.tags).toMatchObject({ 'error.type': 'client_closed_request' });
    expect('gen_ai.usage.output_tokens' in chat.tags).toBe(false);
    expect('gen_ai.response.time_to_first_chunk' in chat.tags).toBe(stream);
    expect(await aborted()).toBe(abortedBefore + 1);
    expect(await attempts()).toBe(attemptsBefore + 1);
    expect(await ended()).toBe(endedBefore + 1);
    expect(await timed()).toEqual(timedBefore.map((count) => count + (stream ? 1 : 0)));
    if (stream) await expectRecord(answerId, text);
    await expectNoVllmSpan(traceId);
  },
);

/** What the caller had read is in the record; perhaps a little more, which was under way. */
async function expectRecord(answerId: string, text: string): Promise<void> {
  const record = await recordOf(answerId);
  expect(record).toMatchObject({ outcome: 'aborted', error_code: 'client_closed_request', usage: null });
  expect(record.answer).toContain(text);
  expect(record.stages.find(({ stage }) => stage === 'generate')?.outcome).toBe('aborted');
}

/** Spans leave vLLM in the order of their ends: when a later one is there, an earlier one would be. */
async function expectNoVllmSpan(traceId: string): Promise<void> {
  const later = await askGateway('Which port does the chat page have?');
  expect([later.status, await later.text()]).toEqual([200, expect.any(String)]);
  await traceWith(later.headers.get('x-glassgate-trace-id') ?? '', ['llm_request']);
  expect((await readTrace(traceId)).filter(({ service }) => service === 'vllm')).toEqual([]);
}
