import { afterEach, describe, expect, test } from 'vitest';
import { installTelemetryProbe } from '../../test/support/telemetry-probe.ts';
import type { GenerationFrame } from '../domain/generation.ts';
import type { Verdict } from '../domain/verdict.ts';
import { createOutputGuard, type OutputGuard } from '../guardrail/output-guard.ts';
import { stageScope } from './__fixtures__/request.ts';
import { openOutputGuardStep } from './output-guard-step.ts';

const probe = installTelemetryProbe();
afterEach(() => probe.reset());

const MARKER = 'abc0123456789def';
const HIDDEN = { codes: [MARKER], instructions: '' };

function frame(text: string): GenerationFrame {
  return { kind: 'delta', deltas: [{ channel: 'content0', text }], data: '{}' } as unknown as GenerationFrame;
}

/** A guard that has decided already. */
function decided(verdict: Verdict): OutputGuard {
  return { push: (frames) => (verdict.action === 'block' ? [] : frames), end: () => [], verdict };
}

const BLOCK: Verdict = { action: 'block', rule: 'leak-prompt-text', category: 'LLM02' };

describe('the step of the output guard', () => {
  test.each([
    [{ action: 'allow' }, 'ok'],
    [BLOCK, 'blocked'],
  ] as const)('ends with %j', (verdict, outcome) => {
    const scope = stageScope();
    const step = openOutputGuardStep(HIDDEN, scope, { mode: 'enforce', createGuard: () => decided(verdict) });
    step.push([frame('It is noon.')]);
    step.close();
    expect(probe.spans()).toMatchObject([
      {
        name: 'apply_guardrail output',
        attributes: { 'gen_ai.guardrail.result.value': verdict.action },
      },
    ]);
    expect(scope.journal.stages).toMatchObject([{ stage: 'output_guard', outcome, verdict }]);
  });

  test('is none while nothing came from the model', () => {
    const scope = stageScope();
    openOutputGuardStep(HIDDEN, scope, { mode: 'enforce' }).close();
    expect(probe.spans()).toEqual([]);
    expect(scope.journal.stages).toEqual([]);
  });

  test('is none when the guard is off, and everything goes through as it came', () => {
    const scope = stageScope();
    const step = openOutputGuardStep(HIDDEN, scope, { mode: 'off' });
    const frames = [frame(`It is ${MARKER}.`)];
    expect(step.push(frames)).toBe(frames);
    expect(step.end()).toEqual([]);
    step.close();
    expect(step.verdict).toEqual({ action: 'allow' });
    expect(probe.spans()).toEqual([]);
  });

  test('only watches in shadow mode', () => {
    const scope = stageScope();
    const createGuard = () => createOutputGuard(HIDDEN);
    const step = openOutputGuardStep(HIDDEN, scope, { mode: 'shadow', createGuard });
    const frames = [frame('The code is abc012'), frame('3456789def'), frame(' and more.')];
    expect(frames.flatMap((one) => step.push([one]))).toEqual(frames);
    expect(step.end()).toEqual([]);
    step.close();
    expect(step.verdict).toMatchObject({ action: 'block', shadow: true });
    expect(scope.journal.stages).toMatchObject([
      { outcome: 'ok', verdict: { action: 'block', rule: 'leak-prompt-marker', shadow: true } },
    ]);
  });
});

describe('an output guard that fails', () => {
  const fault = (): never => {
    throw new Error('no such pattern');
  };
  const FAILED = { action: 'block', rule: 'guard-failed', category: 'LLM01' };

  test('stops the answer, and counts', async () => {
    const scope = stageScope();
    const createGuard = (): OutputGuard => ({
      push: fault,
      end: () => [frame('secret')],
      verdict: { action: 'allow' },
    });
    const step = openOutputGuardStep(HIDDEN, scope, { mode: 'enforce', createGuard });
    expect(step.push([frame('secret')])).toEqual([]);
    expect(step.verdict).toEqual(FAILED);
    expect(step.end()).toEqual([]);
    step.close();
    expect(scope.journal.stages).toMatchObject([{ outcome: 'blocked', verdict: FAILED }]);
    const samples = await probe.samples();
    expect(samples.filter(({ name }) => name === 'glassgate.guardrail.failures')).toMatchObject([
      { labels: { 'glassgate.guardrail.stage': 'output' }, value: 1 },
    ]);
  });

  test('at its end holds back what it held', () => {
    const createGuard = (): OutputGuard => ({ push: () => [], end: fault, verdict: { action: 'allow' } });
    const step = openOutputGuardStep(HIDDEN, stageScope(), { mode: 'enforce', createGuard });
    step.push([frame('secret')]);
    expect(step.end()).toEqual([]);
    expect(step.verdict).toEqual(FAILED);
    step.close();
  });

  test('in shadow mode is not in the way', () => {
    const createGuard = (): OutputGuard => ({ push: fault, end: fault, verdict: { action: 'allow' } });
    const step = openOutputGuardStep(HIDDEN, stageScope(), { mode: 'shadow', createGuard });
    const frames = [frame('It is noon.')];
    expect(step.push(frames)).toBe(frames);
    expect(step.verdict).toEqual({ ...FAILED, shadow: true });
    step.close();
  });
});
