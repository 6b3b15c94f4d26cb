import { openChatStream, type StreamEnd } from './chat-stream.ts';

/** One question of a load and when it was asked, by `performance.now()`. */
interface LoadResult extends StreamEnd {
  readonly startedAt: number;
}

/** Clients that ask one question after the other until they are told to stop. */
export interface Load {
  readonly results: readonly LoadResult[];
  /** Lets each client finish its question. */
  stop(): Promise<readonly LoadResult[]>;
}

/** A load ends by itself after this many questions, whatever the test does. */
const MOST_QUESTIONS = 20_000;

/** Starts `clients` clients, each with a new connection for every question. */
export function startLoad(url: string, model: string, clients: number): Load {
  const results: LoadResult[] = [];
  const stopping = new AbortController();
  const work = async () => {
    while (!stopping.signal.aborted && results.length < MOST_QUESTIONS) {
      const startedAt = performance.now();
      const end = await openChatStream(url, model, 'Which port does the chat page have?').ended;
      results.push({ ...end, startedAt });
    }
  };
  const done = Promise.all(Array.from({ length: clients }, work));
  return {
    results,
    stop: async () => {
      stopping.abort();
      await done;
      return results;
    },
  };
}
