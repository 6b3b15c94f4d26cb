/** How the fake upstream answers until it is told otherwise. */
export interface UpstreamMode {
  /** Wait before the first byte. */
  readonly delayMs: number;
  /** Content chunks of a stream, between the role chunk and the one with the finish reason. */
  readonly deltas: number;
  /** Text of each content chunk. */
  readonly text: string;
  /** `burst`: all chunks at once; `separate`: each in a turn of its own; a number: each so many milliseconds after the last. */
  readonly pace: 'burst' | 'separate' | number;
}

/** Answers at once; streams of 33 chunks (role, 31 with content, finish), each sent by itself. */
export const PROMPT_MODE: UpstreamMode = { delayMs: 0, deltas: 31, text: ' answer', pace: 'separate' };
