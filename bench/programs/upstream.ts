import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import replies from '../__fixtures__/vllm-replies.json' with { type: 'json' };
import { listenOnLoopback } from './listen-on-loopback.ts';
import { announceReady, answerParent } from './parent-channel.ts';
import { PROMPT_MODE, type UpstreamMode } from './upstream-mode.ts';

// A fake vLLM: the shapes a real one sent, with no model behind them and as little work as possible.
const MODELS = Buffer.from(JSON.stringify(replies.models));
const ANSWER = Buffer.from(JSON.stringify(replies.answer));
const USAGE = frame(replies.stream.usage);
const DONE = Buffer.from('data: [DONE]\n\n');

let mode = PROMPT_MODE;
let chunks = chunksOf(mode);

answerParent((wanted) => {
  mode = wanted as UpstreamMode;
  chunks = chunksOf(mode);
});
announceReady(await listenOnLoopback((incoming, outgoing) => void serve(incoming, outgoing)));

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  if (incoming.method === 'GET') return sendJson(outgoing, MODELS);
  if (mode.delayMs > 0) await delay(mode.delayMs);
  if (!body.includes('"stream":true')) return sendJson(outgoing, ANSWER);
  await sendStream(
    outgoing,
    body.includes('"include_usage":true') ? [...chunks, USAGE, DONE] : [...chunks, DONE],
  );
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function sendJson(outgoing: ServerResponse, body: Buffer): void {
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

async function sendStream(outgoing: ServerResponse, frames: readonly Buffer[]): Promise<void> {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const startedAt = performance.now();
  for (const [index, bytes] of frames.entries()) {
    if (outgoing.destroyed) return;
    outgoing.write(bytes);
    if (mode.pace === 'separate') await nextTurn();
    // The role and the first content leave together; each wait is against the clock, so that late timers do not add up.
    if (typeof mode.pace === 'number' && index > 0 && index < mode.deltas) {
      await delay(Math.max(0, startedAt + index * mode.pace - performance.now()));
    }
  }
  outgoing.end();
}

function chunksOf({ deltas, text }: UpstreamMode): Buffer[] {
  const { first, delta, finish } = replies.stream;
  const [choice] = delta.choices;
  const content = frame({ ...delta, choices: [{ ...choice, delta: { content: text } }] });
  return [frame(first), ...Array.from({ length: deltas }, () => content), frame(finish)];
}

function frame(chunk: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
}
