import { expect, test } from 'vitest';
import { createFakeChild } from '../../test/support/fake-child.ts';
import type { Child } from './child.ts';
import { readMetrics, readReadiness, type OverviewOptions } from './overview.ts';

test('ready when at least one worker is; what is missing is named with its worker', async () => {
  const waiting = createFakeChild('first');
  waiting.ready = false;
  const state = await readReadiness(sources([createFakeChild('first'), waiting, undefined]));
  expect(state).toEqual({
    ready: true,
    readyWorkers: 1,
    missing: ['worker 1: upstream', 'worker 2: process'],
  });
});

test('not ready without workers, and says so', async () => {
  expect(await readReadiness(sources([]))).toEqual({ ready: false, readyWorkers: 0, missing: ['workers'] });
});

test('not ready from the moment it ends, however ready the workers are', async () => {
  const state = await readReadiness({ ...sources([createFakeChild('first')]), isEnding: () => true });
  expect(state).toEqual({ ready: false, readyWorkers: 1, missing: ['shutting down'] });
});

test.each([undefined, 'yes', { ready: 'yes', missing: [] }, { ready: true }])(
  'an answer that is no readiness (%j) counts as none',
  async (answer) => {
    const child: Child = { ...createFakeChild('first'), ask: () => Promise.resolve(answer) };
    expect(await readReadiness(sources([child]))).toMatchObject({
      ready: false,
      missing: ['worker 0: answer'],
    });
  },
);

test('the metrics of all processes stand on one page, those missing in comments', async () => {
  const child: Child = {
    ...createFakeChild('first'),
    ask: () => Promise.resolve('# HELP a A.\n# TYPE a gauge\na{worker="0"} 1\n'),
  };
  const silent: Child = { ...createFakeChild('first'), ask: () => Promise.resolve(undefined) };
  const text = await readMetrics({ ...sources([child, undefined]), model: () => silent });
  expect(text).toBe(
    '# left out: worker 1 did not answer in time\n' +
      '# left out: embedded model did not answer in time\n' +
      '# HELP a A.\n# TYPE a gauge\na{worker="primary"} 2\na{worker="0"} 1\n',
  );
});

function sources(children: readonly (Child | undefined)[]): OverviewOptions {
  return {
    workers: () =>
      children.map((child, slot) => ({
        slot,
        keeper: {
          child: () => child,
          firstListening: Promise.resolve(8080),
          stop: () => Promise.resolve(),
        },
      })),
    model: () => undefined,
    ownMetrics: () => Promise.resolve('# HELP a A.\n# TYPE a gauge\na{worker="primary"} 2\n'),
    isEnding: () => false,
  };
}
