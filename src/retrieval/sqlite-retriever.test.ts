import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Retriever, ScoredPassage } from '../domain/passage.ts';
import type { Corpus } from './corpus.ts';
import { openCorpus } from './corpus.ts';
import { ingestFolder } from './ingest-folder.ts';
import { createSqliteRetriever } from './sqlite-retriever.ts';

const PAGES: Record<string, string> = {
  'en/slow.md':
    '# Slow answers\n\nThe model needs long.\n\n## First token\n\nLook at `gen_ai.client.token.usage`.',
  'en/keys.md':
    '# API keys\n\nA key is revoked at once with one command.\n\n## Make a key\n\nCreate it, copy it.',
  'en/disk.md': '# Disk full\n\nAnswers go on, records are lost and counted.',
  'en/config.md': '# Configuration\n\n`GLASSGATE_SERVER_PORT` is the public port. Authentication is on.',
  'zh/slow.md': '# 回答变慢\n\n模型耗时过长。\n\n## 首个词元\n\n查看 `gen_ai.client.token.usage`。',
  'zh/keys.md': '# 接口密钥\n\n用一条命令立即吊销密钥。',
  'zh/disk.md': '# 磁盘已满\n\n回答继续，记录丢失并计数。',
};

let folder: string;
let corpus: Corpus;
let retriever: Retriever;
const signal = new AbortController().signal;

async function ingest(pages: Record<string, string>): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  for (const language of ['en', 'zh']) mkdirSync(join(folder, language), { recursive: true });
  for (const [path, text] of Object.entries(pages)) writeFileSync(join(folder, path), text);
  await ingestFolder(corpus, {
    collection: 'handbook',
    folder,
    languages: ['en', 'zh'],
    sourcePrefix: 'docs',
  });
}
async function search(text: string, limit = 5): Promise<readonly ScoredPassage[]> {
  const result = await retriever.search({ text, collection: 'handbook', limit }, signal);
  expect(result.degraded).toBeUndefined();
  return result.passages;
}
const first = async (text: string): Promise<string | undefined> => (await search(text))[0]?.id;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'retriever-'));
  corpus = openCorpus(join(folder, '..', `${folder.split('/').at(-1)}.sqlite`));
  await ingest(PAGES);
  retriever = createSqliteRetriever(corpus);
});
afterEach(() => {
  corpus.close();
  for (const ending of ['', '-wal', '-shm']) rmSync(`${folder}.sqlite${ending}`, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

describe('search', () => {
  it('gives whole passages with a score between 0 and 1, best first', async () => {
    const passages = await search('how is a key revoked?');
    expect(passages[0]).toEqual({
      id: 'en/keys#0',
      documentId: 'en/keys',
      position: 0,
      title: 'API keys',
      source: 'docs/en/keys.md',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      text: 'A key is revoked at once with one command.',
      trust: 'untrusted',
      score: expect.any(Number),
    });
    const scores = passages.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((left, right) => right - left));
    for (const score of scores) expect(score).toBeGreaterThan(0);
    for (const score of scores) expect(score).toBeLessThanOrEqual(1);
  });

  it.each([
    ['Why are the answers slow?', 'en/slow#0'],
    ['回答为什么变慢了？', 'zh/slow#0'],
    ['gen_ai_client_token_usage', 'en/slow#1'],
    ['查看 gen_ai.client.token.usage 的首个词元', 'zh/slow#1'],
    ['glassgate_server_port', 'en/config#0'],
    ['server port', 'en/config#0'],
    ['revoking keys', 'en/keys#0'],
    ['authent', 'en/config#0'],
    ['怎么作废一个密钥', 'zh/keys#0'],
    ['latency of replies', 'en/slow#0'],
    ['磁', 'zh/disk#0'],
    ['满', 'zh/disk#0'],
  ])('finds %j in %s', async (question, id) => {
    expect(await first(question)).toBe(id);
  });

  it('puts the page in the language of the question first, its translation after', async () => {
    const ids = async (question: string): Promise<string[]> => (await search(question)).map(({ id }) => id);
    expect((await ids('gen_ai.client.token.usage')).slice(0, 2)).toEqual(['en/slow#1', 'zh/slow#1']);
    expect((await ids('gen_ai.client.token.usage 是什么')).slice(0, 2)).toEqual(['zh/slow#1', 'en/slow#1']);
  });

  it('scores a question lower the less of it the corpus knows', async () => {
    const [whole] = await search('key revoked');
    const [half] = await search('key revoked zeppelin submarine');
    expect(half!.id).toBe(whole!.id);
    expect(half!.score).toBeLessThan(whole!.score * 0.7);
  });

  it('finds nothing for what is not there, for stop words, for nothing, and in an unknown collection', async () => {
    for (const text of ['zeppelin', 'what is it', '为什么', '', '?!', '""'])
      expect(await search(text)).toEqual([]);
    const elsewhere = await retriever.search({ text: 'key', collection: 'nowhere', limit: 5 }, signal);
    expect(elsewhere).toEqual({ passages: [] });
  });

  it('gives at most the limit', async () => {
    expect(await search('key answers slow disk', 2)).toHaveLength(2);
    expect(await search('key', 0)).toEqual([]);
    expect(await search('key', -1)).toEqual([]);
  });

  it('takes any text for a question', async () => {
    const syntax = fc.constantFrom(
      '"',
      "'",
      '*',
      '(',
      ')',
      'NEAR',
      'AND',
      'OR',
      'NOT',
      '^',
      ':',
      'title :',
      '-',
      '{',
      '\0',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(syntax, fc.string())).map((list) => list.join(' ')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (question) => {
        expect(await search(question)).toBeInstanceOf(Array);
      }),
      { numRuns: 300 },
    );
  });

  it('sees what another connection has changed', async () => {
    const reader = openCorpus(`${folder}.sqlite`, { readOnly: true });
    retriever = createSqliteRetriever(reader);
    expect(await first('zeppelin')).toBeUndefined();
    await ingest({ ...PAGES, 'en/airship.md': '# Airships\n\nThe zeppelin.' });
    expect(await first('zeppelin')).toBe('en/airship#0');
    reader.close();
  });

  it('throws only when the caller has left', async () => {
    const query = { text: 'key', collection: 'handbook', limit: 1 };
    await expect(retriever.search(query, AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  });
});

describe('when the database fails', () => {
  const query = { text: 'revoked', collection: 'handbook', limit: 1 };

  it('says that it is locked', async () => {
    corpus.database.pragma('journal_mode = DELETE');
    corpus.database.pragma('busy_timeout = 0');
    const other = new Database(`${folder}.sqlite`);
    other.exec('BEGIN EXCLUSIVE');
    expect(await retriever.search(query, signal)).toEqual({ passages: [], degraded: 'database_locked' });
    other.exec('ROLLBACK');
    expect(await retriever.search(query, signal)).toMatchObject({ passages: [{ id: 'en/keys#0' }] });
    other.close();
  });

  it('says that it is corrupt', async () => {
    corpus.database.unsafeMode().exec("UPDATE passage_index_data SET block = x'00ff00ff00ff' WHERE id > 10");
    expect(await retriever.search(query, signal)).toEqual({ passages: [], degraded: 'database_corrupt' });
  });

  it('goes on after the database was closed: a name for it, no exception', async () => {
    const version = retriever.corpusVersion('handbook');
    expect(retriever.collections()).toEqual(['handbook']);
    corpus.close();
    expect(await retriever.search(query, signal)).toEqual({ passages: [], degraded: 'search_failed' });
    expect(retriever.collections()).toEqual(['handbook']);
    expect(retriever.corpusVersion('handbook')).toBe('unknown');
    expect(version).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('corpusVersion', () => {
  it('follows the text, and nothing else', async () => {
    const before = retriever.corpusVersion('handbook');
    await ingest({ ...PAGES, 'en/disk.md': '# Disk full\n\nOther words.' });
    const after = retriever.corpusVersion('handbook');
    expect(after).not.toBe(before);
    await ingest(PAGES);
    expect(retriever.corpusVersion('handbook')).toBe(before);
  });

  it('has a value for a collection that is not there', () => {
    expect(retriever.corpusVersion('nowhere')).toMatch(/^[0-9a-f]{16}$/);
    expect(retriever.collections()).toEqual(['handbook']);
  });
});
