/** Groups that wait, each oldest first. */
export interface Waiting {
  /** Groups in which anything urgent waits. */
  readonly urgent: readonly string[];
  readonly others: readonly string[];
}

/** What to do now: send one message of these groups, wait, or nothing because nothing waits. */
export type Plan =
  | { readonly kind: 'send'; readonly groups: readonly string[] }
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'idle' };

const MINUTE_MS = 60_000;
/** Share of the minute that is kept for urgent groups. */
const URGENT_SHARE = 1 / 3;

/**
 * Chooses the next message. While the minute has room for every group that waits, each gets its own, urgent ones first
 * and then the oldest; otherwise all of them go into one digest. A third of the minute is never spent on what can wait.
 * The minute is the last 60 seconds, not a minute of the clock: at the edge of two of those, twice as many would pass.
 */
export function planMessage(
  { urgent, others }: Waiting,
  {
    sentAt,
    limit,
    now,
  }: { readonly sentAt: readonly number[]; readonly limit: number; readonly now: number },
): Plan {
  if (urgent.length + others.length === 0) return { kind: 'idle' };
  const allowed = urgent.length > 0 ? limit : limit - Math.floor(limit * URGENT_SHARE);
  const recent = sentAt.filter((at) => at > now - MINUTE_MS).sort((left, right) => left - right);
  const free = allowed - recent.length;
  if (free <= 0) return { kind: 'wait', delayMs: Math.max((recent[-free] ?? now) + MINUTE_MS - now, 1) };
  const gapMs = pace(recent, allowed, now);
  if (gapMs > 0) return { kind: 'wait', delayMs: gapMs };
  const candidates = urgent.length > 0 ? urgent : others;
  // The last message of the minute takes everything with it.
  if (free === 1) return { kind: 'send', groups: [...urgent, ...others] };
  return { kind: 'send', groups: candidates.length < free ? candidates.slice(0, 1) : candidates };
}

/** The second half of the minute's messages is spread over it: in a storm each takes with it what came meanwhile. */
function pace(recent: readonly number[], allowed: number, now: number): number {
  const newest = recent.at(-1);
  if (newest === undefined || recent.length * 2 < allowed) return 0;
  return Math.ceil(newest + MINUTE_MS / allowed - now);
}
