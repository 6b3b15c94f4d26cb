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
      'Nothing in the passages I was given answers this. I am an extractive stand-in: I quote the handbook and ' +
      'know nothing else. Try the words an operator would use, or connect a language model.',
    noPassages:
      'No passages came with this question, and I can only quote the handbook: I am an extractive stand-in, ' +
      'not a language model. Ask about running Glassgate, or connect a language model.',
  },
  zh: {
    opening: '手册中写道：',
    codeOf: (title) => `摘自“${title}”：`,
    nothingAnswers:
      '给我的段落中没有能回答这个问题的内容。我是摘录式的替代模型，只会引用手册，不知道手册以外的事。请换成运维常用的说法再问，或接入语言模型。',
    noPassages:
      '这个问题没有附带任何段落，而我只能引用手册：我是摘录式的替代模型，不是语言模型。请询问 Glassgate 的使用与运维，或接入语言模型。',
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
