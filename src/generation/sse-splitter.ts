import { GatewayError } from '../errors/gateway-error.ts';

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = new Uint8Array(0);

/** Bytes of one event past which a stream is taken for broken: nothing a model sends in one chunk comes near. */
const EVENT_LIMIT_BYTES = 8 << 20;

/** Cuts a byte stream into Server-Sent Events; how the network split the bytes makes no difference. */
export class SseSplitter {
  #rest: Uint8Array = EMPTY;
  /** Memory of ours that holds `#rest` when it came in more than one read. */
  #store: Uint8Array = EMPTY;
  /** Position in `#rest` up to which line ends have been looked at. */
  #scanned = 0;
  #lineIsEmpty = true;

  /** Events completed by these bytes, each with its closing blank line. Throws past the size limit. */
  push(bytes: Uint8Array): Uint8Array[] {
    const buffer = this.#join(bytes);
    const events: Uint8Array[] = [];
    let start = 0;
    let position = this.#scanned;
    while (position < buffer.length) {
      const byte = buffer[position];
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = false;
        position += 1;
        continue;
      }
      // A CR at the very end may be half of CRLF: wait for the next byte.
      if (byte === CR && position + 1 === buffer.length) break;
      position += byte === CR && buffer[position + 1] === LF ? 2 : 1;
      if (this.#lineIsEmpty) {
        events.push(buffer.subarray(start, position));
        start = position;
      }
      this.#lineIsEmpty = true;
    }
    this.#rest = buffer.subarray(start);
    this.#scanned = position - start;
    if (this.#rest.length > EVENT_LIMIT_BYTES)
      throw new GatewayError('upstream_error', {
        message: 'The model server sent an event that is too large.',
      });
    return events;
  }

  /** The event that a CR at the very end of the stream completes; whatever else is left was cut off. */
  end(): Uint8Array | undefined {
    return this.#lineIsEmpty && this.#rest.at(-1) === CR ? this.#rest : undefined;
  }

  /** The rest and what follows it in one piece. Room is kept for more: a large event in small reads is not copied with each. */
  #join(bytes: Uint8Array): Uint8Array {
    const { length } = this.#rest;
    if (length === 0) return bytes;
    let end = this.#rest.byteOffset + length;
    if (this.#rest.buffer !== this.#store.buffer || this.#store.length - end < bytes.length) {
      this.#store = new Uint8Array(2 * (length + bytes.length));
      this.#store.set(this.#rest);
      end = length;
    }
    this.#store.set(bytes, end);
    return this.#store.subarray(end - length, end + bytes.length);
  }
}

/** The `data` of one event: its data lines joined by newlines; `undefined` for a comment or an empty event. */
export function dataOf(event: Uint8Array): string | undefined {
  const text = Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString('utf8');
  // The shape nearly every event has: one data line, then the blank line.
  if (text.startsWith('data: ') && text.indexOf('\n') === text.length - 2 && !text.includes('\r'))
    return text.slice(6, -2);
  const lines: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === 'data') lines.push('');
    else if (line.startsWith('data:')) lines.push(line.slice(line.startsWith('data: ') ? 6 : 5));
  }
  return lines.length === 0 ? undefined : lines.join('\n');
}
