/** Names of everything that is measured, as the report prints them. */
export const TARGET_NAMES = {
  direct: 'upstream itself',
  nginx: 'nginx',
  relay: 'bare Node relay',
  off: 'Glassgate, telemetry off',
  on: 'Glassgate, everything on',
  plain: 'Glassgate, everything on, requests without retrieval',
  dead: 'Glassgate, everything on, Collector dead',
} as const;

/** Which one of them. */
export type TargetId = keyof typeof TARGET_NAMES;

/** Something in front of the upstream, or the upstream itself, that answers chat requests. */
export interface Target {
  readonly id: TargetId;
  readonly port: number;
  /** Whether requests leave the gateway's retrieval on, as it is by default. */
  readonly retrieval: boolean;
  /** Microseconds of CPU time its processes have used so far. */
  cpuMicroseconds(): number;
  /** Waits until what is done off the path of `requests` requests is done: spans and logs sent, records written. */
  settle(requests: number): Promise<void>;
  stop(): Promise<void>;
}
