import { describe, expect, it } from 'vitest';
import { chooseLanguage } from './choose-language.ts';

describe('chooseLanguage', () => {
  it.each([
    [['zh-CN', 'en'], 'zh'],
    [['zh-Hant-TW'], 'zh'],
    [['ZH'], 'zh'],
    [['en-GB', 'zh'], 'en'],
    [['de-DE', 'zh-CN', 'en'], 'zh'],
    [['de-DE', 'fr'], 'en'],
    [['zhx'], 'en'],
    [[], 'en'],
  ] as const)('reads %j as %s', (preferred, language) => {
    expect(chooseLanguage(null, preferred)).toBe(language);
  });

  it('follows the choice of the person first', () => {
    expect(chooseLanguage('en', ['zh-CN'])).toBe('en');
    expect(chooseLanguage('zh', ['en'])).toBe('zh');
    expect(chooseLanguage('xx', ['zh-CN'])).toBe('zh');
  });
});
