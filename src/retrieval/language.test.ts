import { describe, expect, it } from 'vitest';
import { languageOf } from './language.ts';

describe('languageOf', () => {
  it.each([
    ['Why is it slow?', 'en'],
    ['为什么变慢', 'zh'],
    ['TTFT 变高 how to check p95 of vLLM', 'en'],
    ['如何设置 GLASSGATE_SERVER_PORT 环境变量', 'zh'],
    ['vLLM 挂了', 'zh'],
    ['what does 延迟 mean in the dashboard', 'en'],
    ['503', 'en'],
    ['', 'en'],
  ])('%j is %s', (text, language) => {
    expect(languageOf(text)).toBe(language);
  });
});
