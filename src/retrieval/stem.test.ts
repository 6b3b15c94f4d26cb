import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { stem } from './stem.ts';

/** Every ending the algorithm knows, and words that only look as if they had one. */
const WORDS =
  `caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized hopping
tanned falling hissing fizzed failing filing happy sky relational conditional rational valency hesitancy digitizer
conformably radically differently vilely analogously vietnamization predication operator feudalism decisiveness
hopefulness callousness formality sensitivity sensibility triplicate formative formalize electricity electrical hopeful
goodness revival allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment dependent
adoption homologous communism activate angularity effective bowdlerize probate rate cease controller roll assembly
topology configuration configure configured restarting restarted restarts dropping dropped answers answered streaming
latency retries retry retried analysis status process processes access access yes yours by my shy toy employ syllable
be bee agree agrees agreed oed ing ed ional ation s ss es y ment enough`.split(/\s+/);

describe('stem', () => {
  it.each([
    ['configure', 'configuration'],
    ['restart', 'restarting'],
    ['retries', 'retry'],
    ['drop', 'dropped'],
    ['latencies', 'latency'],
  ])('brings %s and %s together', (left, right) => {
    expect(stem(left)).toBe(stem(right));
  });

  it.each(['网关', 'p95', 'v1', 'naïve', 'is', '', 'ÄRGER'])('leaves %j alone', (term) => {
    expect(stem(term)).toBe(term);
  });

  it("gives what SQLite's own Porter stemmer gives", () => {
    const database = new Database(':memory:');
    database.exec(
      "CREATE VIRTUAL TABLE words USING fts5(word, tokenize='porter unicode61');" +
        'CREATE VIRTUAL TABLE stems USING fts5vocab(words, instance)',
    );
    const insert = database.prepare('INSERT INTO words (rowid, word) VALUES (?, ?)');
    for (const [index, word] of WORDS.entries()) insert.run(index, word);
    const stems = database
      .prepare<[], { doc: number; term: string }>('SELECT doc, term FROM stems ORDER BY doc')
      .all();
    expect(stems).toHaveLength(WORDS.length);
    expect(WORDS.map(stem)).toEqual(stems.map(({ term }) => term));
    database.close();
  });
});
