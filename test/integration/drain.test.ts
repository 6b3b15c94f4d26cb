import { expect, test } from 'vitest';
import { FAKE_MODEL, startFakeUpstream } from '../support/fake-upstream.ts';
import { startTestGateway } from '../support/gateway.ts';
import { holdStreams } from '../support/held-stream.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { recordedChunks, replay, replayPart } from '../support/recorded-replies.ts';

const QUESTION = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    stream: true,
    messages: [{ role: 'user', content: 'When are the tomatoes watered?' }],
  }),
};

test('a stream that ends in time is whole', async () => {
  const chunks = recordedChunks('chat-stream-usage');
  const rest = Promise.withResolvers<void>();
  const upstream = await startFakeUpstream(
    replayPart(
      'chat-stream-usage',
      5,
      (response) => void rest.promise.then(() => response.end(chunks.slice(5).join(''))),
    ),
  );
  const gateway = await startTestGateway(upstream.url, { GLASSGATE_SERVER_DRAIN_TIMEOUT_MS: '5000' });
  const response = await fetch(`${gateway.url}/v1/chat/completions`, QUESTION);
  const stopped = gateway.stop();
  rest.resolve();
  expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
  await stopped;
  await upstream.close();
});

test('a stream that does not end in time gets one error frame, and the upstream stops', async () => {
  const upstream = await startFakeUpstream(replayPart('chat-stream-usage', 5));
  const gateway = await startTestGateway(upstream.url, { GLASSGATE_SERVER_DRAIN_TIMEOUT_MS: '200' });
  const response = await fetch(`${gateway.url}/v1/chat/completions`, QUESTION);
  const stopped = gateway.stop();
  const text = await response.text();
  expect(text.match(/"code":"shutting_down"/g)).toHaveLength(1);
  expect(text).not.toContain('[DONE]');
  expect(await upstream.requests[0]?.ended).toBe('aborted');
  await stopped;
  await upstream.close();
});

test('a connection that a browser opened in advance and never used holds nothing up', async () => {
  const upstream = await startFakeUpstream(replayPart('chat-stream-usage', 5));
  const gateway = await startTestGateway(upstream.url);
  const connection = await connectRaw(gateway.port);
  const startedAt = performance.now();
  await gateway.stop();
  expect(performance.now() - startedAt).toBeLessThan(1000);
  expect(await connection.ended()).toBe('');
  await upstream.close();
});

test('nothing is accepted any more while answers end', async () => {
  const upstream = await startFakeUpstream(replayPart('chat-stream-usage', 5));
  const gateway = await startTestGateway(upstream.url, { GLASSGATE_SERVER_DRAIN_TIMEOUT_MS: '300' });
  const response = await fetch(`${gateway.url}/v1/chat/completions`, QUESTION);
  const stopped = gateway.stop();
  await expect(fetch(`${gateway.url}/v1/models`)).rejects.toThrow('fetch failed');
  await response.text();
  await stopped;
  await upstream.close();
});

test('two requests in one packet: the end of the first does not make the second one idle', async () => {
  const held = holdStreams(FAKE_MODEL);
  const upstream = await startFakeUpstream(held.reply);
  const gateway = await startTestGateway(upstream.url, {}, { idleGraceMs: 0 });
  const connection = await connectRaw(gateway.port);
  const [host, type] = ['Host: localhost\r\n', 'Content-Type: application/json\r\n'];
  const chat = `POST /v1/chat/completions HTTP/1.1\r\n${host}${type}Content-Length: ${QUESTION.body.length}\r\n\r\n`;
  connection.write(`GET /v1/models HTTP/1.1\r\n${host}\r\n${chat}${QUESTION.body}`);
  expect((await connection.response()).status).toBe(200);
  await expect.poll(() => upstream.requests.length).toBe(1);
  const idle = await connectRaw(gateway.port);
  const stopped = gateway.stop();
  // The drain has looked for idle connections when this one is gone.
  await idle.ended();
  held.release();
  expect((await connection.response()).body).toMatch(/data: \[DONE\]\n\n$/);
  await stopped;
  await upstream.close();
});

test('a request that is on its way when the drain begins is answered, as the last one of its connection', async () => {
  const upstream = await startFakeUpstream(replay('chat'));
  const gateway = await startTestGateway(upstream.url, {}, { idleGraceMs: 1000 });
  const connection = await connectRaw(gateway.port);
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  connection.write(head);
  await expect.poll(() => connection.socket.bytesWritten).toBe(head.length);
  expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200);
  const stopped = gateway.stop();
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'When are the tomatoes watered?' }] });
  connection.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
  const answer = await connection.response();
  expect([answer.status, answer.headers['connection']]).toEqual([200, 'close']);
  await stopped;
  await upstream.close();
});
