import cluster from 'node:cluster';
import { createRequestLimiter, startLimiterInPrimary } from '../request-limiter.ts';

/** One caller's requests as each worker sends them. */
interface Load {
  readonly key: string;
  readonly limit: number;
  readonly requests: number;
}

// A primary with workers that all send the same load at once; prints per key how many were allowed in all.
const [mode = '', workerCount = '2', load = '[]'] = process.argv.slice(2);
if (cluster.isPrimary) await runPrimary();
else await runWorker();

async function runPrimary(): Promise<void> {
  if (mode !== 'deaf') startLimiterInPrimary();
  const results = mode === 'one-by-one' ? await runOneByOne() : await runTogether();
  process.stdout.write(JSON.stringify(results));
}

function runTogether(): Promise<unknown[]> {
  return Promise.all(Array.from({ length: Number(workerCount) }, runOneWorker));
}

/** As when a worker is restarted: each begins when the one before has ended. */
async function runOneByOne(): Promise<unknown[]> {
  const results: unknown[] = [];
  while (results.length < Number(workerCount)) results.push(await runOneWorker());
  return results;
}

function runOneWorker(): Promise<unknown> {
  const worker = cluster.fork();
  return new Promise((resolve) => {
    worker.on('message', (message: { result?: unknown }) => {
      if (message.result === undefined) return;
      resolve(message.result);
      worker.kill();
    });
    // The primary hangs up while requests are under way: its answers go nowhere.
    let messages = 0;
    worker.on('message', () => {
      messages += 1;
      // 1: the worker announces its limiter, 2: its greeting, 3: the first of many requests.
      if (mode === 'cut' && messages === 3) worker.process.disconnect();
    });
    worker.once('exit', () => setTimeout(resolve, 100, 'gone'));
  });
}

async function runWorker(): Promise<void> {
  let unchecked = 0;
  // Only where the primary is meant to stay silent may time decide: a busy machine must not.
  const timeoutMs = mode === 'deaf' || mode === 'cut' ? 300 : 20_000;
  const limiter = createRequestLimiter({ onUnchecked: () => (unchecked += 1), timeoutMs });
  const loads = JSON.parse(load) as Load[];
  // Until the primary has greeted it, the package keeps a worker's requests back.
  if (mode === 'cut') await limiter.consume('key:greeting', 1);
  const consumed = loads.map(async ({ key, limit, requests }) => {
    const decisions = await Promise.all(Array.from({ length: requests }, () => limiter.consume(key, limit)));
    return [key, decisions.filter(({ allowed }) => allowed).length] as const;
  });
  const allowed = Object.fromEntries(await Promise.all(consumed));
  process.send?.({ result: { allowed, unchecked } });
}
