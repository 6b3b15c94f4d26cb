import type { AnswerEvent } from '../domain/answer-event.ts';
import type { ChatRequest } from '../domain/chat-request.ts';
import { languageOf } from '../domain/language.ts';
import type { RequestContext } from '../domain/request-context.ts';
import { isBlocking, type BlockVerdict, type GuardStage } from '../domain/verdict.ts';
import { toGatewayError } from '../errors/gateway-error.ts';
import type { AnswerPath } from './answer-path.ts';
import { AnswerJournal } from './journal.ts';
import { askedText, questionOf } from './question.ts';
import { runStage, type StageScope } from './stage.ts';

/**
 * The request path, in order. A refusal is an event, a failure is thrown, and whatever happens one record is kept.
 *
 *   input guard → retrieve → context guard → assemble → generate → output guard → record
 *
 * Ends early when the caller stops reading or `context.signal` aborts: the model is then stopped too.
 */
export async function* answer(
  request: ChatRequest,
  context: RequestContext,
  path: AnswerPath,
): AsyncGenerator<AnswerEvent, void> {
  const journal = new AnswerJournal(request, context);
  const scope: StageScope = { context, journal, instruments: path.instruments };
  try {
    const asked = await path.judgeQuestion(askedText(request), scope);
    if (isBlocking(asked)) {
      journal.blocked('question_blocked');
      yield blocked('input', asked, request);
      return;
    }

    const found = request.retrieval.enabled ? await findPassages(request, path, scope) : undefined;
    const passages = found?.allowed;
    const prompt = await runStage(path.assemble, { request, passages }, scope);
    journal.passages = path.listPassages(prompt.passages, found ?? NOTHING_FOUND);
    yield { type: 'answer-start', passages: journal.passages };

    const guard = path.openOutputGuard(prompt.hidden, scope);
    try {
      for await (const frames of path.generate({ ...request, messages: prompt.messages }, scope)) {
        const released = guard.push(frames);
        if (isBlocking(guard.verdict)) {
          journal.blocked('answer_blocked');
          yield blocked('output', guard.verdict, request);
          return;
        }
        journal.released(released);
        if (released.length > 0) yield { type: 'answer-delta', frames: released };
      }
      const held = guard.end();
      if (isBlocking(guard.verdict)) {
        journal.blocked('answer_blocked');
        yield blocked('output', guard.verdict, request);
        return;
      }
      journal.released(held);
      if (held.length > 0) yield { type: 'answer-delta', frames: held };
    } finally {
      guard.close();
    }
    journal.answered();
    yield { type: 'answer-end', stages: journal.stages };
  } catch (thrown) {
    journal.failed(toGatewayError(thrown));
    throw thrown;
  } finally {
    path.record(scope);
  }
}

/** Retrieval and the guard on what it found; passages that were set aside stay in the journal. */
async function findPassages(request: ChatRequest, path: AnswerPath, scope: StageScope) {
  const query = {
    text: questionOf(request),
    collection: request.retrieval.collection,
    limit: path.passageLimit,
  };
  const found = await runStage(path.retrieve, query, scope);
  if (found.degraded !== undefined) path.reportDegraded(found.degraded, scope);
  const judged = await path.judgePassages(found.passages, scope);
  const setAside = path.setAside(judged, scope);
  scope.journal.passages = setAside;
  const allowed = judged.filter(({ verdict }) => !isBlocking(verdict)).map(({ passage }) => passage);
  return { judged, setAside, allowed };
}

const NOTHING_FOUND = { judged: [], setAside: [] };

function blocked(stage: GuardStage, verdict: BlockVerdict, request: ChatRequest): AnswerEvent {
  return { type: 'answer-blocked', stage, verdict, language: languageOf(questionOf(request)) };
}
