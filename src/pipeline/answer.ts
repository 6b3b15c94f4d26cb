import type { AnswerEvent } from '../domain/answer-event.ts';
import type { ChatRequest } from '../domain/chat-request.ts';
import { languageOf } from '../domain/language.ts';
import type { RequestContext } from '../domain/request-context.ts';
import type { GuardStage, Verdict } from '../domain/verdict.ts';
import { toGatewayError } from '../errors/gateway-error.ts';
import type { AnswerPath } from './answer-path.ts';
import { AnswerJournal } from './journal.ts';
import { questionOf, userTextOf } from './question.ts';
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
    const asked = await runStage(path.inputGuard, userTextOf(request), scope);
    if (asked.action === 'block') {
      journal.blocked('question_blocked');
      yield blocked('input', asked, request);
      return;
    }

    const passages = request.retrieval.enabled ? await findPassages(request, path, scope) : undefined;
    const prompt = await runStage(path.assemble, { request, passages }, scope);
    journal.passages = path.listPassages(prompt.passages, journal.passages);
    yield { type: 'answer-start', passages: journal.passages };

    const guard = path.openOutputGuard(prompt.marker, scope);
    try {
      for await (const frames of path.generate({ ...request, messages: prompt.messages }, scope)) {
        const released = guard.push(frames);
        if (guard.verdict.action === 'block') {
          journal.blocked('answer_blocked');
          yield blocked('output', guard.verdict, request);
          return;
        }
        journal.released(released);
        if (released.length > 0) yield { type: 'answer-delta', frames: released };
      }
      const held = guard.end();
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
  const judged = await runStage(path.contextGuard, found.passages, scope);
  scope.journal.passages = path.setAside(judged, scope);
  return judged.filter(({ verdict }) => verdict.action !== 'block').map(({ passage }) => passage);
}

function blocked(
  stage: GuardStage,
  verdict: Exclude<Verdict, { action: 'allow' }>,
  request: ChatRequest,
): AnswerEvent {
  return { type: 'answer-blocked', stage, verdict, language: languageOf(questionOf(request)) };
}
