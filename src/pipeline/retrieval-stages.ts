import { SpanKind } from '@opentelemetry/api';
import type { ChatRequest } from '../domain/chat-request.ts';
import type { RetrievalQuery, RetrievalResult, Retriever, ScoredPassage } from '../domain/passage.ts';
import { assemblePrompt, type AssembledPrompt, type PromptBudget } from '../prompt/assemble.ts';
import { PROMPT_VERSION } from '../prompt/template.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import * as semconv from '../telemetry/semconv.ts';
import { ATTRIBUTES, SPANS } from '../telemetry/vocabulary.ts';
import type { Stage } from './stage.ts';

/** Finds passages; a failure of the index is a degraded result, never the end of the answer. */
export function createRetrieveStage(
  retriever: Retriever,
  instruments: Instruments,
  captureContent: boolean,
): Stage<RetrievalQuery, RetrievalResult> {
  return {
    name: 'retrieve',
    // In process; becomes CLIENT when retrieval is a service of its own.
    kind: SpanKind.INTERNAL,
    span: (query) => `${SPANS.RETRIEVAL} ${query.collection}`,
    attributes: (query) => ({
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: 'retrieval',
      [semconv.ATTR_GEN_AI_DATA_SOURCE_ID]: query.collection,
      [semconv.ATTR_GEN_AI_REQUEST_TOP_K]: query.limit,
      ...(captureContent ? { [semconv.ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT]: query.text } : {}),
    }),
    run: async (query, context) =>
      query.text === '' ? { passages: [] } : retriever.search(query, context.signal),
    describe(result) {
      const outcome =
        result.degraded !== undefined ? 'degraded' : result.passages.length > 0 ? 'found' : 'empty';
      instruments['glassgate.retrieval.passages'].record(result.passages.length, {
        'glassgate.retrieval.outcome': outcome,
      });
      return {
        attributes: {
          [semconv.ATTR_GEN_AI_RETRIEVAL_DOCUMENTS]: JSON.stringify(
            result.passages.map(({ id, score }) => ({ id, score })),
          ),
          [ATTRIBUTES.RETRIEVAL_COUNT]: result.passages.length,
          ...(result.degraded === undefined ? {} : { [ATTRIBUTES.RETRIEVAL_DEGRADED]: result.degraded }),
        },
      };
    },
  };
}

/** What the prompt is made of. */
export interface AssembleInput {
  readonly request: ChatRequest;
  /** `undefined`: the request switched retrieval off. */
  readonly passages: readonly ScoredPassage[] | undefined;
}

/** Builds the messages for the model. */
export function createAssembleStage(budget: PromptBudget): Stage<AssembleInput, AssembledPrompt> {
  return {
    name: 'assemble',
    kind: SpanKind.INTERNAL,
    span: () => SPANS.ASSEMBLE,
    attributes: () => ({ [ATTRIBUTES.PROMPT_VERSION]: PROMPT_VERSION }),
    run: ({ request, passages }) => assemblePrompt({ messages: request.messages, passages }, budget),
    describe: (prompt) => ({
      attributes: {
        [ATTRIBUTES.PROMPT_PASSAGES]: prompt.passages.length,
        [ATTRIBUTES.PROMPT_TOKENS_ESTIMATED]: prompt.tokensEstimated,
      },
    }),
  };
}
