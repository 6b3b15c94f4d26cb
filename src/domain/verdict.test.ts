import { describe, expect, test } from 'vitest';
import { inShadow, isBlocking, type Verdict } from './verdict.ts';

const BLOCK: Verdict = { action: 'block', rule: 'a-rule', category: 'LLM01' };
const FLAG: Verdict = { ...BLOCK, action: 'flag' };
const ALLOW: Verdict = { action: 'allow' };

describe('isBlocking', () => {
  test.each([
    [BLOCK, true],
    [{ ...BLOCK, shadow: true }, false],
    [FLAG, false],
    [ALLOW, false],
    [undefined, false],
  ] as const)('of %j is %s', (verdict, expected) => {
    expect(isBlocking(verdict)).toBe(expected);
  });
});

describe('inShadow', () => {
  test('marks what was found, so that nothing is done about it', () => {
    expect(inShadow(BLOCK)).toEqual({ ...BLOCK, shadow: true });
    expect(inShadow(FLAG)).toEqual({ ...FLAG, shadow: true });
    expect(isBlocking(inShadow(BLOCK))).toBe(false);
  });

  test('has nothing to mark where nothing was found', () => {
    expect(inShadow(ALLOW)).toBe(ALLOW);
  });
});
