import { describe, expect, test } from 'vitest';
import type { Verdict } from '../domain/verdict.ts';
import { type TitledText, VerdictMemory } from './verdict-memory.ts';

/** A text without a title. */
const plain = (text: string): TitledText => ({ title: '', text });

/** Remembers which texts it was asked about. */
function judge() {
  const asked: string[] = [];
  const run = ({ title, text }: TitledText): Verdict => {
    asked.push(title + text);
    return text.startsWith('bad') ? { action: 'block', rule: 'r', category: 'LLM01' } : { action: 'allow' };
  };
  return { asked, run };
}

describe('verdicts', () => {
  test('are remembered by the text', () => {
    const { asked, run } = judge();
    const memory = new VerdictMemory();
    for (let count = 0; count < 3; count += 1) {
      expect(memory.recall(plain('good'), run).action).toBe('allow');
      expect(memory.recall(plain('bad'), run).action).toBe('block');
    }
    expect(asked).toEqual(['good', 'bad']);
  });

  test('on the same text under another title are judged anew', () => {
    const { asked, run } = judge();
    const memory = new VerdictMemory();
    for (const title of ['one ', 'two ', 'two ']) memory.recall({ title, text: 'text' }, run);
    expect(asked).toEqual(['one text', 'two text']);
    expect(memory.size).toBe(1);
  });

  test('take no more room than there is: those not asked for longest go', () => {
    const { asked, run } = judge();
    const memory = new VerdictMemory(40);
    for (const text of ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff', 'gggg', 'hhhh', 'iiii', 'jjjj'])
      memory.recall(plain(text), run);
    expect(memory.size).toBe(10);
    memory.recall(plain('aaaa'), run);
    memory.recall(plain('kkkk'), run);
    expect(memory.size).toBe(10);
    asked.length = 0;
    memory.recall(plain('aaaa'), run);
    memory.recall(plain('bbbb'), run);
    expect(asked).toEqual(['bbbb']);
  });

  test('on a long text are not remembered', () => {
    const { asked, run } = judge();
    const memory = new VerdictMemory(40);
    memory.recall(plain('123456'), run);
    memory.recall(plain('123456'), run);
    expect(memory.size).toBe(0);
    expect(asked).toHaveLength(2);
  });

  test('that could not be reached are not remembered', () => {
    const memory = new VerdictMemory();
    const broken = () => {
      throw new Error('broken');
    };
    expect(() => memory.recall(plain('text'), broken)).toThrow('broken');
    expect(memory.size).toBe(0);
  });
});
