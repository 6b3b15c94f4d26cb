import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { exchange, type Exchange } from './exchange.ts';
import type {
  Destination,
  LoadCommand,
  LoadExpectation,
  PacedStreamsResult,
  RequestsResult,
} from './load-command.ts';
import { announceReady, answerParent } from './parent-channel.ts';

// The load generator: a process of its own, so that what it costs is nobody else's cost.
const QUESTIONS = join(import.meta.dirname, '../../eval/retrieval/questions.jsonl');
const MODEL = 'smollm2-135m-instruct';
const questions = readFileSync(QUESTIONS, 'utf8').trim().split('\n').map(questionOf);
const bodies = new Map<string, readonly string[]>();
const pools = new Map<number, Pool>();
let expectedFrames = 0;
let asked = 0;

answerParent((wanted) => {
  const command = wanted as LoadCommand | LoadExpectation;
  switch (command.kind) {
    case 'expect':
      expectedFrames = command.frames;
      return undefined;
    case 'requests':
      return runRequests(command);
    case 'paced-streams':
      return runPacedStreams(command);
  }
});
announceReady();

async function runRequests(command: LoadCommand & { kind: 'requests' }): Promise<RequestsResult> {
  const { to, stream, concurrency, until } = command;
  const latenciesMs: number[] = [];
  let failures = 0;
  let started = 0;
  const startedAt = performance.now();
  const goesOn = () =>
    'requests' in until ? started < until.requests : performance.now() - startedAt < until.durationMs;
  const ask = async (): Promise<void> => {
    while (goesOn()) {
      started += 1;
      const { ok, durationMs } = await askOnce(to, stream);
      latenciesMs.push(durationMs);
      if (!ok) failures += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, ask));
  return { requests: started, failures, elapsedMs: performance.now() - startedAt, latenciesMs };
}

async function runPacedStreams(
  command: LoadCommand & { kind: 'paced-streams' },
): Promise<PacedStreamsResult> {
  const { to, streams, staggerMs } = command;
  const exchanges = await Promise.all(
    Array.from({ length: streams }, async (_, index) => {
      await delay(index * staggerMs);
      return askOnce(to, true);
    }),
  );
  const whole = exchanges.filter(({ ok }) => ok);
  return {
    failures: exchanges.length - whole.length,
    firstTokenMs: whole.map(({ framesMs }) => framesMs[1] ?? 0),
    gapsMs: whole.flatMap(gapsOf),
  };
}

/** Times between content chunks: without the role chunk before them and the two frames that end every stream. */
function gapsOf({ framesMs }: Exchange): number[] {
  const contentMs = framesMs.slice(1, -2);
  return contentMs.slice(1).map((at, index) => at - (contentMs[index] ?? at));
}

function askOnce({ port, retrieval }: Destination, stream: boolean): Promise<Exchange> {
  const choice = bodiesFor(stream, retrieval);
  const body = choice[asked++ % choice.length] ?? '';
  return exchange(poolOf(port), { body, stream, frames: expectedFrames });
}

function poolOf(port: number): Pool {
  let pool = pools.get(port);
  if (pool === undefined) {
    pool = new Pool(`http://127.0.0.1:${port}`, { connections: 512, keepAliveTimeout: 600_000 });
    pools.set(port, pool);
  }
  return pool;
}

/** One body per question of the retrieval evaluation: half of them Chinese, all answered by the handbook. */
function bodiesFor(stream: boolean, retrieval: boolean): readonly string[] {
  const key = `${stream} ${retrieval}`;
  let made = bodies.get(key);
  if (made === undefined) {
    const extension = retrieval ? {} : { glassgate: { retrieval } };
    made = questions.map((content) =>
      JSON.stringify({ model: MODEL, messages: [{ role: 'user', content }], stream, ...extension }),
    );
    bodies.set(key, made);
  }
  return made;
}

function questionOf(line: string): string {
  return (JSON.parse(line) as { question: string }).question;
}
