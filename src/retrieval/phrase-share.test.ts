import { describe, expect, it } from 'vitest';
import { phraseShare } from './phrase-share.ts';

const terms = (textTerms: string, headingTerms = '', titleTerms = ''): Parameters<typeof phraseShare>[2] => ({
  textTerms,
  headingTerms,
  titleTerms,
});
const share = (phrase: string, passage: Parameters<typeof phraseShare>[2], isPrefix = false): number =>
  phraseShare(phrase, isPrefix, passage, 20);

describe('phraseShare', () => {
  it('is the part of bm25 that depends on the passage', () => {
    // One occurrence in a text of mean length: 1 / (1 + 1.2).
    expect(share('slow', terms('slow aaaa bbbb ccccc'))).toBeCloseTo(1 / 2.2);
    expect(share('slow', terms('slow slow bbbb ccccc'))).toBeCloseTo(2 / 3.2);
    expect(share('fast', terms('slow aaaa'))).toBe(0);
  });

  it('is less in a longer text, and never reaches 1', () => {
    const short = share('slow', terms('slow'));
    expect(short).toBeGreaterThan(share('slow', terms(`slow ${'x '.repeat(50)}`)));
    expect(share('slow', terms('slow '.repeat(500)))).toBeLessThan(1);
  });

  it('counts the heading most, then the title, then the text', () => {
    const inText = share('slow', terms('slow aaaa'));
    const inTitle = share('slow', terms('aaaa bbbb', '', 'slow'));
    const inHeading = share('slow', terms('aaaa bbbb', 'slow'));
    expect(inHeading).toBeGreaterThan(inTitle);
    expect(inTitle).toBeGreaterThan(inText);
  });

  it('counts a word of a short heading more, but not without end', () => {
    const alone = share('slow', terms('aaaa', 'slow'));
    const among = (count: number): number => share('slow', terms('aaaa', `slow ${'xxx '.repeat(count)}`));
    expect(alone).toBeGreaterThan(among(8));
    expect(among(8)).toBeGreaterThan(among(11));
    expect(alone).toBe(among(1));
    expect(among(20)).toBe(among(50));
  });

  it('finds whole terms, phrases in a row, repeated ones, and beginnings', () => {
    expect(share('slow', terms('slower aslow'))).toBe(0);
    expect(share('采集 集器', terms('采集 集器 器'))).toBeGreaterThan(0);
    expect(share('采集 集器', terms('采集 器 集器'))).toBe(0);
    expect(share('a', terms('a a a'))).toBeCloseTo(share('b', terms('b b b')));
    expect(share('慢', terms('慢了 了 变慢 慢'), true)).toBeCloseTo(share('x', terms('x x 变慢 yyyy')), 1);
  });
});
