import { readAnswerStream, type AnswerPart } from './answer-stream.ts';
import { readAnswerView, readFeedback, type AnswerView, type FeedbackView } from './answer-view.ts';
import { ApiError, errorOfResponse } from './api-error.ts';
import { listOf, objectOf, textOf } from './json-fields.ts';

/** One message of the conversation as it goes over the wire. */
export interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** A question with its conversation, and the signal that stops the answer. */
interface Question {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly signal: AbortSignal;
}

/** What the gateway offers this visitor. */
export interface Offer {
  readonly models: readonly string[];
  readonly collections: readonly string[];
}

/** The gateway as the page uses it; every method throws `ApiError` when it does not work out. */
export interface Client {
  readonly listModels: () => Promise<Offer>;
  readonly ask: (question: Question) => AsyncGenerator<AnswerPart>;
  readonly getAnswer: (answerId: string) => Promise<AnswerView>;
  readonly sendFeedback: (answerId: string, feedback: FeedbackView) => Promise<FeedbackView>;
}

/** Where the gateway is and with which key; both come from outside so that tests use a real socket. */
export interface ClientOptions {
  readonly baseUrl?: string;
  readonly apiKey: () => string | undefined;
}

/** Small calls have an end of their own; an answer runs as long as its reader wants it. */
const SMALL_CALL_TIMEOUT_MS = 10_000;

/** Talks to the gateway's public API with fetch. */
export function createClient({ baseUrl = '', apiKey }: ClientOptions): Client {
  async function call(path: string, init: RequestInit): Promise<Response> {
    const key = apiKey();
    const headers = new Headers({ 'content-type': 'application/json' });
    if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
    const response = await fetch(`${baseUrl}${path}`, { ...init, headers, cache: 'no-store' });
    if (!response.ok) throw await errorOfResponse(response);
    return response;
  }

  async function small(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await call(path, { ...init, signal: AbortSignal.timeout(SMALL_CALL_TIMEOUT_MS) });
    return response.json();
  }

  return {
    listModels: async () => readOffer(await small('/v1/models')),
    getAnswer: async (answerId) => readAnswerView(await small(`/v1/answers/${encodeURIComponent(answerId)}`)),
    sendFeedback: async (answerId, feedback) =>
      readFeedback(await small('/v1/feedback', feedbackBody(answerId, feedback))),
    async *ask({ model, messages, signal }) {
      const body = JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } });
      const response = await call('/v1/chat/completions', { method: 'POST', body, signal });
      yield* readAnswerStream(response);
    },
  };
}

/** Always the whole state wanted, so that the same request twice changes nothing; a withdrawal has no note. */
function feedbackBody(answerId: string, { rating, comment, reasons }: FeedbackView): RequestInit {
  const optional = { ...(comment && { comment }), ...(reasons.length > 0 && { reasons }) };
  const body =
    rating === null ? { answer_id: answerId, rating } : { answer_id: answerId, rating, ...optional };
  return { method: 'POST', body: JSON.stringify(body) };
}

/** A gateway without a model cannot answer: told as an error rather than by an empty list. */
function readOffer(value: unknown): Offer {
  const fields = objectOf(value);
  const models = listOf(fields['data']).flatMap((model) => textOf(objectOf(model)['id']) ?? []);
  const collections = listOf(objectOf(fields['glassgate'])['collections']).flatMap(
    (name) => textOf(name) ?? [],
  );
  if (models.length === 0) throw new ApiError({ code: 'model_not_found', message: '' });
  return { models, collections };
}
