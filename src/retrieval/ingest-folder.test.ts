import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Corpus } from './corpus.ts';
import { openCorpus } from './corpus.ts';
import type { IngestCounts } from './ingest-folder.ts';
import { ingestFolder } from './ingest-folder.ts';

let folder: string;
let corpus: Corpus;
const write = (path: string, text: string | Buffer): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const ingest = async (): Promise<IngestCounts> =>
  ingestFolder(corpus, { collection: 'handbook', folder, languages: ['en', 'zh'], sourcePrefix: 'docs' });
const rows = (): unknown[] =>
  corpus.database.prepare('SELECT document_id, position, language, source, title, text FROM passages').all();
const indexed = (): unknown => corpus.database.prepare('SELECT count(*) AS n FROM passage_index').get();
const revision = (): unknown => corpus.database.prepare('SELECT number FROM revision').pluck().get();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingest-'));
  corpus = openCorpus(':memory:');
  write('en/runbooks/slow.md', '# Slow answers\n\nIntro.\n\n## Causes\n\nThe model.');
  write('zh/runbooks/slow.md', '# 回答变慢\n\n模型。');
});
afterEach(() => {
  corpus.close();
  rmSync(folder, { recursive: true });
});

describe('ingestFolder', () => {
  it('makes passages of every Markdown file of every language', async () => {
    write('en/notes.txt', 'not Markdown');
    expect(await ingest()).toEqual({
      added: 2,
      changed: 0,
      unchanged: 0,
      removed: 0,
      skipped: 0,
      passages: 3,
    });
    const en = { document_id: 'en/runbooks/slow', language: 'en', source: 'docs/en/runbooks/slow.md' };
    expect(rows()).toEqual([
      { ...en, position: 0, title: 'Slow answers', text: 'Intro.' },
      { ...en, position: 1, title: 'Slow answers › Causes', text: 'The model.' },
      {
        document_id: 'zh/runbooks/slow',
        position: 0,
        language: 'zh',
        source: 'docs/zh/runbooks/slow.md',
        title: '回答变慢',
        text: '模型。',
      },
    ]);
    expect(indexed()).toEqual({ n: 3 });
  });

  it('changes nothing the second time', async () => {
    await ingest();
    const before = revision();
    expect(await ingest()).toEqual({
      added: 0,
      changed: 0,
      unchanged: 2,
      removed: 0,
      skipped: 0,
      passages: 3,
    });
    expect(revision()).toBe(before);
  });

  it('follows changes and removals, and leaves nothing of the old text in the index', async () => {
    await ingest();
    write('en/runbooks/slow.md', '# Slow answers\n\nOnly this.');
    rmSync(join(folder, 'zh/runbooks/slow.md'));
    expect(await ingest()).toEqual({
      added: 0,
      changed: 1,
      unchanged: 0,
      removed: 1,
      skipped: 0,
      passages: 1,
    });
    expect(indexed()).toEqual({ n: 1 });
    const found = corpus.database.prepare('SELECT rowid FROM passage_index WHERE passage_index MATCH ?');
    expect(found.all('"model"')).toEqual([]);
    expect(found.all('"模型"')).toEqual([]);
  });

  it('leaves other collections alone', async () => {
    await ingest();
    const counts = await ingestFolder(corpus, { collection: 'other', folder, languages: ['zh'] });
    expect(counts).toMatchObject({ added: 1, passages: 1 });
    expect(await ingest()).toMatchObject({ unchanged: 2, removed: 0 });
    expect(indexed()).toEqual({ n: 4 });
  });

  it('takes an absolute, relative or slash-ended folder for the same', async () => {
    await ingest();
    const again = {
      collection: 'handbook',
      folder: `${folder}/`,
      languages: ['en', 'zh'],
      sourcePrefix: 'docs',
    };
    expect(await ingestFolder(corpus, again)).toMatchObject({ unchanged: 2 });
  });

  it('skips and counts what is too large to be a page', async () => {
    write('en/huge.md', Buffer.alloc(2 * 1024 * 1024 + 1, 'x'));
    expect(await ingest()).toMatchObject({ added: 2, skipped: 1 });
  });

  it('fails when a language has no folder, rather than removing its pages', async () => {
    await ingest();
    rmSync(join(folder, 'zh'), { recursive: true });
    await expect(ingest()).rejects.toThrow(/ENOENT/);
    expect(indexed()).toEqual({ n: 3 });
  });

  it('keeps each document whole when one cannot be written', async () => {
    await ingest();
    corpus.database.exec(
      `CREATE TRIGGER broken BEFORE INSERT ON passages WHEN NEW.title LIKE '%Causes%'
       BEGIN SELECT raise(ABORT, 'no more room'); END`,
    );
    write('en/runbooks/slow.md', '# New\n\nNew text.\n\n## Causes\n\nOther.');
    await expect(ingest()).rejects.toThrow('no more room');
    expect(rows()).toHaveLength(3);
    expect(rows()).toContainEqual(expect.objectContaining({ text: 'The model.' }));
  });
});
