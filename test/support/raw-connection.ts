import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One HTTP response as it stood on the wire. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A TCP connection on which a test writes what no client library would. Half-closing is left to the test. */
export interface RawConnection {
  readonly socket: Socket;
  write(data: string | Uint8Array): void;
  /** The next response that is complete; rejects when the connection ends without one. */
  response(): Promise<RawResponse>;
  /** Resolves when the server has ended its side, with everything it sent. */
  ended(): Promise<string>;
  close(): void;
}

/** Connects to a loopback port. */
export async function connectRaw(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  let taken = 0;
  const over = Promise.withResolvers<'over'>();
  const end = () => over.resolve('over');
  socket.setEncoding('latin1').on('data', (part: string) => (received += part));
  // A reset is an end like any other: what came before it is the result.
  socket.on('error', end).on('close', end).on('end', end);
  await once(socket, 'connect');
  return {
    socket,
    write: (data) => void socket.write(data),
    async response() {
      for (;;) {
        const found = readResponse(received.slice(taken));
        if (found !== undefined) {
          taken += found.length;
          return found.response;
        }
        const more = await Promise.race([once(socket, 'data'), over.promise]);
        if (more === 'over' && readResponse(received.slice(taken)) === undefined)
          throw new Error(`the connection ended after: ${received.slice(taken)}`);
      }
    },
    async ended() {
      await over.promise;
      return received;
    },
    close: () => void socket.destroy(),
  };
}

/** Sends one request as these bytes and reads its response; the connection is closed afterwards. */
export async function sendRaw(port: number, data: string | Uint8Array): Promise<RawResponse> {
  const connection = await connectRaw(port);
  try {
    connection.write(data);
    return await connection.response();
  } finally {
    connection.close();
  }
}

/** The first complete response of a text and how long it is; interim ones (1xx) are passed over. */
function readResponse(text: string): { response: RawResponse; length: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const start = headEnd + 4;
  if (status < 200) {
    const next = readResponse(text.slice(start));
    return next && { response: next.response, length: start + next.length };
  }
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const body =
    headers['transfer-encoding'] === 'chunked' ? readChunks(text, start) : readSized(text, start, headers);
  return body && { response: { status, headers, body: body.text }, length: body.end };
}

function readSized(text: string, start: number, headers: Record<string, string>) {
  const end = start + Number(headers['content-length'] ?? 0);
  return text.length < end ? undefined : { text: decode(text.slice(start, end)), end };
}

function readChunks(text: string, start: number): { text: string; end: number } | undefined {
  let [position, body] = [start, ''];
  for (;;) {
    const lineEnd = text.indexOf('\r\n', position);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(text.slice(position, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (text.length < end) return undefined;
    body += text.slice(lineEnd + 2, end - 2);
    position = end;
    if (size === 0) return { text: decode(body), end };
  }
}

/** Offsets were counted in bytes; the text is UTF-8. */
function decode(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
