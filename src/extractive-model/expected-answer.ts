import type { Quote } from './quotes.ts';

/** What the answer to a kind of question looks like. */
interface Expectation {
  readonly question: RegExp;
  /** A quote that looks like it counts so many times as much. */
  readonly share: number;
  readonly isMetBy: (quote: Quote) => boolean;
}

const NUMBER = /(?<![\p{L}\d_])\d[\d.,]*(?![\p{L}\d_])/u;
const SETTING_NAME = /\b[A-Z]{2,}(?:_[A-Z\d]+)+\b/;
const VERDICT = /^(?:Yes|No)\b|^(?:是的|不是|不会|不能|不|会|能|可以|没有)[，：:,。]/;
const REMEDY_HEADING = /^(?:How to|What to do)\b|^(?:怎样|如何|怎么)/;

const EXPECTATIONS: readonly Expectation[] = [
  {
    question:
      /\bhow (?:many|much|long|often|big|large)\b|\b(?:which|what)\b.*\b(?:ports?|number|limit|default)\b|多少|多久|多长|多大|几个|几次|(?:哪个|什么|哪些)端口|默认/i,
    share: 2,
    isMetBy: ({ text }) => NUMBER.test(text),
  },
  {
    question:
      /\b(?:change|set|configure|adjust|raise|lower|setting|variable)\b|修改|更改|改变|设置|设为|调整|调大|调小|变量/i,
    share: 1.6,
    isMetBy: ({ text, code = '' }) => SETTING_NAME.test(`${text}\n${code}`),
  },
  {
    question:
      /^(?:is|are|am|do|does|did|can|could|will|would|must|should|has|have)\b|吗|是否|会不会|能不能|是不是/i,
    share: 2,
    isMetBy: ({ text }) => VERDICT.test(text),
  },
  {
    // Who only tells what is seen wants it to end.
    question:
      /\bhow (?:do|can|should|to)\b|\bwhat (?:can|should|do) (?:i|we)\b|怎么办|怎样|怎么|如何|^[^?？]*$/i,
    share: 1.3,
    isMetBy: ({ passage }) => REMEDY_HEADING.test(passage.title.split(' › ').at(-1) ?? ''),
  },
];

/** What a quote's rating is multiplied by: more than 1 when it looks like what such a question is answered with. */
export function expectedShare(question: string, quote: Quote): number {
  return EXPECTATIONS.filter((kind) => kind.question.test(question) && kind.isMetBy(quote)).reduce(
    (product, { share }) => product * share,
    1,
  );
}
