import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { answerRecord, bareRecord } from './__fixtures__/answer-record.ts';
import { openAnswerReader, openForReading } from './answer-reader.ts';
import { openAnswerWriter } from './answer-writer.ts';

describe('openAnswerReader', () => {
  it('finds an answer of its owner, and of nobody else', () => {
    const { reader, writer } = setUp();
    const record = answerRecord();
    writer.write([JSON.stringify(record)]);

    expect(reader.find(record.answerId, record.owner)).toEqual(record);
    expect(reader.find(record.answerId, 'key:mallory')).toBeUndefined();
    expect(reader.find('ans_unknown', record.owner)).toBeUndefined();
  });

  it('finds where the telemetry of an answer is', () => {
    const { reader, writer } = setUp();
    const [full, bare] = [answerRecord(), bareRecord()];
    writer.write([full, bare].map((record) => JSON.stringify(record)));

    expect(reader.findTrace(full.answerId)).toEqual({
      traceId: full.traceId,
      chatSpanId: full.chatSpanId,
      responseId: full.responseId,
    });
    expect(reader.findTrace(bare.answerId)).toEqual({ traceId: bare.traceId });
    expect(reader.findTrace('ans_unknown')).toBeUndefined();
  });

  it('finds feedback whose answer is not stored', () => {
    const { reader, writer } = setUp();
    const { feedback } = writer.rate({
      answerId: 'ans_1',
      owner: 'key:alice',
      rating: 'up',
      reasons: ['short'],
    });

    expect(reader.findFeedback('ans_1')).toEqual(feedback);
    expect(reader.findFeedback('ans_2')).toBeUndefined();
  });

  it('says that storage is unavailable when a table is gone, not what SQLite said', () => {
    const { reader, path } = setUp();
    const vandal = new Database(path);
    vandal.exec('DROP TABLE feedback; DROP TABLE answers');
    vandal.close();

    expect(() => reader.find('ans_1', 'key:alice')).toThrow(
      expect.objectContaining({ code: 'storage_unavailable', reason: 'SQLITE_ERROR' }),
    );
  });
});

describe('openForReading', () => {
  it('does not make a file that is not there', () => {
    const path = join(temporaryFolder(), 'answers.db');

    expect(() => openForReading(path)).toThrow('unable to open database file');
    expect(existsSync(path)).toBe(false);
  });

  it('cannot write', () => {
    const { path } = setUp();
    const database = openForReading(path);
    onTestFinished(() => void database.close());

    expect(() => database.exec('DELETE FROM answers')).toThrow('attempt to write a readonly database');
  });

  it('refuses a database from a newer version', () => {
    const { path } = setUp();
    const newer = new Database(path);
    newer.pragma('user_version = 99');
    newer.close();

    expect(() => openForReading(path)).toThrow(/schema version 99/);
  });
});

function setUp() {
  const path = join(temporaryFolder(), 'answers.db');
  const writer = openAnswerWriter({ path, busyTimeoutMs: 20 });
  const reader = openAnswerReader(path);
  onTestFinished(() => (reader.close(), writer.close()));
  return { path, writer, reader };
}
