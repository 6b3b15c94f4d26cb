/** The schema of the relay's queue, one entry per version. Never change an entry that was released: add one. */
export const QUEUE_MIGRATIONS = [
  `
  CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at INTEGER NOT NULL,
    group_key TEXT NOT NULL,
    urgent INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    notification TEXT NOT NULL
  ) STRICT;
  CREATE INDEX webhooks_by_group ON webhooks (group_key, urgent);
  CREATE INDEX webhooks_by_time ON webhooks (received_at);

  -- News that was accepted, so that its repetition is not sent again.
  CREATE TABLE news (
    news_key TEXT PRIMARY KEY,
    accepted_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX news_by_time ON news (accepted_at);

  -- When messages were handed over: the robot's minute goes on while the relay restarts.
  CREATE TABLE tries (tried_at INTEGER NOT NULL) STRICT;
  `,
] as const;
