import { describe, expect, test } from 'vitest';
import type { Verdict } from '../domain/verdict.ts';
import { VerdictMemory } from './verdict-memory.ts';

/** Remembers which texts it was asked about. */
function judge() {
  const asked: string[] = [];
  const run = (text: string): Verdict => {
    asked.push(text);
    return text.startsWith('bad') ? { action: 'block', rule: 'r', category: 'LLM01' } : { action: 'allow' };
  };
  return { asked, run };
}

describe('verdicts', () => {
  test('are remembered by the text', () => {
    const { asked, run } = judge();
    const memory = new VerdictMemory();
    for (let count = 0; count < 3; count += 1) {
      expect(memory.recall('good', run).action).toBe('allow');
      expect(memory.recall('bad', run).action).toBe('block');
    }
    expect(asked).toEqual(['good', 'bad']);
  });

  test('take no more room than there is: those not asked for longest go', () => {
    const { asked, run } = judge();
    const memory = new VerdictMemory(40);
    for (const text of ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff', 'gggg', 'hhhh', 'iiii', 'jjjj'])
      memory.recall(text, run);
    expect(memory.size).toBe(10);
    memory.recall('aaaa', run);
    memory.recall('kkkk', run);
    expect(memory.size).toBe(10);
    asked.length = 0;
    memory.recall('aaaa', run);
    memory.recall('bbbb', run);
    expect(asked).toEqual(['bbbb']);
  });

  test('on a long text are not remembered', () => {
    const { asked, run } = judge();
    const memory = new VerdictMemory(40);
    memory.recall('123456', run);
    memory.recall('123456', run);
    expect(memory.size).toBe(0);
    expect(asked).toHaveLength(2);
  });

  test('that could not be reached are not remembered', () => {
    const memory = new VerdictMemory();
    const broken = () => {
      throw new Error('broken');
    };
    expect(() => memory.recall('text', broken)).toThrow('broken');
    expect(memory.size).toBe(0);
  });
});
