import { setTimeout as pause } from 'node:timers/promises';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream, type Reply } from './fake-upstream.ts';
import { replay, replayPart, streamTexts } from './recorded-replies.ts';

/** A question with this word in it gets no answer but an error of the model server. */
export const FAILING_WORD = 'unanswerable';
/** A stream for a question with this word breaks off after a few words. */
export const BREAKING_WORD = 'interrupted';

/** A stream for a question with this word falls silent after a few words, until its caller leaves. */
export const SILENT_WORD = 'endless';

const WORDS = ['The', ' pages', ' of', ' the', ' handbook', ' say', ' so', ' [1].'];
const THINKING_MS = 40;

/** Starts a fake vLLM that answers by what is asked: streams, whole answers, errors and streams that break off. */
export async function startModelServer(): Promise<FakeUpstream> {
  return startFakeUpstream(ANSWERING);
}

/** How it answers until a test tells it otherwise. */
export const ANSWERING: Reply = async (response, request) => {
  await pause(THINKING_MS);
  await replyTo(request)(response, request);
};

function replyTo({ text, body }: Parameters<Reply>[1]): Reply {
  if (text.includes(FAILING_WORD)) return REFUSING;
  if (body['stream'] !== true) return replay('chat');
  if (text.includes(BREAKING_WORD)) return replayPart('chat-stream', 3, (response) => response.destroy());
  if (text.includes(SILENT_WORD)) return replayPart('chat-stream', 3);
  return streamTexts(WORDS, FAKE_MODEL);
}

/** A model server whose engine has died: an error for everything. */
export const REFUSING: Reply = (response) => {
  const error = { message: 'EngineCore encountered an issue.', type: 'InternalServerError', code: 500 };
  response.writeHead(500, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error }));
};
