/** A gateway whose workers end as soon as they start; a program for tests. */
import cluster from 'node:cluster';
import { runPrimary } from '../../src/processes/primary.ts';

if (cluster.isPrimary) await runPrimary();
else process.exit(1);
