import type { LoadCommand, RequestsResult } from '../programs/load-command.ts';
import type { Fleet } from '../targets/start-fleet.ts';
import { TARGET_NAMES, type Target } from '../targets/target.ts';

/** Frames around the content chunks of a stream: the role before them, the finish reason and `[DONE]` after them. */
export const OTHER_FRAMES = 3;

/** Runs requests against one target. */
export async function runRequests(
  { load }: Fleet,
  target: Target,
  command: Omit<LoadCommand & { kind: 'requests' }, 'kind' | 'to'>,
): Promise<RequestsResult> {
  const { port, retrieval } = target;
  return (await load.ask({ kind: 'requests', to: { port, retrieval }, ...command })) as RequestsResult;
}

/** Throws when a request failed: what a broken target costs is worth nothing. */
export function requireSuccess(target: Target, requests: number, failures: number): void {
  if (failures > 0) throw new Error(`${TARGET_NAMES[target.id]}: ${failures} of ${requests} requests failed`);
}
