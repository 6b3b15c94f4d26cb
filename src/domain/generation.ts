import type { TokenUsage } from './answer-record.ts';
import type { ChatMessage } from './chat-request.ts';

/** What the model is asked: the caller's body with our messages in place of his. */
export interface ModelRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly ChatMessage[];
  readonly body: Readonly<Record<string, unknown>>;
}

/** A piece of text of one channel: the content, reasoning or tool arguments of one choice. */
export interface TextDelta {
  readonly channel: string;
  readonly text: string;
}

/** One frame of an answer with the bytes as the upstream sent them: an SSE event, or a whole JSON body. */
export interface GenerationFrame {
  /** `meta`: role or comment, no content. `usage`: the usage chunk. `done`: `[DONE]`. `whole`: an answer that was not streamed. */
  readonly kind: 'meta' | 'delta' | 'usage' | 'done' | 'whole';
  readonly bytes: Uint8Array;
  readonly deltas: readonly TextDelta[];
  /** The guard has changed the text of the deltas: the bytes still say what the model said, and must not go out. */
  readonly isEdited?: true;
  readonly responseId?: string | undefined;
  readonly model?: string | undefined;
  readonly finishReason?: string | undefined;
  readonly usage?: TokenUsage | undefined;
}
