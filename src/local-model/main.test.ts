import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('says how to add the model when it is not there', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const env = { ...process.env, XDG_CACHE_HOME: join(tmpdir(), 'no-such-cache') };
  const child = spawn(process.execPath, [main], { env });
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect([code, errors]).toEqual([
    1,
    'The local model is not installed. Add it first: npm run add-local-model\n',
  ]);
});
