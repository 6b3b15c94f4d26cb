import { describe, expect, it } from 'vitest';
import { quotesOf } from './quotes.ts';

const cut = (text: string): object[] =>
  quotesOf({ n: 1, title: 'T', text }).map(({ text, code }) =>
    code === undefined ? { text } : { text, code },
  );

describe('quotesOf', () => {
  it('cuts paragraphs into sentences, not at dots inside names', () => {
    expect(
      cut('Look at gen_ai.client.token.usage.\nIt counts tokens, e.g. of v1.2. `npm start` runs it! Done.'),
    ).toEqual([
      { text: 'Look at gen_ai.client.token.usage.' },
      { text: 'Look at gen_ai.client.token.usage. It counts tokens, e.g. of v1.2.' },
      { text: '`npm start` runs it!' },
      { text: 'Done.' },
    ]);
  });

  it('quotes a sentence that points back only with what it points to', () => {
    expect(cut('A queue waits. It is short. It is full. Itself a word. Done.').slice(1)).toEqual([
      { text: 'A queue waits. It is short.' },
      { text: 'A queue waits. It is short. It is full.' },
      { text: 'Itself a word.' },
      { text: 'Done.' },
    ]);
    expect(cut('网关变慢。它在等待。其他的很快。')).toEqual([
      { text: '网关变慢。' },
      { text: '网关变慢。它在等待。' },
      { text: '其他的很快。' },
    ]);
  });

  it('leaves out what points back to something before the passage', () => {
    expect(cut('This is gone. Stay. These too.')).toEqual([{ text: 'Stay.' }, { text: 'Stay. These too.' }]);
    expect(cut('它不见了。')).toEqual([]);
  });

  it('cuts Chinese sentences', () => {
    expect(cut('网关变慢。先看队列！再看模型？')).toEqual([
      { text: '网关变慢。' },
      { text: '先看队列！' },
      { text: '再看模型？' },
    ]);
  });

  it('does not cut inside quotation marks', () => {
    expect(cut('例如“这是什么？”，然后按回车。完成。')).toEqual([
      { text: '例如“这是什么？”，然后按回车。' },
      { text: '完成。' },
    ]);
  });

  it('keeps the text of a link to another page, and links to the outside whole', () => {
    expect(cut('See [disk full](disk-full.md#a) and [vLLM](https://vllm.ai).')).toEqual([
      { text: 'See disk full and [vLLM](https://vllm.ai).' },
    ]);
  });

  it('takes list items with what is under them, without their marks', () => {
    expect(cut('1. First\n   goes on\n2. Second\n- [x] Third')).toEqual([
      { text: 'First goes on' },
      { text: 'Second' },
      { text: 'Third' },
    ]);
  });

  it('reads a table by rows', () => {
    const table = '| Code | Status | Meaning |\n|---|---:|---|\n| `a_b` | 400 | x \\| y |\n| c | | |';
    expect(cut(table)).toEqual([{ text: '`a_b`: 400; x | y' }, { text: 'c' }]);
  });

  it('keeps code whole, with the sentence before it', () => {
    const code = '```sh\nnpm start\n\nnpm test\n```';
    expect(cut(`Install it. Then run:\n\n${code}\n\n${code}`)).toEqual([
      { text: 'Install it.' },
      { text: 'Then run:', code },
      { text: '', code },
    ]);
  });

  it('numbers quotes in their passage and leaves subheadings out', () => {
    const passage = { n: 3, title: 'T', text: 'One.\n\n### Sub\n\nTwo.' };
    expect(quotesOf(passage)).toEqual([
      { passage, position: 0, text: 'One.' },
      { passage, position: 1, text: 'Two.' },
    ]);
    expect(cut('')).toEqual([]);
  });
});
