import { describe, expect, it } from 'vitest';
import { readAnswerView } from '../api/answer-view.ts';
import {
  EMPTY_CONVERSATION,
  MAX_TURNS,
  reduceConversation,
  type ConversationEvent,
} from './reduce-conversation.ts';
import type { Conversation, Turn } from './turn.ts';

const IDS = { answerId: 'ans_1', traceId: 'trace_1', requestId: 'req_1' };
const SOURCES = [{ n: 1, id: 'a#0', title: 'A', source: 'a.md', score: 0.9 }];
const ASKED: ConversationEvent = { type: 'turn-asked', id: 't1', question: 'Why?' };
const STARTED: ConversationEvent = {
  type: 'answer-part',
  id: 't1',
  part: { type: 'start', sources: SOURCES, ...IDS },
};
const text = (part: string): ConversationEvent => ({
  type: 'answer-part',
  id: 't1',
  part: { type: 'delta', text: part },
});
const ENDED: ConversationEvent = {
  type: 'answer-part',
  id: 't1',
  part: { type: 'end', finishReason: 'stop' },
};
const UP = { rating: 'up', comment: '', reasons: [] } as const;
const DOWN = { rating: 'down', comment: 'No.', reasons: ['wrong'] } as const;
const NONE = { rating: null, comment: '', reasons: [] } as const;

function after(...events: readonly ConversationEvent[]): Conversation {
  return events.reduce(reduceConversation, EMPTY_CONVERSATION);
}

function turnAfter(...events: readonly ConversationEvent[]): Turn {
  const [turn] = after(ASKED, ...events).turns;
  if (turn === undefined) throw new Error('no turn');
  return turn;
}

describe('an answer', () => {
  it('waits, streams and is answered', () => {
    expect(turnAfter()).toMatchObject({ id: 't1', question: 'Why?', status: 'waiting', text: '' });
    expect(turnAfter(STARTED)).toMatchObject({ status: 'streaming', sources: SOURCES, ...IDS });
    expect(turnAfter(STARTED, text('Be'), text('cause.'), ENDED)).toMatchObject({
      status: 'answered',
      text: 'Because.',
      finishReason: 'stop',
    });
  });

  it('keeps what it had when it is stopped, and takes nothing more', () => {
    const turn = turnAfter(STARTED, text('Be'), { type: 'answer-stopped', id: 't1' }, text('cause.'), ENDED);
    expect(turn).toMatchObject({ status: 'stopped', text: 'Be' });
  });

  it('keeps what it had when it fails, with the ids to ask about', () => {
    const failure = { code: 'upstream_stalled', message: '', requestId: 'req_9' };
    expect(turnAfter(STARTED, text('Be'), { type: 'answer-failed', id: 't1', failure })).toMatchObject({
      status: 'failed',
      text: 'Be',
      failure,
      answerId: 'ans_1',
      requestId: 'req_9',
    });
  });

  it.each(['question_blocked', 'answer_blocked'])('is blocked, not failed, by %s', (code) => {
    const failure = { code, message: 'No.', answerId: 'ans_b', traceId: 'trace_b' };
    expect(turnAfter({ type: 'answer-failed', id: 't1', failure })).toMatchObject({
      status: 'blocked',
      answerId: 'ans_b',
      traceId: 'trace_b',
    });
  });

  it('starts over when it is tried again', () => {
    const failure = { code: 'overloaded', message: '' };
    const failed: ConversationEvent = { type: 'answer-failed', id: 't1', failure };
    expect(turnAfter(STARTED, text('Be'), failed, { type: 'turn-retried', id: 't1' })).toEqual(turnAfter());
    expect(turnAfter(STARTED, { type: 'turn-retried', id: 't1' }).status).toBe('streaming');
  });

  it('does not fail or stop once it has ended', () => {
    const failed: ConversationEvent = {
      type: 'answer-failed',
      id: 't1',
      failure: { code: 'x', message: '' },
    };
    expect(turnAfter(STARTED, ENDED, failed, { type: 'answer-stopped', id: 't1' }).status).toBe('answered');
  });
});

describe('the record', () => {
  const record = readAnswerView({
    answer_id: 'ans_1',
    feedback: { rating: 'down', reasons: ['wrong'], comment: 'No.' },
  });
  const loaded: ConversationEvent = { type: 'record-loaded', id: 't1', record };

  it('is asked for, comes, or stays away', () => {
    const requested: ConversationEvent = { type: 'record-requested', id: 't1' };
    const missing: ConversationEvent = { type: 'record-missing', id: 't1' };
    expect(turnAfter(requested).recordStatus).toBe('loading');
    expect(turnAfter(requested, missing).recordStatus).toBe('missing');
    expect(turnAfter(requested, loaded)).toMatchObject({ recordStatus: 'loaded', record });
  });

  it('is not lost when a later reading fails', () => {
    const again = turnAfter(
      loaded,
      { type: 'record-requested', id: 't1' },
      { type: 'record-missing', id: 't1' },
    );
    expect(again).toMatchObject({ recordStatus: 'loaded', record });
  });

  it('brings the feedback that is stored', () => {
    expect(turnAfter(loaded).feedback).toEqual({ ...DOWN, stored: DOWN, saving: false, touched: false });
  });

  it('does not undo what the person has just pressed', () => {
    const given: ConversationEvent = { type: 'feedback-given', id: 't1', feedback: UP };
    expect(turnAfter(given, loaded).feedback.rating).toBe('up');
  });
});

describe('feedback', () => {
  const given = (feedback: typeof UP | typeof DOWN | typeof NONE): ConversationEvent => ({
    type: 'feedback-given',
    id: 't1',
    feedback,
  });
  const stored = (feedback: typeof UP | typeof DOWN, settled: boolean): ConversationEvent => ({
    type: 'feedback-stored',
    id: 't1',
    feedback,
    settled,
  });
  const failure = { code: 'storage_unavailable', message: '' };
  const refused: ConversationEvent = { type: 'feedback-refused', id: 't1', failure };

  it('shows at once and is confirmed', () => {
    expect(turnAfter(given(UP)).feedback).toEqual({ ...UP, stored: NONE, saving: true, touched: true });
    expect(turnAfter(given(UP), stored(UP, true)).feedback).toEqual({
      ...UP,
      stored: UP,
      saving: false,
      touched: true,
    });
  });

  it('goes back to what was confirmed last when it is refused', () => {
    expect(turnAfter(given(UP), refused).feedback).toMatchObject({ ...NONE, saving: false, failure });
    expect(turnAfter(given(DOWN), stored(DOWN, true), given(UP), refused).feedback).toMatchObject({
      ...DOWN,
      stored: DOWN,
      failure,
    });
  });

  it('keeps showing the newer press while an older one is confirmed', () => {
    const turn = turnAfter(given(DOWN), given(UP), stored(DOWN, false));
    expect(turn.feedback).toMatchObject({ ...UP, stored: DOWN, saving: true });
    expect(reduceConversation({ turns: [turn], dropped: 0 }, refused).turns[0]?.feedback).toMatchObject(DOWN);
  });

  it('forgets an old refusal with the next press', () => {
    expect(turnAfter(given(UP), refused, given(UP)).feedback.failure).toBeUndefined();
  });
});

describe('the conversation', () => {
  it('shows the latest answer after a new question', () => {
    const second: ConversationEvent = { type: 'turn-asked', id: 't2', question: 'And?' };
    const selected = after(ASKED, second, { type: 'turn-selected', id: 't1' });
    expect(selected.selectedId).toBe('t1');
    expect(reduceConversation(selected, { ...second, id: 't3' }).selectedId).toBeUndefined();
  });

  it('marks a turn that is asked again', () => {
    const { turns } = after(ASKED, { type: 'turn-asked', id: 't2', question: 'Why?', supersedes: 't1' });
    expect(turns.map(({ superseded }) => superseded)).toEqual([true, false]);
  });

  it('keeps a bounded number of turns and counts the rest', () => {
    const events = Array.from({ length: MAX_TURNS + 3 }, (_, index): ConversationEvent => ({
      type: 'turn-asked',
      id: `t${index}`,
      question: 'Why?',
    }));
    const { turns, dropped } = after(...events);
    expect(turns).toHaveLength(MAX_TURNS);
    expect(turns[0]?.id).toBe('t3');
    expect(dropped).toBe(3);
  });

  it('is empty again when it is cleared, and late events find nothing', () => {
    expect(after(ASKED, STARTED, { type: 'conversation-cleared' }, text('late'), ENDED)).toBe(
      EMPTY_CONVERSATION,
    );
  });

  it('does not change for turns it does not have', () => {
    const state = after(ASKED);
    expect(reduceConversation(state, { type: 'answer-stopped', id: 'other' })).toBe(state);
    expect(reduceConversation(state, { type: 'turn-selected', id: 'other' })).toBe(state);
  });
});
