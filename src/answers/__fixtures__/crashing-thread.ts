import { parentPort } from 'node:worker_threads';
import type { WriterRequest } from '../writer-client.ts';

// The real writer thread, except that a record with the word CRASH ends it the hard way.
parentPort?.on('message', ({ command }: WriterRequest) => {
  if (command.kind === 'write' && Buffer.from(command.batch.bytes).includes('CRASH')) process.exit(1);
});
await import('../writer-thread.ts');
