import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LineWriter } from './line-writer.ts';

/** A target whose writes end only when the test says so. */
class HeldTarget extends Writable {
  readonly pieces: string[] = [];
  readonly #callbacks: ((error?: Error | null) => void)[] = [];

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.pieces.push(chunk.toString());
    this.#callbacks.push(callback);
  }

  /** Ends the write that is under way. */
  async release(error?: Error): Promise<void> {
    this.#callbacks.shift()?.(error);
    // The stream tells its writer a tick later.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async releaseAll(): Promise<void> {
    while (this.#callbacks.length > 0) await this.release();
  }
}

let target: HeldTarget;
let dropped: number;
let writer: LineWriter;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  target = new HeldTarget();
  dropped = 0;
  writer = new LineWriter(target, () => void (dropped += 1));
});

afterEach(() => {
  vi.useRealTimers();
});

function line(text: string, bytes = 0): string {
  return `${text.padEnd(bytes - 1, 'x')}\n`;
}

describe('lines', () => {
  test('wait for others to go with them, but not long', () => {
    writer.write('one\n');
    writer.write('two\n');
    expect(target.pieces).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(target.pieces).toEqual(['one\ntwo\n']);
  });

  test('go at once when a pipe can take no more in one piece', () => {
    writer.write(line('one', 3000));
    writer.write(line('two', 1000));
    expect(target.pieces).toEqual([]);
    writer.write(line('three', 500));
    expect(target.pieces).toEqual([line('one', 3000) + line('two', 1000)]);
  });

  test('are counted in bytes and not in characters', () => {
    writer.write(`${'水'.repeat(1000)}\n`);
    writer.write(`${'水'.repeat(400)}\n`);
    expect(target.pieces).toEqual([`${'水'.repeat(1000)}\n`]);
  });

  test('that are longer than a piece go alone', () => {
    writer.write('one\n');
    writer.write(line('long', 10_000));
    writer.write('two\n');
    expect(target.pieces).toEqual(['one\n']);
  });

  test('go one piece after the other, however many wait', async () => {
    for (let count = 0; count < 10; count += 1) writer.write(line(String(count), 4000));
    expect(target.pieces).toHaveLength(1);
    await target.release();
    expect(target.pieces).toHaveLength(2);
    await target.releaseAll();
    vi.advanceTimersByTime(100);
    await target.releaseAll();
    expect(target.pieces.map((piece) => piece[0]).join('')).toBe('0123456789');
    for (const piece of target.pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(4096);
  });

  test('leave no timer behind when they have gone', () => {
    writer.write(line('one', 4000));
    writer.write(line('two', 4000));
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a reader who stalls', () => {
  test('costs four megabytes and then lines, each counted', () => {
    for (let count = 0; count < 5000; count += 1) writer.write(line(String(count), 1024));
    expect(dropped).toBe(5000 - 4096);
  });

  test('and goes on reading gets what comes then', async () => {
    for (let count = 0; count < 5000; count += 1) writer.write(line('old', 1024));
    const lost = dropped;
    await target.releaseAll();
    writer.write('new\n');
    expect(dropped).toBe(lost);
  });
});

describe('a reader who has left', () => {
  test('takes the lines that were on their way with him: they are counted', async () => {
    const closed = new Promise((resolve) => target.once('close', resolve));
    for (let count = 0; count < 9; count += 1) writer.write(line('x', 1024));
    await target.release(new Error('EPIPE'));
    await closed;
    vi.advanceTimersByTime(100);
    await new Promise((resolve) => setImmediate(resolve));
    expect(dropped).toBe(9);
    writer.write('late\n');
    expect(dropped).toBe(10);
  });
});

describe('the end', () => {
  test('waits for what is not written yet', async () => {
    writer.write('one\n');
    let isClosed = false;
    const closing = writer.close(1000).then(() => (isClosed = true));
    expect(target.pieces).toEqual(['one\n']);
    expect(isClosed).toBe(false);
    await target.release();
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not wait longer than it may', async () => {
    writer.write('one\n');
    const closing = writer.close(1000);
    vi.advanceTimersByTime(1000);
    await closing;
    expect(target.pieces).toEqual(['one\n']);
  });

  test('does not wait when there is nothing to write', async () => {
    await writer.close(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not wait for a reader who leaves', async () => {
    writer.write('one\n');
    const closing = writer.close(1000);
    await target.release(new Error('EPIPE'));
    await closing;
    expect(dropped).toBe(1);
  });
});
