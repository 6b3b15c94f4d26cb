/** One streamed question of a load. */
export interface PacedAnswer {
  readonly traceId: string;
  readonly whole: boolean;
  /** `Date.now()` when it was asked and when its last byte came. */
  readonly askedAt: number;
  readonly endedAt: number;
}

/** Questions at a steady pace, whatever becomes of them. */
export interface PacedLoad {
  readonly answers: readonly PacedAnswer[];
  /** Asks no more and waits for those under way. */
  stop(): Promise<readonly PacedAnswer[]>;
}

/** A load ends by itself after this many questions, whatever the test does. */
const MOST_QUESTIONS = 5000;
const TIMEOUT_MS = 30_000;

/** Asks a streamed question every `everyMs`. */
export function startPacedLoad(url: string, model: string, everyMs: number): PacedLoad {
  const answers: PacedAnswer[] = [];
  const running = new Set<Promise<void>>();
  let asked = 0;
  const timer = setInterval(() => {
    if (asked >= MOST_QUESTIONS) return;
    asked += 1;
    const one = ask(url, model).then((answer) => void answers.push(answer));
    running.add(one);
    void one.finally(() => running.delete(one));
  }, everyMs);
  return {
    answers,
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      return answers;
    },
  };
}

/** Milliseconds that a share of the answers took at most, such as 0.99. */
export function quantileMs(answers: readonly PacedAnswer[], share: number): number {
  const times = answers.map(({ askedAt, endedAt }) => endedAt - askedAt).sort((left, right) => left - right);
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
}

async function ask(url: string, model: string): Promise<PacedAnswer> {
  const askedAt = Date.now();
  let [traceId, text] = ['', ''];
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model,
        stream: true,
        messages: [{ role: 'user', content: 'Which port does the chat page have?' }],
      }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    traceId = response.headers.get('x-glassgate-trace-id') ?? '';
    text = await response.text();
  } catch {
    // Not whole: the test looks at that.
  }
  return { traceId, whole: text.endsWith('data: [DONE]\n\n'), askedAt, endedAt: Date.now() };
}
