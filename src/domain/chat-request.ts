/** One message of the conversation as the caller wrote it; unknown fields are kept. */
export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  readonly content?: string | readonly ContentPart[] | null | undefined;
  readonly [field: string]: unknown;
}

/** One part of a message whose content is a list: text, image, audio and whatever comes next. */
export interface ContentPart {
  readonly type: string;
  readonly text?: string | undefined;
  readonly [field: string]: unknown;
}

/** A checked chat request: what the path needs by name, everything else untouched in `body`. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  /** The caller asked for `stream_options.include_usage`; if not, the usage chunk is taken out again. */
  readonly includeUsage: boolean;
  readonly retrieval: RetrievalChoice;
  /** The request as sent, without the `glassgate` extension. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What `glassgate.retrieval` and `glassgate.collection` of a request say. */
export interface RetrievalChoice {
  readonly enabled: boolean;
  readonly collection: string;
}
