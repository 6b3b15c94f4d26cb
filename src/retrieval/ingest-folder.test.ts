import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScoredPassage } from '../domain/passage.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Corpus } from './corpus.ts';
import { openCorpus } from './corpus.ts';
import type { IngestCounts, IngestFolderOptions } from './ingest-folder.ts';
import { ingestFolder } from './ingest-folder.ts';
import { createSqliteRetriever } from './sqlite-retriever.ts';

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
      quarantined: [],
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
      quarantined: [],
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
      quarantined: [],
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

describe('the guard at the door', () => {
  const guard = (version: string, word = '模型') => ({
    version,
    judge: ({ text }: { text: string }): Verdict =>
      text.includes(word) ? { action: 'block', rule: 'a-rule', category: 'LLM01' } : { action: 'allow' },
  });
  const ingestGuarded = (options: Partial<IngestFolderOptions>) =>
    ingestFolder(corpus, { collection: 'handbook', folder, languages: ['en', 'zh'], ...options });
  const found = async (text: string): Promise<readonly ScoredPassage[]> => {
    const query = { text, collection: 'handbook', limit: 1 };
    return (await createSqliteRetriever(corpus).search(query, new AbortController().signal)).passages;
  };

  it('says which passages it blocked, and their verdict goes with them', async () => {
    const counts = await ingestGuarded({ guard: guard('1') });
    expect(counts).toMatchObject({
      passages: 3,
      quarantined: [{ id: 'zh/runbooks/slow#0', rule: 'a-rule' }],
    });
    expect(await found('回答为什么变慢？')).toMatchObject([
      {
        id: 'zh/runbooks/slow#0',
        trust: 'untrusted',
        verdict: { action: 'block', rule: 'a-rule', category: 'LLM01' },
      },
    ]);
    expect((await found('Why are answers slow?'))[0]).not.toHaveProperty('verdict');
  });

  it('knows of quarantined passages when nothing has changed', async () => {
    await ingestGuarded({ guard: guard('1') });
    const again = await ingestGuarded({ guard: guard('1') });
    expect(again).toMatchObject({ unchanged: 2, quarantined: [{ id: 'zh/runbooks/slow#0' }] });
  });

  it('judges everything again when its rules are others', async () => {
    await ingestGuarded({ guard: guard('1') });
    const again = await ingestGuarded({ guard: guard('2', 'Intro') });
    expect(again).toMatchObject({ changed: 2, quarantined: [{ id: 'en/runbooks/slow#0' }] });
  });

  it('knows whose documents they are', async () => {
    const seen: unknown[] = [];
    const judge = (passage: object): Verdict => {
      seen.push(passage);
      return { action: 'allow' };
    };
    await ingestGuarded({ trust: 'trusted', guard: { version: '1', judge } });
    expect(seen).toContainEqual({ title: '回答变慢', text: '模型。', trust: 'trusted' });
    expect(await found('Why are answers slow?')).toMatchObject([{ trust: 'trusted' }]);
    // Trust that is taken away is a change.
    expect(await ingestGuarded({ guard: { version: '1', judge } })).toMatchObject({ changed: 2 });
    expect(await found('Why are answers slow?')).toMatchObject([{ trust: 'untrusted' }]);
  });
});
