import type { PageStorage } from '../browser-storage.ts';
import { listOf, numberOf, objectOf, textOf, wordOf } from '../api/json-fields.ts';
import type { Source } from '../api/answer-stream.ts';
import { EMPTY_CONVERSATION, MAX_TURNS } from './reduce-conversation.ts';
import { isRunning, newTurn, type Conversation, type Turn } from './turn.ts';

const KEY = 'glassgate.conversation';
/** Raised when the stored form changes: an older tab's conversation is dropped, not misread. */
const VERSION = 1;
/** Browsers give a tab about five million characters; beyond this the oldest turns are not kept. */
const DEFAULT_LIMIT = 2_000_000;
const FINAL = ['answered', 'stopped', 'blocked', 'failed'] as const;

/** Keeps the conversation over a reload of the tab: as much of its end as fits, with a count of the rest. */
export function saveConversation(
  storage: PageStorage,
  conversation: Conversation,
  maxLength = DEFAULT_LIMIT,
): void {
  let { turns } = conversation;
  let text = textOfTurns(conversation, turns);
  while (text.length > maxLength && turns.length > 0) {
    turns = turns.slice(Math.ceil(turns.length / 2));
    text = textOfTurns(conversation, turns);
  }
  storage.setItem(KEY, text);
}

/** The conversation as it was kept; an empty one when nothing readable was. */
export function loadConversation(storage: PageStorage): Conversation {
  try {
    const kept = objectOf(JSON.parse(storage.getItem(KEY) ?? 'null'));
    if (kept['version'] !== VERSION) return EMPTY_CONVERSATION;
    const turns = listOf(kept['turns']).flatMap(readTurn).slice(-MAX_TURNS);
    return { turns, dropped: numberOf(kept['dropped']) ?? 0 };
  } catch {
    return EMPTY_CONVERSATION;
  }
}

function textOfTurns(conversation: Conversation, turns: readonly Turn[]): string {
  const dropped = conversation.dropped + conversation.turns.length - turns.length;
  return JSON.stringify({ version: VERSION, dropped, turns: turns.map(storedTurn) });
}

/** Records and feedback are the gateway's to tell; an answer under way ends with the page. */
function storedTurn(turn: Turn) {
  const { id, question, text, sources, answerId, traceId, requestId, failure, superseded } = turn;
  const status = isRunning(turn) ? 'stopped' : turn.status;
  return { id, question, status, text, sources, answerId, traceId, requestId, failure, superseded };
}

/** A turn that cannot be read is left out; the others stay. */
function readTurn(value: unknown): Turn[] {
  const fields = objectOf(value);
  const id = textOf(fields['id']);
  const question = textOf(fields['question']);
  const status = wordOf(fields['status'], FINAL);
  if (id === undefined || question === undefined || status === undefined) return [];
  return [
    {
      ...newTurn(id, question),
      status,
      text: textOf(fields['text']) ?? '',
      sources: listOf(fields['sources']) as readonly Source[],
      answerId: textOf(fields['answerId']),
      traceId: textOf(fields['traceId']),
      requestId: textOf(fields['requestId']),
      failure: readFailure(fields['failure']),
      superseded: fields['superseded'] === true,
    },
  ];
}

function readFailure(value: unknown): Turn['failure'] {
  const fields = objectOf(value);
  const code = textOf(fields['code']);
  const message = textOf(fields['message']) ?? '';
  return code === undefined ? undefined : { code, message, requestId: textOf(fields['requestId']) };
}
