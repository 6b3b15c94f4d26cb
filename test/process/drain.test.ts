import { expect, test } from 'vitest';
import { countEndings, openChatStream } from '../support/chat-stream.ts';
import { FAKE_MODEL, startFakeUpstream } from '../support/fake-upstream.ts';
import { startGateway } from '../support/gateway-process.ts';
import { holdStreams } from '../support/held-stream.ts';
import { waitUntil } from '../support/wait-until.ts';

const STREAMS = 50;

test('50 open streams end whole after SIGTERM, nobody new is let in, exit 0', async () => {
  const held = holdStreams(FAKE_MODEL);
  const upstream = await startFakeUpstream(held.reply);
  await using gateway = await startGateway({ upstreamUrl: upstream.url });
  const streams = Array.from({ length: STREAMS }, () => openChatStream(gateway.url, FAKE_MODEL));
  await Promise.all(streams.map(({ started }) => started));

  const stopped = gateway.stop();
  await waitUntil('not ready', async () => !(await gateway.readiness()).ready);
  expect(await gateway.readiness()).toMatchObject({ status: 503, missing: ['shutting down'] });
  await waitUntil('nobody is let in', () =>
    fetch(`${gateway.url}/v1/models`).then(
      () => false,
      () => true,
    ),
  );
  held.release();
  const ends = await Promise.all(streams.map(({ ended }) => ended));
  expect(countEndings(ends)).toEqual({ whole: STREAMS });
  expect(ends.every(({ text }) => text.endsWith('And its last words.'))).toBe(true);
  const end = await stopped;
  expect(end).toMatchObject({ code: 0, signal: null });
  await upstream.close();
});

test('streams that outlast the drain time end with one error frame each, exit 0 within the limit', async () => {
  const upstream = await startFakeUpstream(holdStreams(FAKE_MODEL).reply);
  await using gateway = await startGateway({
    upstreamUrl: upstream.url,
    env: { GLASSGATE_SERVER_DRAIN_TIMEOUT_MS: '1000' },
  });
  const streams = Array.from({ length: STREAMS }, () => openChatStream(gateway.url, FAKE_MODEL));
  await Promise.all(streams.map(({ started }) => started));
  const end = await gateway.stop();
  const ends = await Promise.all(streams.map(({ ended }) => ended));
  expect(countEndings(ends)).toEqual({ 'error shutting_down': STREAMS });
  expect(end).toMatchObject({ code: 0, signal: null });
  expect(end.durationMs).toBeLessThan(11_000);
  await upstream.close();
});

test('a second signal ends everything at once with exit code 1', async () => {
  const upstream = await startFakeUpstream(holdStreams(FAKE_MODEL).reply);
  await using gateway = await startGateway({ upstreamUrl: upstream.url });
  const stream = openChatStream(gateway.url, FAKE_MODEL);
  await stream.started;
  gateway.signal('SIGTERM');
  let hasExited = false;
  void gateway.exited.then(() => (hasExited = true));
  // What comes within half a second is an echo of the first; so the wish is repeated until it is heard.
  await waitUntil('exit', () => {
    if (!hasExited) gateway.signal('SIGTERM');
    return hasExited;
  });
  expect(await gateway.exited).toEqual({ code: 1, signal: null });
  expect((await stream.ended).ending).toBe('cut');
  await upstream.close();
});
