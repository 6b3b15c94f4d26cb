import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Reply, sendError, sendJson } from './exchange.ts';
import { answering } from './replies.ts';
import { servePage } from './serve-page.ts';

/** One request as the page sent it. */
interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** A gateway that speaks the public contract over a real socket and answers as the test says. */
export interface FakeGateway {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Answers the next question so; questions without a prepared reply get a plain answer. */
  readonly replyNext: (reply: Reply) => void;
  readonly settings: FakeSettings;
  readonly close: () => Promise<void>;
}

/** What a test may change while the gateway runs. */
interface FakeSettings {
  models: string[];
  /** Asks for this key. */
  apiKey: string | undefined;
  /** Answers this many reads of records with 404 first. */
  recordMisses: number;
  /** Answers feedback with this error. */
  feedbackError: { readonly status: number; readonly code: string } | undefined;
  /** Feedback waits for this before it is answered. */
  feedbackGate: Promise<void> | undefined;
}

interface FakeState {
  readonly settings: FakeSettings;
  readonly seen: SeenRequest[];
  readonly replies: Reply[];
  readonly records: Map<string, Record<string, unknown>>;
  count: number;
}

/** Starts the fake on loopback, on a free port unless one is named, serving the built page from `pageFolder`. */
export async function startFakeGateway(pageFolder: string, port = 0): Promise<FakeGateway> {
  const settings: FakeSettings = {
    models: ['glassgate-extractive'],
    apiKey: undefined,
    recordMisses: 0,
    feedbackError: undefined,
    feedbackGate: undefined,
  };
  const state: FakeState = { settings, seen: [], replies: [], records: new Map(), count: 0 };
  const server = createServer((request, response) => {
    handle(state, pageFolder, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: state.seen,
    settings,
    replyNext: (reply) => void state.replies.push(reply),
    close: () => closeServer(server),
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => void server.close(resolve));
  server.closeAllConnections();
  await closed;
}

async function handle(
  state: FakeState,
  pageFolder: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (!path.startsWith('/v1/')) return servePage(pageFolder, path, response);
  const { authorization } = request.headers;
  const body = await readJson(request);
  state.seen.push({ method: request.method ?? '', path, authorization, body });
  const { apiKey } = state.settings;
  if (apiKey !== undefined && authorization !== `Bearer ${apiKey}`) {
    return sendError(response, 401, authorization ? 'invalid_api_key' : 'authentication_required');
  }
  return route(state, path, body, response);
}

async function route(state: FakeState, path: string, body: unknown, response: ServerResponse): Promise<void> {
  if (path === '/v1/models') return sendModels(state, response);
  if (path === '/v1/feedback') return takeFeedback(state, body as FeedbackBody, response);
  if (path === '/v1/chat/completions') return answer(state, body as ChatBody, response);
  const id = path.replace('/v1/answers/', '');
  const record = state.settings.recordMisses-- > 0 ? undefined : state.records.get(id);
  if (record === undefined) return sendError(response, 404, 'answer_not_found');
  return sendJson(response, 200, record);
}

interface FeedbackBody {
  readonly answer_id: string;
  readonly rating: 'up' | 'down' | null;
  readonly comment?: string;
  readonly reasons?: string[];
}

async function takeFeedback(state: FakeState, body: FeedbackBody, response: ServerResponse): Promise<void> {
  const { feedbackGate, feedbackError } = state.settings;
  await feedbackGate;
  if (feedbackError) return sendError(response, feedbackError.status, feedbackError.code);
  const record = state.records.get(body.answer_id);
  if (record === undefined) return sendError(response, 404, 'answer_not_found');
  const { rating, comment = null, reasons = [] } = body;
  record['feedback'] = { rating, comment, reasons, updated_at: 1_790_000_000_000 };
  const stored = { object: 'glassgate.feedback', answer_id: body.answer_id, rating, comment, reasons };
  return sendJson(response, 200, { ...stored, updated_at: 1_790_000_000_000 });
}

interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

async function answer(state: FakeState, body: ChatBody, response: ServerResponse): Promise<void> {
  state.count += 1;
  const serial = String(state.count).padStart(4, '0');
  const ids = {
    answerId: `ans_${serial}`,
    traceId: `4bf92f3577b34da6a3ce929d0e0e${serial}`,
    requestId: `req_${serial}`,
  };
  response.setHeader('x-request-id', ids.requestId);
  response.setHeader('x-glassgate-answer-id', ids.answerId);
  response.setHeader('x-glassgate-trace-id', ids.traceId);
  const reply = state.replies.shift() ?? answering();
  await reply({
    response,
    ids,
    question: body.messages.at(-1)?.content ?? '',
    keep: (record) => void state.records.set(ids.answerId, record),
    hungUp: new Promise((resolve) => void response.once('close', resolve)),
  });
}

function sendModels({ settings }: FakeState, response: ServerResponse): void {
  const data = settings.models.map((id) => ({
    id,
    object: 'model',
    created: 1_790_000_000,
    owned_by: 'glassgate',
  }));
  sendJson(response, 200, { object: 'list', data, glassgate: { collections: ['handbook'] } });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  return text === '' ? undefined : JSON.parse(text);
}
