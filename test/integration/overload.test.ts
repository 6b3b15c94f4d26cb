import { once } from 'node:events';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GatewayOptions } from '../../src/gateway.ts';
import { openChatStream } from '../support/chat-stream.ts';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { startTestGateway, type GatewayUnderTest } from '../support/gateway.ts';
import { holdStreams, type HeldStreams } from '../support/held-stream.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { replay, streamTexts } from '../support/recorded-replies.ts';
import { expectIdle, openLedger, toldAs } from '../support/request-ledger.ts';
import { installTelemetryProbe } from '../support/telemetry-probe.ts';

const probe = installTelemetryProbe();
let upstream: FakeUpstream;
let gateway: GatewayUnderTest;
let held: HeldStreams;

async function start(settings: Record<string, string>, options: GatewayOptions = {}): Promise<void> {
  held = holdStreams(FAKE_MODEL);
  upstream = await startFakeUpstream(held.reply);
  gateway = await startTestGateway(upstream.url, settings, options);
}

beforeEach(() => probe.reset());

afterEach(async () => {
  held.release();
  await expectIdle(probe);
  await gateway.stop();
  await upstream.close();
});

const CHAT = 'POST /v1/chat/completions';
const BODY = JSON.stringify({ model: FAKE_MODEL, messages: [{ role: 'user', content: 'Hello?' }] });

function ask(signal: AbortSignal | null = null): Promise<Response> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: BODY, signal };
  return fetch(`${gateway.url}/v1/chat/completions`, init);
}

async function takePlaces(count: number) {
  const streams = Array.from({ length: count }, () => openChatStream(gateway.url, FAKE_MODEL));
  await Promise.all(streams.map(({ started }) => started));
  return streams;
}

async function waiting(): Promise<number> {
  const sample = (await probe.samples()).find(({ name }) => name === 'glassgate.requests.waiting');
  return sample?.value ?? 0;
}

async function rejected(reason: string): Promise<number> {
  const samples = (await probe.samples()).filter(({ name }) => name === 'glassgate.requests.rejected');
  return samples.find(({ labels }) => labels['glassgate.reason'] === reason)?.value ?? 0;
}

async function errorOf(response: Response): Promise<[number, string]> {
  const { error } = (await response.json()) as { error: { code: string } };
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  return [response.status, error.code];
}

const LIMITS = {
  GLASSGATE_SERVER_MAX_CONCURRENCY: '2',
  GLASSGATE_SERVER_MAX_QUEUE: '1',
  GLASSGATE_SERVER_QUEUE_TIMEOUT_MS: '60000',
};

test('past places and queue a request is refused before its body is read', async () => {
  await start(LIMITS);
  const streams = await takePlaces(2);
  upstream.reply(replay('chat'));
  const patient = ask();
  await expect.poll(waiting).toBe(1);
  const before = await rejected('queue_full');
  const connection = await connectRaw(gateway.port);
  const startedAt = performance.now();
  // Announced, but not a byte of it sent: who answers now has not waited for it.
  connection.write(
    `${CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n`,
  );
  const refusal = await connection.response();
  expect(performance.now() - startedAt).toBeLessThan(1000);
  expect([refusal.status, refusal.headers['retry-after']]).toEqual([503, '1']);
  expect(JSON.parse(refusal.body)).toMatchObject({ error: { code: 'overloaded' } });
  connection.close();
  expect(await rejected('queue_full')).toBe(before + 1);
  held.release();
  expect((await Promise.all(streams.map(({ ended }) => ended))).map(({ ending }) => ending)).toEqual([
    'whole',
    'whole',
  ]);
  expect((await patient).status).toBe(200);
});

test('the trace of a refused request is one span', async () => {
  await start({ ...LIMITS, GLASSGATE_SERVER_MAX_QUEUE: '0' });
  const streams = await takePlaces(2);
  const refused = [];
  for (let index = 0; index < 3; index += 1) refused.push(await errorOf(await ask()));
  expect(refused).toEqual(Array.from({ length: 3 }, () => [503, 'overloaded']));
  const spans = probe.spans().filter(({ attributes }) => attributes['glassgate.error.code'] === 'overloaded');
  expect(spans.map(({ name, attributes }) => `${name} ${String(attributes['error.type'])}`)).toEqual(
    Array.from({ length: 3 }, () => `${CHAT} overloaded`),
  );
  const traces = new Set(spans.map((span) => span.spanContext().traceId));
  expect(probe.spans().filter((span) => traces.has(span.spanContext().traceId))).toHaveLength(3);
  held.release();
  await Promise.all(streams.map(({ ended }) => ended));
});

test('who waits gets the place that becomes free, in the order of arrival', async () => {
  await start({ ...LIMITS, GLASSGATE_SERVER_MAX_CONCURRENCY: '1', GLASSGATE_SERVER_MAX_QUEUE: '3' });
  const ledger = await openLedger(probe);
  const [stream] = await takePlaces(1);
  upstream.reply(replay('chat'));
  const order: number[] = [];
  const patient = [];
  for (let index = 0; index < 3; index += 1) {
    patient.push(ask().then((response) => (order.push(index), response.status)));
    await expect.poll(waiting).toBe(index + 1);
  }
  expect(upstream.requests).toHaveLength(1);
  held.release();
  expect(await Promise.all(patient)).toEqual([200, 200, 200]);
  expect(order).toEqual([0, 1, 2]);
  expect((await stream?.ended)?.ending).toBe('whole');
  expect(await ledger.told(4)).toEqual(toldAs(...Array.from({ length: 4 }, () => `${CHAT} 200`)));
});

test('who leaves while waiting gives the place in the queue back and never reaches the model', async () => {
  await start(LIMITS);
  const ledger = await openLedger(probe);
  const streams = await takePlaces(2);
  upstream.reply(replay('chat'));
  const leaving = new AbortController();
  const left = ask(leaving.signal);
  await expect.poll(waiting).toBe(1);
  leaving.abort();
  await expect(left).rejects.toThrow('aborted');
  await expect.poll(waiting).toBe(0);
  const next = ask();
  await expect.poll(waiting).toBe(1);
  held.release();
  expect((await next).status).toBe(200);
  await Promise.all(streams.map(({ ended }) => ended));
  expect(upstream.requests).toHaveLength(3);
  const whole = `${CHAT} 200`;
  expect(await ledger.told(4)).toEqual(toldAs(whole, whole, whole, `${CHAT} 499 client_closed_request`));
});

test('who has waited too long is refused', async () => {
  await start({ ...LIMITS, GLASSGATE_SERVER_QUEUE_TIMEOUT_MS: '150' });
  const streams = await takePlaces(2);
  upstream.reply(replay('chat'));
  const before = await rejected('queue_timeout');
  const startedAt = performance.now();
  expect(await errorOf(await ask())).toEqual([503, 'overloaded']);
  expect(performance.now() - startedAt).toBeGreaterThan(140);
  expect(await rejected('queue_timeout')).toBe(before + 1);
  held.release();
  await Promise.all(streams.map(({ ended }) => ended));
  expect((await ask()).status).toBe(200);
});

test('other routes have no queue', async () => {
  await start({ ...LIMITS, GLASSGATE_SERVER_MAX_QUEUE: '0' });
  const streams = await takePlaces(2);
  expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200);
  held.release();
  await Promise.all(streams.map(({ ended }) => ended));
});

test('a request that comes when the time to drain is over is told that we shut down', async () => {
  await start({ GLASSGATE_SERVER_DRAIN_TIMEOUT_MS: '200' }, { idleGraceMs: 5000 });
  const [stream] = await takePlaces(1);
  const connection = await connectRaw(gateway.port);
  connection.write(`${CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`);
  const before = await rejected('shutting_down');
  const drained = gateway.drain();
  expect(await stream?.ended).toMatchObject({ ending: 'error', errorCode: 'shutting_down' });
  connection.write(`Content-Length: ${BODY.length}\r\n\r\n${BODY}`);
  const refusal = await connection.response();
  expect([refusal.status, refusal.headers['retry-after'], refusal.headers['connection']]).toEqual([
    503,
    '1',
    'close',
  ]);
  expect(JSON.parse(refusal.body)).toMatchObject({ error: { code: 'shutting_down' } });
  expect(await rejected('shutting_down')).toBe(before + 1);
  await drained;
});

test('a reader who does not read holds the model back, not our memory', async () => {
  await start({});
  const event = `data: ${JSON.stringify({ id: 'c', model: FAKE_MODEL, choices: [{ index: 0, delta: { content: 'x'.repeat(16_000) } }] })}\n\n`;
  const total = 10_000;
  let sent = 0;
  upstream.reply(async (response, request) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (; sent < total && !response.destroyed; sent += 1)
      if (!response.write(event)) await Promise.race([once(response, 'drain'), request.ended]);
    response.end('data: [DONE]\n\n');
  });
  const connection = await connectRaw(gateway.port);
  connection.socket.pause();
  const body = BODY.replace('{', '{"stream":true,');
  connection.write(
    `${CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const memoryBefore = process.memoryUsage();
  await expect.poll(() => sent).toBeGreaterThan(0);
  // Stalled: what went out has found room in the buffers of sockets, and nothing follows.
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = sent === before;
        before = sent;
        return isStill;
      },
      { interval: 300, timeout: 10_000 },
    )
    .toBe(true);
  expect(sent).toBeLessThan(total / 10);
  const grown = process.memoryUsage().arrayBuffers - memoryBefore.arrayBuffers;
  expect(grown).toBeLessThan(32 << 20);
  connection.close();
  expect(await upstream.requests[0]?.ended).toBe('aborted');
});

test('50 streams at once are each complete and in order', async () => {
  await start({});
  const texts = (name: string) => Array.from({ length: 40 }, (_, index) => `${name}-${index} `);
  upstream.reply(async (response, request) => {
    const name = (request.body['messages'] as { content: string }[]).at(-1)?.content ?? '';
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    // Cut where no event ends, so that each stream has its own half events while the others go on.
    const bytes = Buffer.from(written(texts(name)));
    for (let start = 0; start < bytes.length; start += 777) {
      response.write(bytes.subarray(start, start + 777));
      await othersTurn();
    }
    response.end();
  });
  const streams = Array.from({ length: 50 }, (_, index) =>
    openChatStream(gateway.url, FAKE_MODEL, `caller ${index}`),
  );
  const ends = await Promise.all(streams.map(({ ended }) => ended));
  expect(ends.map(({ ending }) => ending)).toEqual(ends.map(() => 'whole'));
  expect(ends.map(({ text }) => text)).toEqual(ends.map((_, index) => texts(`caller ${index}`).join('')));
});

/** The bytes of a stream of these texts. */
function written(texts: readonly string[]): string {
  const parts: string[] = [];
  const response = {
    writeHead: () => undefined,
    write: (part: string) => parts.push(part),
    end: (part: string) => parts.push(part),
  };
  void streamTexts(texts)(response as never, undefined as never);
  return parts.join('');
}
