/** How one streamed answer went, as its reader saw it. */
export interface StreamEnd {
  readonly status: number;
  readonly answerId: string;
  /** `whole`: ended with `[DONE]`. `error`: with one error frame. `cut`: without either, or the connection broke. */
  readonly ending: 'whole' | 'error' | 'cut';
  readonly errorCode?: string;
  readonly text: string;
  /** `performance.now()` of the last byte. */
  readonly endedAt: number;
}

/** A streamed answer in progress. */
export interface ChatStream {
  /** Resolves with the answer's id as soon as its first bytes are here. */
  readonly started: Promise<string>;
  readonly ended: Promise<StreamEnd>;
}

/** Asks a question and reads the answer as it streams. A broken connection is a result, not an exception. */
export function openChatStream(url: string, model: string, question = 'Is this a stream?'): ChatStream {
  const started = Promise.withResolvers<string>();
  return { started: started.promise, ended: readStream(url, model, question, started.resolve) };
}

/** How many streams ended in which way; an error counts under its code. */
export function countEndings(ends: readonly StreamEnd[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { ending, errorCode } of ends) {
    const key = errorCode === undefined ? ending : `${ending} ${errorCode}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

async function readStream(
  url: string,
  model: string,
  question: string,
  onStart: (answerId: string) => void,
): Promise<StreamEnd> {
  let [status, answerId, frames] = [0, '', ''];
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      // A connection of its own: which worker it reaches must not depend on an earlier request.
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: question }] }),
    });
    status = response.status;
    answerId = response.headers.get('x-glassgate-answer-id') ?? '';
    for await (const part of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      frames += part;
      onStart(answerId);
    }
  } catch {
    // What was read until here says how far it came.
  }
  onStart(answerId);
  return { status, answerId, ...endingOf(frames), text: textOf(frames), endedAt: performance.now() };
}

function endingOf(frames: string): Pick<StreamEnd, 'ending' | 'errorCode'> {
  const errors = [...frames.matchAll(/^data: (\{"error".*\})$/gm)].map(([, json = '']) => errorCodeOf(json));
  const isDone = /^data: \[DONE\]$/m.test(frames);
  if (isDone && errors.length === 0) return { ending: 'whole' };
  const [errorCode] = errors;
  return errors.length === 1 && errorCode !== undefined && !isDone
    ? { ending: 'error', errorCode }
    : { ending: 'cut' };
}

function errorCodeOf(json: string): string {
  return (JSON.parse(json) as { error: { code: string } }).error.code;
}

function textOf(frames: string): string {
  return [...frames.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, json = '']) => JSON.parse(json) as { choices?: { delta?: { content?: string } }[] })
    .map((chunk) => chunk.choices?.[0]?.delta?.content ?? '')
    .join('');
}
