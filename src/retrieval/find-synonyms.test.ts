import { describe, expect, it } from 'vitest';
import { CHINESE_WORDS, hasSynonyms, synonymsOf } from './find-synonyms.ts';
import { CHINESE_STOP_PHRASES } from './stop-words.ts';
import { SYNONYM_GROUPS } from './synonyms.ts';

describe('synonymsOf', () => {
  it('gives the other phrases of all groups, in both languages, by stem', () => {
    expect(synonymsOf('crashed')).toEqual(expect.arrayContaining(['die', '崩溃']));
    expect(synonymsOf('crash')).toEqual(synonymsOf('crashed'));
    expect(synonymsOf('崩溃')).toContain('crash');
    expect(synonymsOf('rolling back')).toContain('downgrad');
    expect(synonymsOf('settings')).toContain('环境 境变 变量');
  });

  it('has nothing for an unknown word, and never the word itself', () => {
    expect(synonymsOf('zeppelin')).toEqual([]);
    expect(hasSynonyms('zeppelin')).toBe(false);
    expect(hasSynonyms('roll back')).toBe(true);
    expect(synonymsOf('slow')).not.toContain('slow');
  });
});

describe('the tables', () => {
  it('have groups of at least two different words', () => {
    for (const group of SYNONYM_GROUPS) {
      expect(group.length).toBeGreaterThan(1);
      expect(group.filter((word) => word.trim() === '')).toEqual([]);
      expect([...group]).toEqual([...new Set(group)]);
    }
  });

  it('have stop phrases longest first, and Chinese words to cut a question by', () => {
    const lengths = CHINESE_STOP_PHRASES.map((phrase) => phrase.length);
    expect(lengths).toEqual(lengths.toSorted((left, right) => right - left));
    expect(CHINESE_WORDS).toContain('护栏');
    expect(CHINESE_WORDS).not.toContain('慢');
  });
});
