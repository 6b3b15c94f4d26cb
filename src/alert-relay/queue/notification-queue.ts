import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { openDatabase } from '../../storage/open-database.ts';
import { worstSeverity, type Notification } from '../notification.ts';
import type { Waiting } from '../plan-message.ts';
import { newsKey } from '../webhook.ts';
import { QUEUE_MIGRATIONS } from './schema.ts';

/** What became of a webhook. */
export type Acceptance = 'accepted' | 'duplicate' | 'queue_full';

/** A notification and the number under which it waits. */
export interface QueuedNotification {
  readonly id: number;
  readonly notification: Notification;
}

/** Notifications between their webhook and DingTalk's word that it has them; on disk before the webhook is answered. */
export interface NotificationQueue {
  accept(notification: Notification, now: number): Acceptance;
  waiting(): Waiting;
  /** What waits of these groups, oldest first. */
  ofGroups(groupKeys: readonly string[]): QueuedNotification[];
  /** What was received before then. */
  receivedBefore(time: number): QueuedNotification[];
  /** DingTalk has them. */
  remove(notifications: readonly QueuedNotification[]): void;
  /** DingTalk will not have them; when Alertmanager repeats them they are news again. */
  giveUp(notifications: readonly QueuedNotification[]): void;
  length(): number;
  /** Since when the oldest waits. */
  oldest(): number | undefined;
  noteTry(now: number): void;
  tries(): number[];
  close(): void;
}

/** How much may wait, and for how long the same news is no news. */
export interface QueueOptions {
  readonly folder: string;
  readonly limit: number;
  readonly repeatWindowMs: number;
}

/** A full queue of large webhooks must not fill the disk. */
const LIMIT_BYTES = 64 << 20;
/** More than this does not fit into one message anyway; the rest is in the next. */
const BATCH_LIMIT = 2000;
const MINUTE_MS = 60_000;

interface QueuedRow {
  readonly id: number;
  readonly notification: string;
}

/** Opens the queue, which belongs to this process alone: a second relay on it would send everything twice. */
export function openNotificationQueue({ folder, limit, repeatWindowMs }: QueueOptions): NotificationQueue {
  const database = openDatabase({
    path: join(folder, 'queue.db'),
    migrations: QUEUE_MIGRATIONS,
    busyTimeoutMs: 1000,
  });
  // An alert that was answered with 200 survives a power cut, too.
  database.pragma('synchronous = FULL');
  database.pragma('locking_mode = EXCLUSIVE');
  // The lock is taken by the first write and kept.
  database.transaction(() => database.prepare('DELETE FROM tries WHERE tried_at < 0').run()).immediate();
  const statements = prepareStatements(database);
  const size = () => statements.size.get() ?? { count: 0, bytes: 0 };
  const accept = database.transaction((notification: Notification, now: number): Acceptance => {
    statements.forget.run(now - repeatWindowMs);
    const text = JSON.stringify(notification);
    const textBytes = Buffer.byteLength(text);
    const { count, bytes } = size();
    if (count >= limit || bytes + textBytes > LIMIT_BYTES) return 'queue_full';
    if (statements.note.run(newsKey(notification), now).changes === 0) return 'duplicate';
    const urgent = worstSeverity(notification.alerts) === 'page' ? 1 : 0;
    statements.insert.run(now, notification.groupKey, urgent, textBytes, text);
    return 'accepted';
  });
  const remove = (notifications: readonly QueuedNotification[]) =>
    statements.remove.run(JSON.stringify(notifications.map(({ id }) => id)));
  const giveUp = database.transaction((notifications: readonly QueuedNotification[]) => {
    for (const { notification } of notifications) statements.forgetNews.run(newsKey(notification));
    remove(notifications);
  });
  const noteTry = database.transaction((now: number) => {
    statements.forgetTries.run(now - MINUTE_MS);
    statements.noteTry.run(now);
  });
  return {
    accept: (notification, now) => accept.immediate(notification, now),
    waiting() {
      const groups = statements.groups.all();
      const keysOf = (urgent: number) =>
        groups.filter((group) => group.urgent === urgent).map(({ group_key }) => group_key);
      return { urgent: keysOf(1), others: keysOf(0) };
    },
    ofGroups: (groupKeys) => statements.ofGroups.all(JSON.stringify(groupKeys), BATCH_LIMIT).map(readRow),
    receivedBefore: (time) => statements.receivedBefore.all(time, BATCH_LIMIT).map(readRow),
    remove: (notifications) => void remove(notifications),
    giveUp: (notifications) => giveUp.immediate(notifications),
    length: () => size().count,
    oldest: () => statements.oldest.get() ?? undefined,
    noteTry: (now) => noteTry.immediate(now),
    tries: () => statements.tries.all(),
    close: () => void database.close(),
  };
}

function prepareStatements(database: Database.Database) {
  return {
    size: database.prepare<[], { count: number; bytes: number }>(
      'SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes FROM webhooks',
    ),
    forget: database.prepare('DELETE FROM news WHERE accepted_at <= ?'),
    note: database.prepare('INSERT INTO news VALUES (?, ?) ON CONFLICT DO NOTHING'),
    insert: database.prepare(
      'INSERT INTO webhooks (received_at, group_key, urgent, bytes, notification) VALUES (?, ?, ?, ?, ?)',
    ),
    groups: database.prepare<[], { group_key: string; urgent: number }>(
      'SELECT group_key, max(urgent) AS urgent FROM webhooks GROUP BY group_key ORDER BY min(id)',
    ),
    ofGroups: database.prepare<[string, number], QueuedRow>(
      'SELECT id, notification FROM webhooks WHERE group_key IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?',
    ),
    remove: database.prepare('DELETE FROM webhooks WHERE id IN (SELECT value FROM json_each(?))'),
    receivedBefore: database.prepare<[number, number], QueuedRow>(
      'SELECT id, notification FROM webhooks WHERE received_at < ? ORDER BY id LIMIT ?',
    ),
    forgetNews: database.prepare('DELETE FROM news WHERE news_key = ?'),
    oldest: database.prepare<[], number | null>('SELECT min(received_at) FROM webhooks').pluck(),
    forgetTries: database.prepare('DELETE FROM tries WHERE tried_at <= ?'),
    noteTry: database.prepare('INSERT INTO tries VALUES (?)'),
    tries: database.prepare<[], number>('SELECT tried_at FROM tries').pluck(),
  };
}

function readRow({ id, notification }: QueuedRow): QueuedNotification {
  return { id, notification: JSON.parse(notification) as Notification };
}
