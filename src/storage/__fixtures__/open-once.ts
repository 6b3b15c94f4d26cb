import { openDatabase } from '../open-database.ts';

// A process that opens a database while others do the same; its steps fail when one of them is repeated.
const [path = ''] = process.argv.slice(2);
const database = openDatabase({
  path,
  busyTimeoutMs: 250,
  migrations: ['CREATE TABLE steps (step INTEGER)', 'INSERT INTO steps VALUES (2)', 'INSERT INTO steps VALUES (3)'],
});
process.stdout.write(JSON.stringify(database.prepare('SELECT step FROM steps').pluck().all()));
database.close();
