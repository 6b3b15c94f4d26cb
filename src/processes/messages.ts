/** What the primary may ask a child over its IPC channel. */
export type Question = 'metrics' | 'readiness';

/** Sent by the primary. */
export type MessageToChild =
  { readonly type: 'ask'; readonly id: number; readonly question: Question } | { readonly type: 'drain' };

/** Sent by a child; the channel also carries messages of node:cluster and of the request limiter. */
export type MessageFromChild =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown };

/** Narrows what came over the channel to a message of the primary. */
export function isMessageToChild(message: unknown): message is MessageToChild {
  return hasType(message) && (message.type === 'ask' || message.type === 'drain');
}

/** Narrows what came over the channel to a message of a child of ours. */
export function isMessageFromChild(message: unknown): message is MessageFromChild {
  return hasType(message) && (message.type === 'listening' || message.type === 'answer');
}

function hasType(message: unknown): message is { type: unknown } {
  return typeof message === 'object' && message !== null && 'type' in message;
}
