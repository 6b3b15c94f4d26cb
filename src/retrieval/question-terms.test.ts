import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentTerms, questionTerms } from './question-terms.ts';
import { CHINESE_STOP_PHRASES } from './stop-words.ts';
import { SYNONYM_GROUPS } from './synonyms.ts';

describe('contentTerms', () => {
  it.each([
    ['Why is the gateway slow?', ['gateway', 'slow']],
    ['What does gen_ai.usage mean?', ['genaiusage', 'gen', 'ai', 'usage']],
    ['网关为什么变慢了？', ['网关', '变慢']],
    ['怎么吊销一个 API 密钥', ['吊销', 'api', '密钥']],
    ['请求和会话', ['请求', '会话']],
    ['slow slow Slow', ['slow']],
    ['为什么', []],
    ['what is it', []],
  ])('%j → %j', (question, terms) => {
    expect(contentTerms(question)).toEqual(terms);
  });
});

describe('questionTerms', () => {
  it('adds what operators say for the same thing, in both languages', () => {
    const { own, synonymGroups } = questionTerms('Why is it slow?');
    const synonyms = synonymGroups.flat();
    expect(own).toEqual(['slow']);
    expect(synonyms).toEqual(expect.arrayContaining(['latency', 'delay', '延迟']));
    expect(synonyms).not.toContain('slow');
  });

  it('finds synonyms by stem, and Chinese words inside a sentence', () => {
    expect(questionTerms('it crashed').synonymGroups.flat()).toContain('崩溃');
    expect(questionTerms('密码在哪里').synonymGroups.flat()).toContain('secret');
  });

  it('makes a Chinese synonym of more than two characters a phrase', () => {
    expect(questionTerms('settings').synonymGroups.flat()).toContain('环境 境变 变量');
  });

  it('asks for a word of two meanings once, and not for what was said', () => {
    const { own, synonymGroups } = questionTerms('deploy and upgrade the version, store the copy');
    const all = [...own, ...synonymGroups.flat()];
    expect(new Set(all).size).toBe(all.length);
  });

  it('is bounded whatever the question is', () => {
    const words = Array.from({ length: 5_000 }, (_, index) => `word${index}`).join(' ');
    expect(questionTerms(words).own).toHaveLength(64);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20_000 }), (question) => {
        const { own, synonymGroups } = questionTerms(question);
        expect(own.length).toBeLessThanOrEqual(64);
        expect(own.length + synonymGroups.flat().length).toBeLessThanOrEqual(128);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the tables', () => {
  it('has no group of one, no empty word, no word twice in a group', () => {
    for (const group of SYNONYM_GROUPS) {
      expect(group.length).toBeGreaterThan(1);
      expect(group).not.toContain('');
      expect(new Set(group).size).toBe(group.length);
    }
  });

  it('cuts longer stop phrases first', () => {
    const lengths = CHINESE_STOP_PHRASES.map((phrase) => phrase.length);
    expect(lengths).toEqual(lengths.toSorted((left, right) => right - left));
  });
});
