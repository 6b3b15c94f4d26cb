import type { ChatMessage } from '../domain/chat-request.ts';
import { textOf } from './question.ts';

/** Messages in the JSON shape of the GenAI conventions; written only when `telemetry.capture_content` is on. */
export function capturedMessages(messages: readonly ChatMessage[]): string {
  return JSON.stringify(
    messages.map((message) => ({ role: message.role, parts: [{ type: 'text', content: textOf(message) }] })),
  );
}
