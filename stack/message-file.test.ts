import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startMessageFile } from './message-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-messages-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('takes messages as the robot does and keeps each in the file', async () => {
  const path = join(folder, 'messages.md');
  await using messages = await startMessageFile(path);
  expect(new URL(messages.url).hostname).toBe('127.0.0.1');
  for (const text of ['### 🔥 one', '### ✅ two']) {
    const body = JSON.stringify({ msgtype: 'markdown', markdown: { title: 'of it', text } });
    const response = await fetch(messages.url, { method: 'POST', body });
    expect(await response.json()).toEqual({ errcode: 0, errmsg: 'ok' });
  }
  expect(readFileSync(path, 'utf8')).toBe('### 🔥 one\n\n---\n\n### ✅ two\n\n---\n\n');
});

test('refuses what is no message', async () => {
  await using messages = await startMessageFile(join(folder, 'messages.md'));
  for (const body of ['', '{', '{}']) {
    expect((await fetch(messages.url, { method: 'POST', body })).status).toBe(400);
  }
});

test('refuses when the file cannot be written, so that the relay tries again', async () => {
  await using messages = await startMessageFile(join(folder, 'missing', 'messages.md'));
  const body = JSON.stringify({ markdown: { text: 'lost?' } });
  expect((await fetch(messages.url, { method: 'POST', body })).status).toBe(400);
});
