import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Pool } from 'undici';
import { exchange } from './exchange.ts';

let answer: (outgoing: ServerResponse) => void;
let bodies: string[];
let pool: Pool;
let close: () => Promise<void>;

beforeEach(async () => {
  bodies = [];
  const server = createServer((incoming, outgoing) => {
    incoming.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
    incoming.on('end', () => answer(outgoing));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  close = async () => {
    await pool.destroy();
    server.close();
  };
});

afterEach(() => close());

const ask = (stream: boolean, frames = 0) => exchange(pool, { body: '{"a":1}', stream, frames });

describe('an answer', () => {
  test('is read whole', async () => {
    answer = (outgoing) => outgoing.end('{}');
    const { ok, durationMs, framesMs } = await ask(false);
    expect({ ok, framesMs }).toEqual({ ok: true, framesMs: [] });
    expect(durationMs).toBeGreaterThan(0);
    expect(bodies).toEqual(['{"a":1}']);
  });

  test.each([
    ['another status', (outgoing: ServerResponse) => outgoing.writeHead(503).end('{}')],
    ['no body', (outgoing: ServerResponse) => outgoing.end()],
    ['a broken connection', (outgoing: ServerResponse) => outgoing.destroy()],
    [
      'a body that breaks off',
      (outgoing: ServerResponse) => {
        outgoing.writeHead(200, { 'content-length': '10' });
        outgoing.write('half', () => outgoing.destroy());
      },
    ],
  ])('fails on %s', async (_what, reply) => {
    answer = reply;
    expect((await ask(false)).ok).toBe(false);
  });
});

describe('a stream', () => {
  test('has a time for every frame, however the bytes are cut', async () => {
    const pieces = ['data: 1\n\ndata: 2\n', '\nda', 'ta: 3\n\n'];
    answer = (outgoing) => {
      const next = (): void => {
        const piece = pieces.shift();
        if (piece === undefined) outgoing.end();
        else outgoing.write(piece, () => setImmediate(next));
      };
      next();
    };
    const { ok, framesMs } = await ask(true, 3);
    expect(ok).toBe(true);
    expect(framesMs).toHaveLength(3);
    expect(framesMs.toSorted((left, right) => left - right)).toEqual(framesMs);
  });

  test('that misses a frame has failed', async () => {
    answer = (outgoing) => outgoing.end('data: 1\n\n');
    expect((await ask(true, 2)).ok).toBe(false);
  });
});
