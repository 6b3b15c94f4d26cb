import { Agent, request, type Dispatcher } from 'undici';

/** Sizes and times of our connections to the upstream. */
export interface UpstreamConnections {
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
}

/** The dispatcher every call to the upstream goes through; Node's own fetch would give up at 300 s whatever is set. */
export function createUpstreamAgent(options: UpstreamConnections): Agent {
  return new Agent({
    connections: options.maxConnections,
    connect: { timeout: options.connectTimeoutMs, noDelay: true },
    // Our own timers (deadline.ts) bound each phase to the millisecond; undici's are off.
    headersTimeout: 0,
    bodyTimeout: 0,
    // A server that closes idle connections first would turn a reuse into a reset; vLLM's uvicorn keeps them 5 s.
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 4000,
  });
}

/** What the `openai` client asks of headers, over the object undici made: a `Headers` would check and sort them all again. */
export class ResponseHeaders {
  readonly #headers: Dispatcher.ResponseData['headers'];

  constructor(headers: Dispatcher.ResponseData['headers']) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name.toLowerCase()];
    return (Array.isArray(value) ? value.join(', ') : value)?.trim() ?? null;
  }

  /** Names in lower case with their values. */
  entries(): [string, string][] {
    return Object.keys(this.#headers).map((name) => [name, this.get(name) ?? '']);
  }
}

/** Part of a response the `openai` client and the relay use, over undici's body without a web stream in between. */
export class UpstreamResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly url: string;
  readonly headers: ResponseHeaders;
  /** Bytes as they arrive; to be read once. */
  readonly bytes: Dispatcher.ResponseData['body'];
  /** The client looks here only to cancel a body it does not want. */
  readonly body = null;

  constructor(url: string, response: Dispatcher.ResponseData) {
    this.url = url;
    this.status = response.statusCode;
    this.ok = response.statusCode >= 200 && response.statusCode < 300;
    this.headers = new ResponseHeaders(response.headers);
    this.bytes = response.body;
  }

  text(): Promise<string> {
    return this.bytes.text();
  }

  json(): Promise<unknown> {
    return this.bytes.json();
  }
}

/**
 * The signal of a call, handed past the client: it would join it to one of its own by `AbortSignal.any`,
 * whose weak references cost more than the rest of what it does with it.
 */
export interface UpstreamExtras {
  readonly callSignal?: AbortSignal;
}

/** A `fetch` for the `openai` client: plain HTTP/1.1 over the agent, the answer's bytes handed on untouched. */
export function createUpstreamFetch(agent: Agent): typeof fetch {
  const upstreamFetch = async (
    url: string,
    init: RequestInit & UpstreamExtras,
  ): Promise<UpstreamResponse> => {
    const response = await request(url, {
      dispatcher: agent,
      method: init.method ?? 'GET',
      headers: init.headers as Headers,
      body: (init.body as string | null | undefined) ?? null,
      signal: init.callSignal ?? init.signal ?? null,
    });
    return new UpstreamResponse(url, response);
  };
  // The client calls it with a string and a plain init and reads only what UpstreamResponse has (seen in openai 7.57).
  return upstreamFetch as unknown as typeof fetch;
}
