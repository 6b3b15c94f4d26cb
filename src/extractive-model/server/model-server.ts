import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { trace } from '@opentelemetry/api';
import type { Tracer } from '@opentelemetry/api';
import { answerCompletion } from './answer-completion.ts';
import { readCompletionRequest } from './completion-request.ts';
import { modelList } from './completion-response.ts';
import type { ModelEngine } from './engine.ts';
import { readBody } from './read-body.ts';
import { httpDetail, internalError, VllmError } from './vllm-error.ts';

/** How the server is made. */
export interface ModelServerOptions {
  readonly engine: ModelEngine;
  /** Pause between chunks of a stream, to see one as a slower model would make it. */
  readonly chunkDelayMs?: number;
  readonly tracer?: Tracer;
}

/** Speaks the OpenAI chat protocol as vLLM does, with whatever engine makes the text. */
export function createModelServer(options: ModelServerOptions): Server {
  const created = unixSeconds();
  const tracer = options.tracer ?? trace.getTracer('glassgate.extractive-model');
  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>> =
    {
      'GET /health': (_, response) => void response.end(),
      'GET /v1/models': (_, response) => sendJson(response, 200, modelList(options.engine, created)),
      'POST /v1/chat/completions': (request, response) => complete(request, response, { ...options, tracer }),
    };
  const paths = new Set(Object.keys(routes).map((route) => route.split(' ')[1]));
  return createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const route = routes[`${request.method} ${path}`];
    const requestId = request.headers['x-request-id'] ?? randomUUID().replaceAll('-', '');
    response.setHeader('x-request-id', requestId);
    if (route === undefined) sendDetail(response, paths.has(path) ? 405 : 404);
    else void Promise.resolve(route(request, response));
  });
}

async function complete(
  request: IncomingMessage,
  response: ServerResponse,
  options: Required<Pick<ModelServerOptions, 'engine' | 'tracer'>> & ModelServerOptions,
): Promise<void> {
  const arrived = Date.now();
  // The response closes when it is finished or when the caller leaves: either way there is nothing more to make.
  const left = new AbortController();
  response.on('close', () => left.abort());
  try {
    const body = await readBody(request);
    if (body === undefined) return sendDetail(response, 413);
    const completion = readCompletionRequest(body, options.engine);
    await answerCompletion({ completion, request, response, arrived, signal: left.signal, ...options });
  } catch (error) {
    if (!left.signal.aborted) sendError(response, error);
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  const answer = error instanceof VllmError ? error : internalError();
  if (!response.headersSent) return sendJson(response, answer.status, answer.body);
  response.end(`data: ${JSON.stringify(answer.body)}\n\ndata: [DONE]\n\n`);
}

function sendDetail(response: ServerResponse, status: 404 | 405 | 413): void {
  // What is left of an oversized body is not read: the connection ends with the answer.
  if (status === 413) response.setHeader('connection', 'close');
  sendJson(response, status, httpDetail(status).body);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function unixSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
