import { writeSync } from 'node:fs';
import { answerRecord, TEST_SECRET } from './answer-record.ts';
import { openAnswerStore } from '../answer-store.ts';

// A worker that records answers until it is killed. Each line on stdout: id and time, written after record() returned.
const [path = ''] = process.argv.slice(2);
const store = openAnswerStore({ path, secret: TEST_SECRET });
await store.ready();
setInterval(() => {
  for (let n = 0; n < 3; n += 1) {
    const record = answerRecord({ answer: 'word '.repeat(500) });
    store.record(record);
    writeSync(1, `${record.answerId} ${Date.now()}\n`);
  }
}, 4);
