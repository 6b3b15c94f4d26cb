import { listen } from '../http/listen.ts';
import { observe, type Instruments } from '../telemetry/instruments.ts';
import { SYSTEM_CLOCK, type Clock } from './clock.ts';
import { createDingTalkClient } from './dingtalk-client.ts';
import { WORDS } from './message/words.ts';
import { openNotificationQueue, type NotificationQueue } from './queue/notification-queue.ts';
import { createRelayApp } from './relay-app.ts';
import { Sender } from './sender.ts';
import type { RelaySettings } from './settings.ts';

/** A relay that listens and sends. */
export interface Relay {
  readonly port: number;
  /** Stops accepting, lets the message on its way arrive, and closes the queue. */
  stop(): Promise<void>;
}

/** What a relay needs besides its settings. */
export interface RelayOptions {
  readonly instruments: Instruments;
  readonly metrics: () => Promise<string>;
  readonly clock?: Clock;
}

/** After a permanent refusal webhooks are answered with an error for this long; then one is tried again. */
const DEGRADED_MS = 60_000;
/** Half of the ten seconds that most supervisors leave. */
const STOP_TIMEOUT_MS = 5000;
const IDLE_GRACE_MS = 100;

/** Opens the queue, starts sending what is in it, and listens. */
export async function startRelay(
  settings: RelaySettings,
  { instruments, metrics, clock = SYSTEM_CLOCK }: RelayOptions,
): Promise<Relay> {
  const queue = openNotificationQueue({
    folder: settings.folder,
    limit: settings.queue_limit,
    repeatWindowMs: settings.repeat_window_ms,
  });
  const sender = createSender(settings, { queue, clock, instruments });
  const degraded = () => {
    const refusal = sender.refusal();
    return refusal !== undefined && clock.now() - refusal.at < DEGRADED_MS ? refusal.code : undefined;
  };
  const app = createRelayApp({
    token: settings.token,
    instruments,
    metrics,
    degraded,
    accept(notification) {
      const outcome = queue.accept(notification, clock.now());
      if (outcome === 'accepted') sender.wake();
      return outcome;
    },
    readiness() {
      const code = degraded();
      return {
        ready: code === undefined,
        missing: code === undefined ? [] : [`dingtalk refuses messages: ${code}`],
      };
    },
  });
  const stopObserving = observeQueue(queue, sender, clock);
  const { host, port } = settings;
  try {
    const server = await listen(app, { host, port, idleGraceMs: IDLE_GRACE_MS }, instruments);
    return {
      port: server.port,
      async stop() {
        server.stopAccepting();
        const isSent = sender.stop(STOP_TIMEOUT_MS);
        await server.idle(STOP_TIMEOUT_MS);
        server.cut();
        await isSent;
        stopObserving();
        queue.close();
      },
    };
  } catch (error) {
    await sender.stop(0);
    queue.close();
    throw error;
  }
}

function createSender(
  settings: RelaySettings,
  { queue, clock, instruments }: { queue: NotificationQueue; clock: Clock; instruments: Instruments },
): Sender {
  return new Sender({
    queue,
    clock,
    instruments,
    send: createDingTalkClient({
      url: settings.dingtalk_url,
      secret: settings.dingtalk_secret,
      timeoutMs: settings.request_timeout_ms,
      now: () => clock.now(),
    }),
    style: {
      words: WORDS[settings.language],
      timeZone: settings.time_zone,
      keyword: settings.keyword,
      mentions: { mobiles: settings.mention_mobiles, all: settings.mention_all },
      links: {
        grafana: settings.grafana_url,
        prometheus: settings.prometheus_url,
        alertmanager: settings.alertmanager_url,
        handbook: settings.handbook_url,
      },
    },
    limits: {
      messagesPerMinute: settings.messages_per_minute,
      retryMinMs: settings.retry_min_ms,
      retryMaxMs: settings.retry_max_ms,
      maxRefusals: settings.max_refusals,
      maxAgeMs: settings.max_age_ms,
    },
  });
}

function observeQueue(queue: NotificationQueue, sender: Sender, clock: Clock): () => void {
  const stops = [
    observe('glassgate.relay.queued', () => queue.length()),
    observe(
      'glassgate.relay.oldest_age',
      () => Math.max(clock.now() - (queue.oldest() ?? clock.now()), 0) / 1000,
    ),
    observe('glassgate.relay.degraded', () => (sender.refusal() === undefined ? 0 : 1)),
  ];
  return () => stops.forEach((stop) => stop());
}
