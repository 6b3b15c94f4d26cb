import { describe, expect, test } from 'vitest';
import { languageOf, textLanguageOf } from './language.ts';

describe('the language a refusal is written in', () => {
  test.each([
    'When are the tomatoes watered?',
    '',
    '123 !?',
    'Wann werden die Tomaten gegossen?',
    'Когда поливают помидоры?',
    'トマト',
    '한국어',
    '👍',
    '\ud83d',
  ])('%j is answered in English', (text) => {
    expect(languageOf(text)).toBe('en');
  });

  test.each([
    '番茄什么时候浇水？',
    '水',
    'What does 守护 mean?',
    '請問番茄何時澆水？',
    '𠮷野家在哪里',
    'トマトの水やり',
  ])('%j has Chinese characters and is answered in Chinese', (text) => {
    expect(languageOf(text)).toBe('zh');
  });
});

describe('textLanguageOf', () => {
  test.each([
    ['When are the tomatoes watered?', 'en'],
    ['¿Cuándo se riegan los tomates?', 'en'],
    ['番茄 when?', 'zh'],
    ['Когда?', 'other'],
    ['42', 'other'],
    ['', 'other'],
  ])('of %j is %s', (text, language) => {
    expect(textLanguageOf(text)).toBe(language);
  });

  test('looks at the beginning only, whatever the length', () => {
    expect(textLanguageOf(`${'1'.repeat(4096)}番茄`)).toBe('other');
  });
});
