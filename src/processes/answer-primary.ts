import { isMessageToChild, type MessageFromChild, type Question } from './messages.ts';

/** What a child does for its primary. */
export interface PrimaryRequests extends Readonly<Partial<Record<Question, () => Promise<unknown>>>> {
  readonly drain?: () => void;
}

/** Answers the questions of the primary for as long as the channel to it is open. */
export function answerPrimary(requests: PrimaryRequests): void {
  process.on('message', (message) => {
    if (!isMessageToChild(message)) return;
    if (message.type === 'drain') requests.drain?.();
    else void reply(message.id, requests[message.question]);
  });
}

/** Sends a message to the primary; without one nothing happens. */
export function sendToPrimary(message: MessageFromChild): void {
  // The callback takes the error of a channel that closes meanwhile.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function reply(id: number, answer: (() => Promise<unknown>) | undefined): Promise<void> {
  if (answer === undefined) return;
  try {
    sendToPrimary({ type: 'answer', id, answer: await answer() });
  } catch {
    // No answer is an answer: the primary gives up waiting and says so.
  }
}
