import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Agent } from 'undici';
import { createUpstreamAgent, createUpstreamFetch, type UpstreamResponse } from './upstream-fetch.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

let answer: (response: ServerResponse) => void;
let seen: Seen[];
let url: string;
let agent: Agent;
let close: () => Promise<void>;

beforeEach(async () => {
  seen = [];
  answer = (response) => response.end('{"ok":true}');
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const { method, headers } = incoming;
      seen.push({ method, url: incoming.url, headers, body: Buffer.concat(parts).toString() });
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  agent = createUpstreamAgent({ connectTimeoutMs: 1000, maxConnections: 4 });
  close = async () => {
    await agent.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
});

afterEach(() => close());

/** The response as our own type: the client only knows the platform's. */
async function send(path: string, init?: RequestInit): Promise<UpstreamResponse> {
  return (await createUpstreamFetch(agent)(`${url}${path}`, init ?? {})) as unknown as UpstreamResponse;
}

describe('the request', () => {
  test('is a GET without a body when nothing else is said', async () => {
    await (await send('/v1/models')).text();
    expect(seen).toMatchObject([{ method: 'GET', url: '/v1/models', body: '' }]);
  });

  test('has the method, headers and body it is given', async () => {
    const headers = new Headers({ 'x-one': '1', 'content-type': 'application/json' });
    await (await send('/v1/chat?a=b', { method: 'POST', headers, body: '{"é":1}' })).text();
    expect(seen).toMatchObject([
      { method: 'POST', url: '/v1/chat?a=b', body: '{"é":1}', headers: { 'x-one': '1' } },
    ]);
    expect(seen[0]?.headers['content-length']).toBe(String(Buffer.byteLength('{"é":1}')));
  });
});

describe('the response', () => {
  test('has status, headers and URL', async () => {
    answer = (response) => {
      response.writeHead(201, { 'X-Name': 'value', 'Set-Cookie': ['a=1', 'b=2'] });
      response.end();
    };
    const response = await send('/');
    await response.text();
    expect(response).toMatchObject({ status: 201, ok: true, url: `${url}/`, body: null });
    expect(response.headers.get('x-name')).toBe('value');
    expect(response.headers.get('set-cookie')).toContain('b=2');
    expect(response.headers.get('absent')).toBeNull();
  });

  test('lists its headers by lower-case name, without the spaces around a value', async () => {
    answer = (response) => response.writeHead(200, { 'X-Name': ' value ' }).end();
    const response = await send('/');
    await response.text();
    expect(Object.fromEntries(response.headers.entries())).toMatchObject({ 'x-name': 'value' });
    expect(response.headers.get('X-NAME')).toBe('value');
  });

  test.each([
    [200, true],
    [204, true],
    [299, true],
    [301, false],
    [400, false],
    [503, false],
  ])('%i is good: %s', async (status, ok) => {
    answer = (response) => response.writeHead(status).end();
    const response = await send('/');
    await response.text();
    expect(response.ok).toBe(ok);
  });

  test('does not follow a redirect: the upstream is where the configuration says', async () => {
    answer = (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    expect((await send('/')).status).toBe(307);
    expect(seen).toHaveLength(1);
  });

  test('can be read as JSON', async () => {
    expect(await (await send('/')).json()).toEqual({ ok: true });
  });

  test('that is no JSON fails to be read as such', async () => {
    answer = (response) => response.end('<html>');
    await expect((await send('/')).json()).rejects.toThrow(SyntaxError);
  });

  test('hands on its bytes one read after the other', async () => {
    answer = (response) => {
      response.write('one');
      setImmediate(() => response.end('two'));
    };
    const parts: string[] = [];
    for await (const part of (await send('/')).bytes as AsyncIterable<Uint8Array>) parts.push(String(part));
    expect(parts.join('')).toBe('onetwo');
  });

  test('that breaks off is an error of the reader', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('one');
      setImmediate(() => response.destroy());
    };
    await expect((await send('/')).text()).rejects.toThrow('other side closed');
  });
});

describe('an abort', () => {
  test('before the headers rejects', async () => {
    answer = () => undefined;
    const controller = new AbortController();
    const sent = send('/', { signal: controller.signal });
    await expect.poll(() => seen.length).toBe(1);
    controller.abort();
    await expect(sent).rejects.toThrow('aborted');
  });

  test('between the bytes ends the reading', async () => {
    answer = (response) => void response.write('one');
    const controller = new AbortController();
    const response = await send('/', { signal: controller.signal });
    const reader = (response.bytes as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    expect(String((await reader.next()).value)).toBe('one');
    controller.abort();
    await expect(reader.next()).rejects.toThrow('aborted');
  });
});

test('the agent has no time-outs of its own for headers and bodies: each phase is bounded by our clock', () => {
  // Looked at from inside, since its clock is too coarse and its defaults too long to wait for.
  const symbol = Object.getOwnPropertySymbols(agent).find(({ description }) => description === 'options');
  const options = Object.getOwnPropertyDescriptor(agent, symbol ?? '')?.value as object;
  expect(options).toMatchObject({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 1000 },
    connections: 4,
  });
});
