import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseReader } from './sse-reader.ts';

const encoder = new TextEncoder();

function readWhole(text: string): string[] {
  return createSseReader().push(encoder.encode(text));
}

/** Cuts bytes at the given places, wherever those fall. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
}

describe('createSseReader', () => {
  it('gives the data of each complete event', () => {
    expect(readWhole('data: one\n\ndata: two\n\n')).toEqual(['one', 'two']);
  });

  it('joins the data lines of one event and takes off one leading space only', () => {
    expect(readWhole('data: one\ndata:two\ndata:  three\n\n')).toEqual(['one\ntwo\n three']);
  });

  it('reads a data line without a colon as an empty line', () => {
    expect(readWhole('data\ndata: x\n\n')).toEqual(['\nx']);
  });

  it('passes over comments, other fields and empty events', () => {
    expect(readWhole(': ping\n\nevent: note\nid: 7\nretry: 10\n\ndataset: no\n\ndata: yes\n\n')).toEqual([
      'yes',
    ]);
  });

  it.each(['\n', '\r', '\r\n'])('ends lines at %j', (end) => {
    expect(readWhole(`data: one${end}${end}data: two${end}${end}`)).toEqual(['one', 'two']);
  });

  it('does not count CR and LF as two line ends when the network cuts between them', () => {
    const reader = createSseReader();
    const pieces = ['data: one\r', '\n\r', '\n', 'data: two\r\n\r\n'];
    expect(pieces.map((piece) => reader.push(encoder.encode(piece)))).toEqual([[], ['one'], [], ['two']]);
  });

  it('passes over a byte order mark', () => {
    expect(readWhole('\uFEFFdata: one\n\n')).toEqual(['one']);
  });

  it('keeps an event back until its empty line has come', () => {
    const reader = createSseReader();
    expect(reader.push(encoder.encode('data: half'))).toEqual([]);
    expect(reader.push(encoder.encode(' and half\n'))).toEqual([]);
    expect(reader.push(encoder.encode('\n'))).toEqual(['half and half']);
  });

  it('gives up on an event past its limit, in one line or in many', () => {
    const oneLine = createSseReader(20);
    expect(() => oneLine.push(encoder.encode(`data: ${'x'.repeat(30)}`))).toThrow(RangeError);
    const manyLines = createSseReader(20);
    expect(() => manyLines.push(encoder.encode('data: xxxxxxxx\n'.repeat(3)))).toThrow(RangeError);
  });

  it('does not count what has been given out against the limit', () => {
    const reader = createSseReader(20);
    for (let round = 0; round < 10; round += 1) {
      expect(reader.push(encoder.encode('data: 0123456789\n\n'))).toEqual(['0123456789']);
    }
  });

  it('gives the same events however the bytes are cut', () => {
    const line = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replace(/[\r\n\0]/g, '中'));
    const event = fc.array(line, { minLength: 1, maxLength: 3 });
    const end = fc.constantFrom('\n', '\r', '\r\n');
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 6 }),
        end,
        fc.array(fc.nat(), { maxLength: 12 }),
        (events, newline, places) => {
          const text = events
            .map((lines) => lines.map((data) => `data: ${data}${newline}`).join('') + newline)
            .join('');
          const bytes = encoder.encode(text);
          const reader = createSseReader();
          const read = cut(bytes, places).flatMap((piece) => reader.push(piece));
          expect(read).toEqual(
            events.map((lines) =>
              new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoder.encode(lines.join('\n'))),
            ),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
