import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GatewayError } from '../../errors/gateway-error.ts';
import { createInstruments } from '../../telemetry/instruments.ts';
import { Admission } from './admission.ts';

let rejected: string[];
let waiting: number;
let admission: Admission;

const LIMITS = { maxConcurrency: 2, maxQueue: 2, queueTimeoutMs: 1000 };
const NEVER = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  rejected = [];
  waiting = 0;
  admission = create(LIMITS);
});

afterEach(() => {
  vi.useRealTimers();
});

function create(limits: typeof LIMITS): Admission {
  return new Admission(limits, {
    ...createInstruments(),
    'glassgate.requests.rejected': {
      record: (_one, labels) => void rejected.push(String(labels['glassgate.reason'])),
    },
    'glassgate.requests.waiting': { record: (change) => void (waiting += change) },
  });
}

/** Enters and says how that went, as soon as it is known. */
function enter(signal = NEVER) {
  const visit: { state: string; leave: () => void } = { state: 'waiting', leave: () => undefined };
  admission.enter(signal).then(
    (leave) => Object.assign(visit, { state: 'in', leave }),
    (error: unknown) =>
      Object.assign(visit, { state: error instanceof GatewayError ? error.code : String(error) }),
  );
  return visit;
}

/** Lets everything that is decided happen. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function enterMany(count: number) {
  const visits = Array.from({ length: count }, () => enter());
  await settle();
  return visits;
}

describe('places', () => {
  test('are given until there are none, then the queue until that is full, then nothing', async () => {
    const visits = await enterMany(6);
    expect(visits.map(({ state }) => state)).toEqual([
      'in',
      'in',
      'waiting',
      'waiting',
      'overloaded',
      'overloaded',
    ]);
    expect([admission.active, waiting]).toEqual([2, 2]);
    expect(rejected).toEqual(['queue_full', 'queue_full']);
  });

  test('go to those who wait, in the order in which they came', async () => {
    const [first, second, third, fourth] = await enterMany(4);
    second?.leave();
    await settle();
    expect([third?.state, fourth?.state]).toEqual(['in', 'waiting']);
    first?.leave();
    await settle();
    expect(fourth?.state).toBe('in');
    expect([admission.active, waiting]).toEqual([2, 0]);
  });

  test('do not become free for a newcomer in between', async () => {
    const [first, , third] = await enterMany(3);
    first?.leave();
    const newcomer = enter();
    await settle();
    expect([third?.state, newcomer.state]).toEqual(['in', 'waiting']);
    expect(admission.active).toBe(2);
  });

  test('are given back once, however often one leaves', async () => {
    const [first, second] = await enterMany(2);
    first?.leave();
    first?.leave();
    first?.leave();
    expect(admission.active).toBe(1);
    second?.leave();
    expect(admission.active).toBe(0);
  });

  test('are free again when everybody has left', async () => {
    const visits = await enterMany(4);
    for (const visit of visits) {
      visit.leave();
      await settle();
    }
    expect([admission.active, waiting, vi.getTimerCount()]).toEqual([0, 0, 0]);
    expect((await enterMany(1))[0]?.state).toBe('in');
  });

  test('without a queue nobody waits', async () => {
    admission = create({ ...LIMITS, maxQueue: 0 });
    expect((await enterMany(3)).map(({ state }) => state)).toEqual(['in', 'in', 'overloaded']);
    expect(waiting).toBe(0);
  });
});

describe('the wait', () => {
  test('has an end', async () => {
    const [, , third] = await enterMany(3);
    vi.advanceTimersByTime(999);
    await settle();
    expect(third?.state).toBe('waiting');
    vi.advanceTimersByTime(1);
    await settle();
    expect(third?.state).toBe('overloaded');
    expect([rejected, waiting, admission.active]).toEqual([['queue_timeout'], 0, 2]);
  });

  test('that ended gives its place in the queue to others', async () => {
    const visits = await enterMany(4);
    vi.advanceTimersByTime(1000);
    await settle();
    const late = enter();
    visits[0]?.leave();
    await settle();
    expect(late.state).toBe('in');
  });

  test('ends at once when the caller leaves, with his reason, and that is no rejection', async () => {
    await enterMany(2);
    const caller = new AbortController();
    const visit = enter(caller.signal);
    await settle();
    caller.abort(new GatewayError('client_closed_request'));
    await settle();
    expect(visit.state).toBe('client_closed_request');
    expect([rejected, waiting, vi.getTimerCount()]).toEqual([[], 0, 0]);
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  test('does not begin for a caller who has left already', async () => {
    const visit = enter(AbortSignal.abort(new GatewayError('client_closed_request')));
    await settle();
    expect([visit.state, admission.active]).toEqual(['client_closed_request', 0]);
  });

  test('leaves no timer and no listener behind when it ends well', async () => {
    const [first] = await enterMany(2);
    const caller = new AbortController();
    const visit = enter(caller.signal);
    await settle();
    first?.leave();
    await settle();
    expect(visit.state).toBe('in');
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  test('a place that was given to one who leaves in the same moment is not lost', async () => {
    const [first] = await enterMany(2);
    const caller = new AbortController();
    const visit = enter(caller.signal);
    await settle();
    first?.leave();
    caller.abort(new GatewayError('client_closed_request'));
    await settle();
    // He has it and finds out by himself that nobody wants the answer any more.
    expect(visit.state).toBe('in');
    visit.leave();
    expect(admission.active).toBe(1);
  });
});

describe('before any work', () => {
  test('there is room as long as one could at least wait', async () => {
    await enterMany(3);
    expect(() => admission.checkRoom()).not.toThrow();
    await enterMany(1);
    expect(() => admission.checkRoom()).toThrow(
      expect.objectContaining({ code: 'overloaded', retryAfterSeconds: 1 }),
    );
  });
});

describe('after closing', () => {
  test('nobody is let in', async () => {
    admission.close();
    expect(() => admission.checkRoom()).toThrow(
      expect.objectContaining({ code: 'shutting_down', retryAfterSeconds: 1 }),
    );
    expect((await enterMany(1))[0]?.state).toBe('shutting_down');
    expect(rejected).toEqual(['shutting_down', 'shutting_down']);
  });

  test('those who are in stay, and those who wait still get their turn', async () => {
    const [first, second, third] = await enterMany(3);
    admission.close();
    first?.leave();
    await settle();
    expect([second?.state, third?.state]).toEqual(['in', 'in']);
  });
});

test('whatever happens, places are never more than allowed and never lost', async () => {
  const action = fc.oneof(
    fc.constant({ type: 'enter' } as const),
    fc.record({ type: fc.constant('leave' as const), index: fc.nat(20) }),
    fc.record({ type: fc.constant('abort' as const), index: fc.nat(20) }),
    fc.record({ type: fc.constant('wait' as const), index: fc.constantFrom(400, 1000) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      waiting = 0;
      admission = create(LIMITS);
      const visits: { visit: ReturnType<typeof enter>; caller: AbortController }[] = [];
      for (const each of actions) {
        const chosen = 'index' in each ? visits[each.index % Math.max(1, visits.length)] : undefined;
        if (each.type === 'enter') {
          const caller = new AbortController();
          visits.push({ visit: enter(caller.signal), caller });
        } else if (each.type === 'leave') chosen?.visit.leave();
        else if (each.type === 'abort') chosen?.caller.abort(new GatewayError('client_closed_request'));
        else vi.advanceTimersByTime(each.index);
        await settle();
        expect(admission.active).toBeLessThanOrEqual(LIMITS.maxConcurrency);
        expect(waiting).toBeLessThanOrEqual(LIMITS.maxQueue);
      }
      vi.advanceTimersByTime(5000);
      await settle();
      for (const { visit } of visits) visit.leave();
      await settle();
      expect([admission.active, waiting, vi.getTimerCount()]).toEqual([0, 0, 0]);
    }),
    { numRuns: 100 },
  );
});
