import { answerRecord, TEST_SECRET } from './answer-record.ts';
import type { RecordLoss } from '../answer-recorder.ts';
import { openAnswerStore } from '../answer-store.ts';

// A worker that records and rates as fast as it can with a small queue, closes, and tells what its callbacks counted.
const [path = '', count = '0'] = process.argv.slice(2);
const lost: Partial<Record<RecordLoss['reason'], number>> = {};
let recorded = 0;
const store = openAnswerStore({
  path,
  secret: TEST_SECRET,
  queueLimit: 200,
  onLoss: ({ count, reason }) => void (lost[reason] = (lost[reason] ?? 0) + count),
  onRecorded: (count) => void (recorded += count),
});
let rated = 0;
for (let n = 0; n < Number(count); n += 1) {
  const record = answerRecord({ createdAt: Date.now() });
  store.record(record);
  if (n % 50 > 0) continue;
  const result = await store.rate({ answerId: record.answerId, owner: record.owner, rating: 'up' });
  if (result.found && result.changed) rated += 1;
}
await store.close({ timeoutMs: 10_000 });
process.stdout.write(JSON.stringify({ recorded, lost, rated, stats: store.stats() }));
