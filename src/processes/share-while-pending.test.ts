import { expect, test } from 'vitest';
import { shareWhilePending } from './share-while-pending.ts';

test('calls during the work share its result, a later call does the work again', async () => {
  let calls = 0;
  const shared = shareWhilePending(() => Promise.resolve(++calls));
  expect(await Promise.all([shared(), shared(), shared()])).toEqual([1, 1, 1]);
  expect(await shared()).toBe(2);
});

test('a failure is shared too, and does not stay', async () => {
  let calls = 0;
  const shared = shareWhilePending(() =>
    ++calls === 1 ? Promise.reject(new Error('first')) : Promise.resolve('second'),
  );
  const results = await Promise.allSettled([shared(), shared()]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await shared()).toBe('second');
});
