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

/** About three minutes on a quiet machine. Many short rounds: a neighbour's noise then falls on all targets alike. */
export const FULL_PLAN: Plan = {
  warmUpRequests: 4000,
  cost: { rounds: 12, burstRounds: 6, answers: 300, streams: 150 },
  latency: { rounds: 10, requests: 120 },
  throughput: { rounds: 2, durationMs: 1000, concurrencies: [16, 64, 128] },
  pacedStreams: { rounds: 2, streams: 24, staggerMs: 20, deltas: 64 },
};

/** Every row once or twice: shows that the bench works, not what the gateway costs. */
export const QUICK_PLAN: Plan = {
  warmUpRequests: 100,
  cost: { rounds: 1, burstRounds: 1, answers: 60, streams: 30 },
  latency: { rounds: 1, requests: 40 },
  throughput: { rounds: 1, durationMs: 200, concurrencies: [16] },
  pacedStreams: { rounds: 1, streams: 4, staggerMs: 20, deltas: 16 },
};
