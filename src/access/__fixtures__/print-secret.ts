import { loadInstanceSecret } from '../instance-secret.ts';

// A process that starts while others do the same.
const [folder = ''] = process.argv.slice(2);
process.stdout.write(loadInstanceSecret(folder).toString('hex'));
