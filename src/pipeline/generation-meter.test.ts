import { beforeEach, describe, expect, test, vi } from 'vitest';
import { installTelemetryProbe, type Sample } from '../../test/support/telemetry-probe.ts';
import type { GenerationFrame } from '../domain/generation.ts';
import { chatRequest, stageScope } from './__fixtures__/request.ts';
import { GenerationMeter } from './generation-meter.ts';
import type { StageScope } from './stage.ts';

const probe = installTelemetryProbe();
let scope: StageScope;
let model: string;
let number = 0;

beforeEach(() => {
  scope = stageScope();
  // A name of its own for each test: metrics are never reset.
  number += 1;
  model = `model-${number}`;
});

function open(captureContent = false): GenerationMeter {
  return new GenerationMeter({ ...chatRequest(), model }, scope, captureContent);
}

function frame(kind: GenerationFrame['kind'], fields: Partial<GenerationFrame> = {}): GenerationFrame {
  return { kind, bytes: Buffer.alloc(0), deltas: [], ...fields };
}

const CONTENT = frame('delta', { deltas: [{ channel: 'content0', text: 'Hi' }] });

async function samplesOf(name: string): Promise<readonly Sample[]> {
  const samples = await probe.samples();
  return samples.filter((sample) => sample.name === name && sample.labels['gen_ai.request.model'] === model);
}

async function valueOf(name: string): Promise<number> {
  const samples = await probe.samples();
  return samples.find((sample) => sample.name === name)?.value ?? 0;
}

describe('times', () => {
  test('the first content counts, not what comes before it', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    scope = stageScope();
    const meter = open();
    vi.advanceTimersByTime(100);
    meter.framesArrived([frame('meta')]);
    vi.advanceTimersByTime(150);
    meter.framesArrived([CONTENT, CONTENT]);
    vi.advanceTimersByTime(50);
    meter.framesArrived([CONTENT]);
    expect(meter.endAttributes()['gen_ai.response.time_to_first_chunk']).toBe(0.25);
    expect(scope.journal.timeToFirstTokenMs).toBe(250);
    vi.useRealTimers();
  });

  test.each([
    ['no content', [frame('meta'), frame('done')], 0, 0],
    ['one chunk', [CONTENT], 1, 0],
    ['several chunks', [CONTENT, CONTENT, CONTENT], 1, 1],
    ['an answer in one piece', [frame('whole', { deltas: CONTENT.deltas })], 0, 0],
  ])('%s', async (_name, frames, first, between) => {
    const meter = open();
    meter.framesArrived(frames);
    meter.ended();
    const counts = await Promise.all(
      ['time_to_first_chunk', 'time_per_output_chunk'].map(async (name) => {
        const samples = await samplesOf(`gen_ai.client.operation.${name}`);
        return samples.reduce((sum, { value }) => sum + value, 0);
      }),
    );
    expect(counts).toEqual([first, between]);
    expect('gen_ai.response.time_to_first_chunk' in meter.endAttributes()).toBe(first === 1);
  });

  test('the whole call is what the upstream cost', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const meter = open();
    vi.advanceTimersByTime(300);
    meter.ended();
    vi.useRealTimers();
    expect(scope.journal.upstreamMs).toBe(300);
  });
});

describe('tokens', () => {
  test('are counted as they were reported', async () => {
    const meter = open();
    meter.framesArrived([CONTENT, frame('usage', { usage: { inputTokens: 7, outputTokens: 0 } })]);
    meter.ended();
    const samples = await samplesOf('gen_ai.client.token.usage');
    expect(samples.map(({ labels, value }) => [labels['gen_ai.token.type'], value])).toEqual([
      ['input', 1],
      ['output', 1],
    ]);
    expect(meter.endAttributes()).toMatchObject({
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 0,
    });
  });

  test('that nobody reported are not zero but absent, and that is counted', async () => {
    const before = await valueOf('glassgate.upstream.usage_missing');
    const meter = open();
    meter.framesArrived([CONTENT]);
    meter.ended();
    expect(await samplesOf('gen_ai.client.token.usage')).toEqual([]);
    expect(Object.keys(meter.endAttributes()).filter((key) => key.includes('usage'))).toEqual([]);
    expect(await valueOf('glassgate.upstream.usage_missing')).toBe(before + 1);
  });

  test('of a call that failed are not missed', async () => {
    const before = await valueOf('glassgate.upstream.usage_missing');
    open().ended('upstream_stalled');
    expect(await valueOf('glassgate.upstream.usage_missing')).toBe(before);
  });
});

describe('the end', () => {
  test.each([undefined, 'upstream_stalled', 'client_closed_request'])(
    'with %s is one duration',
    async (type) => {
      const meter = open();
      expect(meter.isEnded).toBe(false);
      meter.ended(type);
      expect(meter.isEnded).toBe(true);
      const [sample, ...others] = await samplesOf('gen_ai.client.operation.duration');
      expect(others).toEqual([]);
      expect(sample).toMatchObject({
        value: 1,
        labels: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'vllm',
          'gen_ai.request.model': model,
          ...(type === undefined ? {} : { 'error.type': type }),
        },
      });
      expect('error.type' in (sample?.labels ?? {})).toBe(type !== undefined);
    },
  );

  test('says what the model said of itself', () => {
    const meter = open();
    meter.attempts = 2;
    meter.framesArrived([
      frame('delta', { responseId: 'chatcmpl-1', model: 'served', finishReason: 'stop' }),
    ]);
    expect(meter.endAttributes()).toMatchObject({
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.model': 'served',
      'gen_ai.response.finish_reasons': ['stop'],
      'glassgate.upstream.attempts': 2,
    });
  });

  test('without an answer says only how often it was tried', () => {
    expect(open().endAttributes()).toEqual({ 'glassgate.upstream.attempts': 1 });
  });
});

describe('content', () => {
  test('is not told', () => {
    const meter = open();
    meter.framesArrived([CONTENT]);
    scope.journal.released([CONTENT]);
    expect(JSON.stringify(meter.endAttributes())).not.toContain('Hi');
  });

  function captured(complete: boolean): unknown {
    const meter = open(true);
    const other = frame('delta', { deltas: [{ channel: 'content1', text: 'Ho' }] });
    meter.framesArrived([CONTENT, other, CONTENT]);
    scope.journal.released([CONTENT, other]);
    return JSON.parse(String(meter.endAttributes(complete)['gen_ai.output.messages']));
  }

  test('is told when it is captured: all of a complete answer', () => {
    expect(captured(true)).toEqual([{ role: 'assistant', parts: [{ type: 'text', content: 'HiHi' }] }]);
  });

  test('of an answer that broke off is what was released', () => {
    expect(captured(false)).toEqual([{ role: 'assistant', parts: [{ type: 'text', content: 'Hi' }] }]);
  });
});
