import type { Language } from '../domain/language.ts';
import { languageOf } from '../domain/language.ts';
import type { ChatMessage } from '../domain/chat-request.ts';
import { chooseQuotes } from './choose-quotes.ts';
import type { Quote } from './quotes.ts';
import { readPrompt } from './read-prompt.ts';

interface Phrases {
  readonly opening: string;
  readonly codeOf: (title: string) => string;
  readonly nothingAnswers: string;
  readonly noPassages: string;
}

/** All that the stand-in says in its own words; everything else is quoted. */
const PHRASES: Record<Language, Phrases> = {
  en: {
    opening: 'The handbook says:',
    codeOf: (title) => `From “${title}”:`,
    nothingAnswers:
      'The pages of the handbook that came closest do not answer this. I only quote the handbook; try words an ' +
      'operator would use, such as the name of a setting, a metric or an error code.',
    noPassages:
      'The handbook has nothing on this. I only quote the handbook; try words an operator would use, such as the ' +
      'name of a setting, a metric or an error code.',
  },
  zh: {
    opening: '手册中写道：',
    codeOf: (title) => `摘自“${title}”：`,
    nothingAnswers:
      '手册中最接近的段落没有回答这个问题。我只会引用手册；请换成运维常用的说法再问，例如设置、指标或错误码的名称。',
    noPassages:
      '手册中没有这方面的内容。我只会引用手册；请换成运维常用的说法再问，例如设置、指标或错误码的名称。',
  },
};

/** The answer to a conversation: quotes with their `[n]`, or a plain word that there is none. Always the same for the same. */
export function extractiveAnswer(messages: readonly ChatMessage[]): string {
  const prompt = readPrompt(messages);
  const phrases = PHRASES[languageOf(prompt.question)];
  if (prompt.passages.length === 0) return phrases.noPassages;
  const quotes = chooseQuotes(prompt);
  if (quotes.length === 0) return phrases.nothingAnswers;
  return [phrases.opening, ...quotes.map((quote) => quoteAsItem(quote, phrases))].join('\n\n');
}

/** Code stands under its item, indented as the item's own, so that Markdown keeps both together. */
function quoteAsItem({ text, code, passage }: Quote, phrases: Phrases): string {
  const item = `- ${text === '' ? phrases.codeOf(passage.title) : text} [${passage.n}]`;
  return code === undefined ? item : `${item}\n\n${code.replaceAll(/^(?=.)/gm, '  ')}`;
}
