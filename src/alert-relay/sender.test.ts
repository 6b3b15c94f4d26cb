import { logs } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { createInstruments } from '../telemetry/instruments.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { webhook } from '../../test/support/relay-process.ts';
import type { SendResult } from './dingtalk-client.ts';
import type { DingTalkMessage } from './message/compose-message.ts';
import { WORDS } from './message/words.ts';
import { openNotificationQueue } from './queue/notification-queue.ts';
import { Sender } from './sender.ts';
import { parseWebhook } from './webhook.ts';

const exporter = new InMemoryLogRecordExporter();
logs.setGlobalLoggerProvider(
  new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }),
);

/** A sender whose time stands still until it is told, and what DingTalk says to each try. */
function setUp(replies: SendResult[]) {
  const queue = openNotificationQueue({ folder: temporaryFolder(), limit: 100, repeatWindowMs: 3_600_000 });
  const state = { now: 1_000_000 };
  const timers = new Set<{ at: number; callback: () => void }>();
  const sent: DingTalkMessage[] = [];
  const sender = new Sender({
    queue,
    clock: {
      now: () => state.now,
      after(delayMs, callback) {
        const timer = { at: state.now + delayMs, callback };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    random: () => 1,
    instruments: createInstruments(),
    send(message) {
      sent.push(message);
      return Promise.resolve(replies.shift() ?? { outcome: 'sent' });
    },
    style: {
      words: WORDS.zh,
      timeZone: 'UTC',
      keyword: '',
      mentions: { mobiles: [], all: false },
      links: { grafana: undefined, prometheus: undefined, alertmanager: undefined, handbook: undefined },
    },
    limits: {
      messagesPerMinute: 18,
      retryMinMs: 1000,
      retryMaxMs: 60_000,
      maxRefusals: 3,
      maxAgeMs: 3_600_000,
    },
  });
  onTestFinished(() => sender.stop(0));
  const tell = (name: string, changes = {}) => {
    queue.accept(parseWebhook(webhook(name, changes)), state.now);
    sender.wake();
  };
  const advance = (durationMs: number) => {
    state.now += durationMs;
    for (const timer of timers) if (timer.at <= state.now && timers.delete(timer)) timer.callback();
  };
  const tries = (count: number) =>
    waitUntil(`${count} tries`, () => sent.length === count && timers.size <= 1);
  return { queue, sender, sent, tell, advance, tries, timers };
}

test('too fast waits for the minute to pass', async () => {
  const { sent, tell, advance, tries, timers } = setUp([{ outcome: 'too_fast' }]);
  tell('A');
  await waitUntil('the pause', () => timers.size === 1);
  advance(59_999);
  expect(sent).toHaveLength(1);
  advance(1);
  await tries(2);
});

test('what fired and ended while it waited is told once', async () => {
  const { queue, sent, tell, advance, tries, timers } = setUp([{ outcome: 'failed', reason: 'unreachable' }]);
  tell('A');
  await waitUntil('the pause', () => timers.size === 1);
  tell('A', { status: 'resolved' });
  await waitUntil('the pause again', () => timers.size === 1);
  advance(1000);
  await tries(2);
  expect(sent[1]?.markdown.title).toBe('✅ 已恢复: A');
  await waitUntil('the queue is empty', () => queue.length() === 0);
});

test('too long is cut harder once, then given up', async () => {
  const { queue, sender, tell, sent } = setUp([{ outcome: 'too_long' }, { outcome: 'too_long' }]);
  tell('A');
  await waitUntil('it is given up', () => queue.length() === 0);
  expect(sent).toHaveLength(2);
  expect(sender.refusal()).toBeUndefined();
});

test('what is too old is given up, and is news when it comes again', async () => {
  const { queue, tell, advance, timers } = setUp([{ outcome: 'failed', reason: 'timeout' }]);
  tell('A');
  await waitUntil('the pause', () => timers.size === 1);
  advance(3_600_001);
  await waitUntil('it is given up', () => queue.length() === 0);
  expect(queue.accept(parseWebhook(webhook('A')), 5_000_000)).toBe('accepted');
});

test('a queue that cannot be read is told as relay.storage_failed', async () => {
  const { queue, tell } = setUp([]);
  tell('A');
  await waitUntil('it is sent', () => queue.length() === 0);
  queue.close();
  const sender = new Sender(optionsOf(queue));
  await waitUntil('the event', () =>
    exporter.getFinishedLogRecords().some(({ eventName }) => eventName === 'relay.storage_failed'),
  );
  await sender.stop(0);
  expect(sender.refusal()).toBeUndefined();
});

function optionsOf(queue: ReturnType<typeof openNotificationQueue>): ConstructorParameters<typeof Sender>[0] {
  return {
    queue,
    clock: { now: Date.now, after: () => () => undefined },
    instruments: createInstruments(),
    send: () => Promise.resolve({ outcome: 'sent' }),
    style: {
      words: WORDS.en,
      timeZone: 'UTC',
      keyword: '',
      mentions: { mobiles: [], all: false },
      links: { grafana: undefined, prometheus: undefined, alertmanager: undefined, handbook: undefined },
    },
    limits: { messagesPerMinute: 18, retryMinMs: 1, retryMaxMs: 1, maxRefusals: 1, maxAgeMs: 1000 },
  };
}
