/** Where requests go on 127.0.0.1, and whether they switch the gateway's retrieval off. */
export interface Destination {
  readonly port: number;
  readonly retrieval: boolean;
}

/** What the load generator can be asked to do. */
export type LoadCommand =
  | {
      readonly kind: 'requests';
      readonly to: Destination;
      readonly stream: boolean;
      /** Requests in flight at any time: the next one starts when one ends. */
      readonly concurrency: number;
      /** When to stop starting new ones: after so many, or after so much time. */
      readonly until: { readonly requests: number } | { readonly durationMs: number };
    }
  | {
      readonly kind: 'paced-streams';
      readonly to: Destination;
      readonly streams: number;
      /** Time between the starts of two streams. */
      readonly staggerMs: number;
    };

/** Frames that the load generator expects in every stream it reads, `[DONE]` included. */
export interface LoadExpectation {
  readonly kind: 'expect';
  readonly frames: number;
}

/** How a run of requests went. */
export interface RequestsResult {
  readonly requests: number;
  readonly failures: number;
  readonly elapsedMs: number;
  readonly latenciesMs: readonly number[];
}

/** How a run of paced streams went. */
export interface PacedStreamsResult {
  readonly failures: number;
  readonly firstTokenMs: readonly number[];
  readonly gapsMs: readonly number[];
}
