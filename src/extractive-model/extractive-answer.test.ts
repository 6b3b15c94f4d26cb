import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../domain/chat-request.ts';
import { extractiveAnswer } from './extractive-answer.ts';

const PASSAGES = [
  '[passages 0a1b]',
  '[1] Start › First steps',
  'Node is enough. Start it with:',
  '',
  '```sh',
  'npm start',
  '',
  '# the page is on 8080',
  '```',
  '',
  '[2] 密钥',
  '密钥用一条命令立即吊销。',
  '[end of passages 0a1b]',
].join('\n');
const conversation = (question: string, system?: string): ChatMessage[] => [
  ...(system === undefined ? [] : [{ role: 'system', content: system } as const]),
  { role: 'user', content: question },
];

describe('extractiveAnswer', () => {
  it('quotes with citations and keeps code whole under its sentence', () => {
    expect(extractiveAnswer(conversation('How do I start it?', PASSAGES))).toBe(
      [
        'The handbook says:',
        '- Node is enough. [1]',
        '- Start it with: [1]',
        '  ```sh\n  npm start\n\n  # the page is on 8080\n  ```',
      ].join('\n\n'),
    );
  });

  it('answers a Chinese question in Chinese', () => {
    expect(extractiveAnswer(conversation('密钥怎么吊销？', PASSAGES))).toBe(
      '手册中写道：\n\n- 密钥用一条命令立即吊销。 [2]',
    );
  });

  it('says plainly when nothing answers, and what it is', () => {
    expect(extractiveAnswer(conversation('What is the capital of France?', PASSAGES))).toMatch(
      /^The pages of the handbook that came closest do not answer this\. I only quote/,
    );
    expect(extractiveAnswer(conversation('法国的首都是哪里？', PASSAGES))).toMatch(
      /^手册中最接近的段落没有回答/,
    );
  });

  it('says that it can only quote when there are no passages', () => {
    expect(extractiveAnswer(conversation('Tell me a joke'))).toMatch(
      /^The handbook has nothing on this\. I only quote/,
    );
    expect(extractiveAnswer(conversation('讲个笑话'))).toMatch(/^手册中没有这方面的内容/);
    expect(extractiveAnswer([])).toMatch(/^The handbook has nothing/);
  });

  it('gives the same for the same', () => {
    const messages = conversation('start', PASSAGES);
    expect(extractiveAnswer(messages)).toBe(extractiveAnswer(messages));
  });
});
