import { SpanKind } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  failing,
  flagged,
  silent,
  startFakeModeration,
  type FakeModeration,
} from '../../test/support/fake-moderation.ts';
import { installTelemetryProbe } from '../../test/support/telemetry-probe.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { Verdict } from '../domain/verdict.ts';
import { createInstruments } from '../telemetry/instruments.ts';
import { requestContext, stageScope } from './__fixtures__/request.ts';
import { createInputGuardStage, type InputGuardOptions } from './guard-stages.ts';
import { createModerate, type ModerationStepOptions } from './moderation-step.ts';
import { runStage } from './stage.ts';

const probe = installTelemetryProbe();
const instruments = createInstruments();
const ALLOW: Verdict = { action: 'allow' };
const OURS: Verdict = { action: 'block', rule: 'a-rule', category: 'LLM01' };
const THEIRS: Verdict = { action: 'block', rule: 'moderation', category: 'moderation' };
const QUESTION = 'Where do the canaries sing?';

let service: FakeModeration;
let before: ReadonlyMap<string, number>;
beforeEach(async () => {
  service = await startFakeModeration();
  before = await counters();
});
afterEach(async () => {
  // A question that was refused at once leaves its call to the service to end by itself.
  await waitUntil('every span has ended', () => probe.liveSpans() === 0);
  await service.close();
  probe.reset();
});

/** Every count of the guards, by name and labels. */
async function counters(): Promise<Map<string, number>> {
  const samples = (await probe.samples()).filter(({ name }) => name.startsWith('glassgate.guardrail.'));
  return new Map(
    samples.map(({ name, labels, value }) => [
      `${name} ${Object.values(labels).map(String).join(' ')}`,
      value,
    ]),
  );
}

/** What was counted in this test, without the verdicts. */
async function counted(): Promise<string[]> {
  const now = await counters();
  return [...now]
    .filter(
      ([key, value]) => value > (before.get(key) ?? 0) && !key.startsWith('glassgate.guardrail.verdicts'),
    )
    .map(([key]) => key.replace('glassgate.guardrail.', ''))
    .sort();
}

interface Ways extends Partial<ModerationStepOptions> {
  readonly ours?: Verdict;
  readonly guard?: InputGuardOptions['mode'];
  readonly judge?: InputGuardOptions['judge'];
}

function judged(ways: Ways = {}, scope = stageScope()): Promise<Verdict> {
  const { ours = ALLOW, guard = 'enforce', judge = () => ours, ...options } = ways;
  const moderate = createModerate(
    {
      url: service.url,
      api: 'moderations',
      model: undefined,
      apiKey: undefined,
      mode: 'enforce',
      timeoutMs: 5000,
      failure: 'open',
      ...options,
    },
    instruments,
  );
  const stage = createInputGuardStage({ instruments, mode: guard, judge, moderate });
  return runStage(stage, { text: QUESTION, question: QUESTION }, scope);
}

describe('two opinions on a question', () => {
  test.each([
    ['both let it through', ALLOW, false, ALLOW, ['moderations allow']],
    ['only the service stops it', ALLOW, true, THEIRS, ['disagreements moderation', 'moderations block']],
    ['only we stop it', OURS, false, OURS, ['disagreements gateway', 'moderations allow']],
    ['both stop it, and ours says why', OURS, true, OURS, ['moderations block']],
  ] as const)('%s', async (_name, ours, isFlagged, verdict, counts) => {
    service.reply(flagged(isFlagged));
    expect(await judged({ ours })).toEqual(verdict);
    expect(await counted()).toEqual(counts);
  });

  test('the service in shadow mode is counted and stops nothing', async () => {
    service.reply(flagged(true));
    expect(await judged({ mode: 'shadow' })).toEqual(ALLOW);
    expect(await counted()).toEqual(['disagreements moderation', 'moderations block']);
  });

  test('the input guard in shadow mode stops nothing, whoever objects', async () => {
    service.reply(flagged(true));
    expect(await judged({ guard: 'shadow' })).toEqual({ ...THEIRS, shadow: true });
  });
});

describe('without the verdict of the service', () => {
  test.each([
    ['failed', failing(500), 5000],
    ['timeout', silent, 20],
  ] as const)('open: ours decides alone (%s)', async (outcome, reply, timeoutMs) => {
    service.reply(reply);
    expect(await judged({ failure: 'open', timeoutMs })).toEqual(ALLOW);
    expect(await judged({ failure: 'open', timeoutMs, ours: OURS })).toEqual(OURS);
    expect(await counted()).toEqual([`moderations ${outcome}`]);
  });

  test('closed: the question is refused, and that is counted', async () => {
    service.reply(failing(500));
    const scope = stageScope();
    await expect(judged({ failure: 'closed' }, scope)).rejects.toMatchObject({ code: 'guard_failed' });
    expect(scope.journal.stages).toMatchObject([{ stage: 'input_guard', outcome: 'failed' }]);
    expect(await counted()).toEqual(['failures input', 'moderations failed']);
  });

  test('closed: what we stop is stopped, not refused', async () => {
    service.reply(failing(500));
    expect(await judged({ failure: 'closed', ours: OURS })).toEqual(OURS);
  });

  test.each([{ mode: 'shadow' }] as const)(
    'closed: refuses nothing when the service only watches',
    async (ways) => {
      service.reply(failing(500));
      expect(await judged({ failure: 'closed', ...ways })).toEqual(ALLOW);
    },
  );

  test('closed: is let through by an input guard that only watches', async () => {
    service.reply(failing(500));
    expect(await judged({ failure: 'closed', guard: 'shadow' })).toMatchObject({
      rule: 'guard-failed',
      shadow: true,
    });
  });

  test('a caller who left is neither refused nor counted as a failure of the service', async () => {
    service.reply(silent);
    const scope = stageScope(requestContext({ signal: AbortSignal.abort() }));
    expect(await judged({ failure: 'closed' }, scope)).toEqual(ALLOW);
    expect(await counted()).toEqual(['moderations aborted']);
  });
});

test('a fault of our own guard is counted once, and the service is not left hanging', async () => {
  const judge = () => {
    throw new Error('no such pattern');
  };
  await expect(judged({ judge })).rejects.toMatchObject({ code: 'guard_failed' });
  expect((await counted()).filter((count) => count.startsWith('failures'))).toEqual(['failures input']);
  const failures = (await counters()).get('glassgate.guardrail.failures input') ?? 0;
  expect(failures - (before.get('glassgate.guardrail.failures input') ?? 0)).toBe(1);
});

describe('the span of the call', () => {
  test('is a CLIENT span inside the step, and its context goes along', async () => {
    service.reply(flagged(true));
    await judged();
    const [call, step] = probe.spans();
    expect(call).toMatchObject({
      name: 'apply_guardrail moderation',
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'apply_guardrail',
        'gen_ai.guardrail.component.name': 'moderation',
        'gen_ai.guardrail.result.value': 'block',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(service.url).port),
      },
    });
    expect(step?.name).toBe('apply_guardrail input');
    expect(call?.parentSpanContext?.spanId).toBe(step?.spanContext().spanId);
    expect(JSON.stringify([call?.attributes, step?.attributes])).not.toContain('canaries');
  });

  test('names why there was no verdict', async () => {
    service.reply(failing(500));
    await judged();
    const [call] = probe.spans();
    expect(call?.attributes['error.type']).toBe('upstream_error');
    expect(call?.attributes).not.toHaveProperty('gen_ai.guardrail.result.value');
  });
});
