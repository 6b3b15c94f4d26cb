import type { ChatMessage, ChatRequest } from '../domain/chat-request.ts';

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

/** Everything the caller says as a user; an attack may sit in an earlier turn. */
export function userTextOf(request: ChatRequest): string {
  return request.messages
    .filter((message) => message.role === 'user')
    .map(textOf)
    .join('\n');
}
