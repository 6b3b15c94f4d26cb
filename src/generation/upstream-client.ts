import { propagation, type Context } from '@opentelemetry/api';
import OpenAI from 'openai';
import type { ModelRequest } from '../domain/generation.ts';
import type { Secret } from '../config/secret.ts';
import {
  createUpstreamAgent,
  createUpstreamFetch,
  type UpstreamResponse,
  type UpstreamConnections,
  type UpstreamExtras,
} from './upstream-fetch.ts';

/** Where the upstream is and how to reach it. */
export interface UpstreamOptions extends UpstreamConnections {
  /** Base URL without `/v1`. */
  readonly url: string;
  readonly apiKey: Secret | undefined;
}

/** What goes with one call besides its body. */
export interface CallOptions {
  readonly requestId: string;
  /** Context of the `chat` span: what the upstream's own span becomes a child of. */
  readonly telemetry: Context;
  readonly signal: AbortSignal;
}

/** One OpenAI-compatible server. */
export interface UpstreamClient {
  readonly url: URL;
  /** Sends one chat request; resolves with the headers of a 2xx answer, throws the client's error otherwise. */
  chat(request: ModelRequest, options: CallOptions): Promise<UpstreamResponse>;
  /** The upstream's own list of models, unchecked. */
  listModels(signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** A client of the upstream: the `openai` package over our own undici agent, its retries and timeouts off in favour of ours. */
export function createUpstreamClient(options: UpstreamOptions): UpstreamClient {
  const agent = createUpstreamAgent(options);
  const client = new OpenAI({
    baseURL: `${options.url}/v1`,
    apiKey: options.apiKey?.expose() ?? 'none',
    // Or the client takes them from variables meant for other programs and sends them along.
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    fetch: createUpstreamFetch(agent),
    logLevel: 'off',
  });
  return {
    url: new URL(options.url),
    chat: (request, call) => sendChat(client, request, call),
    async listModels(signal) {
      const response = await client.get('/models', { signal }).asResponse();
      return response.json();
    },
    close: () => agent.destroy(),
  };
}

async function sendChat(client: OpenAI, request: ModelRequest, call: CallOptions): Promise<UpstreamResponse> {
  const headers: Record<string, string> = { 'x-request-id': call.requestId };
  propagation.inject(call.telemetry, headers);
  const body = {
    ...request.body,
    model: request.model,
    messages: request.messages,
    ...(request.stream
      ? { stream_options: { ...objectOr(request.body['stream_options']), include_usage: true } }
      : {}),
  };
  const response: unknown = await client
    .post('/chat/completions', { body, headers, fetchOptions: besideTheClient(call.signal) })
    .asResponse();
  // The client hands back the very object our fetch gave it.
  return response as UpstreamResponse;
}

/** Typed as what the client knows of: it hands on whatever it is given. */
function besideTheClient(callSignal: AbortSignal): object {
  return { callSignal } satisfies UpstreamExtras;
}

function objectOr(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
