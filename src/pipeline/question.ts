import type { ChatMessage, ChatRequest } from '../domain/chat-request.ts';
import type { Verdict } from '../domain/verdict.ts';

/** Text of a message: the string, or its text parts joined; images and other parts have none. */
export function textOf(message: ChatMessage): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { text?: unknown }) => (typeof part.text === 'string' ? part.text : ''))
    .join('\n');
}

/** What is asked: the text of the last user message. */
export function questionOf(request: ChatRequest): string {
  const last = request.messages.findLast((message) => message.role === 'user');
  return last === undefined ? '' : textOf(last).trim();
}

/** What the input guard judges, and where in it the question stands. */
export interface AskedText {
  /** Everything the caller says as a user. */
  readonly text: string;
  /** The last of it. */
  readonly question: string;
}

/** What a request asks, with all that was said before. */
export function askedText(request: ChatRequest): AskedText {
  return { text: userTextOf(request), question: questionOf(request) };
}

/** The verdict with its span counted from the question's beginning; what was found before that is not shown. */
export function withinQuestion(verdict: Verdict, { text, question }: AskedText): Verdict {
  if (verdict.action === 'allow' || verdict.span === undefined) return verdict;
  const { span, ...rest } = verdict;
  const offset = text.trimEnd().length - question.length;
  const end = Math.min(span.end - offset, question.length);
  return end <= 0 ? rest : { ...rest, span: { start: Math.max(0, span.start - offset), end } };
}

/** Everything the caller says as a user; an attack may sit in an earlier turn. */
export function userTextOf(request: ChatRequest): string {
  return request.messages
    .filter((message) => message.role === 'user')
    .map(textOf)
    .join('\n');
}
