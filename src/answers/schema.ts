/**
 * The schema of `answers.db`, one entry per version. Never change an entry that was released: add one.
 * `feedback` has no foreign key on purpose: it may come before its answer's record, and is kept when that was lost.
 */
export const ANSWER_MIGRATIONS = [
  `
  CREATE TABLE answers (
    answer_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    request_id TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    chat_span_id TEXT,
    response_id TEXT,
    created_at INTEGER NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    model TEXT NOT NULL,
    stream INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    error_code TEXT,
    finish_reason TEXT,
    passages TEXT NOT NULL,
    stages TEXT NOT NULL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    time_to_first_token_ms REAL,
    duration_ms REAL NOT NULL,
    overhead_ms REAL NOT NULL,
    versions TEXT NOT NULL
  ) STRICT;
  -- With the id in it, a read by time and rating looks at the index alone until an answer is wanted.
  CREATE INDEX answers_by_time ON answers (created_at, answer_id);

  CREATE TABLE feedback (
    answer_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    rating TEXT CHECK (rating IN ('up', 'down')),
    comment TEXT,
    reasons TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX feedback_by_rating ON feedback (rating, answer_id);
  CREATE INDEX feedback_by_time ON feedback (created_at);
  `,
  `
  -- Answers quote the same passages again and again: each text is kept once. \`answers.passages\` of the version before
  -- has the texts in it, and keeps them.
  CREATE TABLE passage_texts (
    hash TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    -- Unix time in milliseconds, up to two hours behind; says when no answer that is kept needs the text.
    used_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX passage_texts_by_use ON passage_texts (used_at);
  `,
] as const;
