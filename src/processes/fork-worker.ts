import cluster from 'node:cluster';
import { watchChild, type Child } from './child.ts';
import type { Environment } from './worker-pool.ts';

/** Decides how connections reach workers; called once, before the first fork. */
export function prepareCluster(): void {
  // Workers accept from one shared socket. Handed out by the primary, connections that are on their way to a dying
  // worker would hang until the client gives up; so the kernel keeps them until some worker takes them.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
}

/** Forks the worker of a slot. */
export function forkWorker(slot: number, environment: Environment): Child {
  const worker = cluster.fork({ ...environment, GLASSGATE_WORKER_SLOT: String(slot) });
  // Without a listener a message to a worker that has just died would end the primary.
  worker.on('error', () => undefined);
  return watchChild(worker.process);
}
