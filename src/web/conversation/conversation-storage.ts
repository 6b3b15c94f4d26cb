import { listOf, numberOf, objectOf, textOf, wordOf } from '../api/json-fields.ts';
import type { Source } from '../api/answer-stream.ts';
import { EMPTY_CONVERSATION, MAX_TURNS } from './reduce-conversation.ts';
import { isRunning, newTurn, type Conversation, type Turn } from './turn.ts';

/** The two methods of `sessionStorage` that are needed. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'glassgate.conversation';
const VERSION = 1;
/** Browsers give a tab about five million characters; beyond this the oldest turns are not kept. */
const MAX_LENGTH = 2_000_000;
const FINAL = ['answered', 'stopped', 'blocked', 'failed'] as const;

/** Keeps the conversation over a reload of the tab: as much of its end as fits. Returns whether anything was kept. */
export function saveConversation(storage: TabStorage, conversation: Conversation): boolean {
  for (let turns = conversation.turns; ; turns = turns.slice(Math.ceil(turns.length / 2))) {
    const dropped = conversation.dropped + conversation.turns.length - turns.length;
    const text = JSON.stringify({ version: VERSION, dropped, turns: turns.map(storedTurn) });
    if (text.length <= MAX_LENGTH && write(storage, text)) return true;
    if (turns.length === 0) return false;
  }
}

/** The conversation as it was kept; an empty one when nothing readable was. */
export function loadConversation(storage: TabStorage): Conversation {
  try {
    const kept = objectOf(JSON.parse(storage.getItem(KEY) ?? 'null'));
    if (kept['version'] !== VERSION) return EMPTY_CONVERSATION;
    const turns = listOf(kept['turns']).flatMap(readTurn).slice(-MAX_TURNS);
    return { turns, dropped: numberOf(kept['dropped']) ?? 0 };
  } catch {
    return EMPTY_CONVERSATION;
  }
}

function write(storage: TabStorage, text: string): boolean {
  try {
    storage.setItem(KEY, text);
    return true;
  } catch {
    return false;
  }
}

/** Records and feedback are the gateway's to tell; an answer under way ends with the page. */
function storedTurn(turn: Turn) {
  const { id, question, text, sources, answerId, traceId, requestId, failure, superseded } = turn;
  const status = isRunning(turn) ? 'stopped' : turn.status;
  return { id, question, status, text, sources, answerId, traceId, requestId, failure, superseded };
}

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
