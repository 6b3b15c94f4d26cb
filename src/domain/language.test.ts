import { describe, expect, test } from 'vitest';
import { languageOf } from './language.ts';

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
