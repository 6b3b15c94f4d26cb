/** Takes bytes as they come and gives back the `data` of every event that became complete. */
export interface SseReader {
  push(bytes: Uint8Array): string[];
}

/** Longest event the page keeps in memory; the gateway's are a few kilobytes. */
const DEFAULT_LIMIT = 1_000_000;

/** The three line ends of the event stream format; CRLF first, or it would count twice. */
const LINE_END = /\r\n|\n|\r/;

/** Reads server-sent events however the network cuts them, inside a character or between CR and LF too. */
export function createSseReader(maxEventLength = DEFAULT_LIMIT): SseReader {
  const decoder = new TextDecoder();
  let line = '';
  let data: string[] = [];
  let dataLength = 0;
  let afterCarriageReturn = false;

  function push(bytes: Uint8Array): string[] {
    const events: string[] = [];
    const lines = takeText(decoder.decode(bytes, { stream: true })).split(LINE_END);
    lines[0] = line + (lines[0] ?? '');
    line = lines.pop() ?? '';
    for (const complete of lines) takeLine(complete, events);
    if (line.length + dataLength > maxEventLength) throw new RangeError('event too long');
    return events;
  }

  /** A CR ends a line at once; the LF that may follow in the next piece must not end a second one. */
  function takeText(text: string): string {
    if (text === '') return text;
    const rest = afterCarriageReturn && text.startsWith('\n') ? text.slice(1) : text;
    afterCarriageReturn = text.endsWith('\r');
    return rest;
  }

  function takeLine(complete: string, events: string[]): void {
    if (complete === '') {
      if (data.length > 0) events.push(data.join('\n'));
      data = [];
      dataLength = 0;
    } else if (complete === 'data' || complete.startsWith('data:')) {
      data.push(complete.slice('data:'.length).replace(/^ /, ''));
      dataLength += complete.length;
    }
  }

  return { push };
}
