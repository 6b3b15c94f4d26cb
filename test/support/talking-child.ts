/** A child process of tests: answers its parent, keeps silent, or ends at once, as its argument says. */
import { answerPrimary, sendToPrimary } from '../../src/processes/answer-primary.ts';

const mood = process.argv[2];
if (mood === 'broken') process.exit(3);
answerPrimary(
  mood === 'silent'
    ? {}
    : {
        metrics: () => Promise.resolve('metrics text'),
        readiness: () => Promise.resolve({ ready: true, missing: [] }),
        drain: () => process.exit(7),
      },
);
sendToPrimary({ type: 'listening', port: 4321 });
