import type { Writable } from 'node:stream';

/** A pipe takes so many bytes in one piece: lines of processes that share it are then never mixed. */
const PIECE_BYTES = 4096;
/** The reader may stall (a full pipe); past this many bytes lines are dropped and counted instead of piling up. */
const BUFFER_BYTES = 4 << 20;
/** Longest time a line waits for others to go with it. */
const WAIT_MS = 100;

/**
 * Writes lines in pieces, without ever blocking the process or a thread of it. Our own because the destination of pino
 * (sonic-boom 4.2) leaves a thread stuck in a full pipe, which then holds the end of the process up.
 */
export class LineWriter {
  readonly #target: Writable;
  readonly #onDrop: () => void;
  /** Whole pieces that wait; the last one is still being filled. */
  readonly #pieces: string[] = [];
  #last = '';
  #lastBytes = 0;
  /** Bytes of all of these. */
  #bytes = 0;
  #writing = false;
  #timer: NodeJS.Timeout | undefined;
  #idle: (() => void) | undefined;

  constructor(target: Writable, onDrop: () => void) {
    this.#target = target;
    this.#onDrop = onDrop;
    // Whoever read the lines may have left; that must not end the process.
    target.on('error', () => this.#idle?.());
  }

  /** Takes one line with its line end, or drops it. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#target.destroyed || this.#bytes + bytes > BUFFER_BYTES) {
      this.#onDrop();
      return;
    }
    if (this.#lastBytes > 0 && this.#lastBytes + bytes > PIECE_BYTES) this.#endPiece();
    this.#last += line;
    this.#lastBytes += bytes;
    this.#bytes += bytes;
    this.#timer ??= setTimeout(() => this.#endPiece(), WAIT_MS).unref();
  }

  /** Resolves when everything is written, the reader has left, or `timeoutMs` are over. */
  async close(timeoutMs: number): Promise<void> {
    this.#endPiece();
    if (this.#bytes === 0 || this.#target.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  #endPiece(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lastBytes === 0) return;
    this.#pieces.push(this.#last);
    this.#last = '';
    this.#lastBytes = 0;
    if (!this.#writing) this.#writeNext();
  }

  /** One piece after the other: given several at once, the stream would join them. */
  #writeNext(): void {
    const piece = this.#pieces.shift();
    this.#writing = piece !== undefined;
    if (piece === undefined) {
      if (this.#bytes === 0) this.#idle?.();
      return;
    }
    this.#target.write(piece, (error) => {
      this.#bytes -= Buffer.byteLength(piece);
      if (error) this.#dropLinesOf(piece);
      this.#writeNext();
    });
  }
  #dropLinesOf(piece: string): void {
    for (let at = piece.indexOf('\n'); at !== -1; at = piece.indexOf('\n', at + 1)) this.#onDrop();
  }
}
