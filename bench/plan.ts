/** How much of everything a run does. */
export interface Plan {
  readonly warmUpRequests: number;
  /** CPU time per request. */
  readonly cost: {
    readonly rounds: number;
    /** Rounds of the stream that comes in one piece, which only the proxies and the whole gateway get. */
    readonly burstRounds: number;
    readonly answers: number;
    readonly streams: number;
  };
  /** W1: one request at a time. */
  readonly latency: { readonly rounds: number; readonly requests: number };
  /** W2: an upstream that takes 20 ms, more and more requests at a time. */
  readonly throughput: {
    readonly rounds: number;
    readonly durationMs: number;
    readonly concurrencies: readonly number[];
  };
  /** W3: streams at the pace of a model. */
  readonly pacedStreams: {
    readonly rounds: number;
    readonly streams: number;
    readonly staggerMs: number;
    readonly deltas: number;
  };
}

/** Three to four minutes: enough rounds for a median that a noisy neighbour does not move. */
export const FULL_PLAN: Plan = {
  warmUpRequests: 1500,
  cost: { rounds: 5, burstRounds: 3, answers: 800, streams: 400 },
  latency: { rounds: 5, requests: 250 },
  throughput: { rounds: 2, durationMs: 1000, concurrencies: [16, 64, 128] },
  pacedStreams: { rounds: 2, streams: 24, staggerMs: 20, deltas: 64 },
};

/** Every row once or twice: shows that the bench works, not what the gateway costs. */
export const QUICK_PLAN: Plan = {
  warmUpRequests: 150,
  cost: { rounds: 1, burstRounds: 1, answers: 100, streams: 50 },
  latency: { rounds: 2, requests: 40 },
  throughput: { rounds: 1, durationMs: 300, concurrencies: [16] },
  pacedStreams: { rounds: 1, streams: 6, staggerMs: 20, deltas: 16 },
};
