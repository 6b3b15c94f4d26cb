import { describe, expect, it } from 'vitest';
import { loadConversation, saveConversation } from './conversation-storage.ts';
import { EMPTY_CONVERSATION, MAX_TURNS } from './reduce-conversation.ts';
import { newTurn, type Conversation, type Turn } from './turn.ts';

function tabStorage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}

const answered = (id: string, text = 'Because.'): Turn => ({
  ...newTurn(id, 'Why?'),
  status: 'answered',
  text,
  sources: [{ n: 1, id: 'a#0', title: 'A', source: 'a.md', score: 0.9 }],
  answerId: `ans_${id}`,
  traceId: `trace_${id}`,
  requestId: `req_${id}`,
});

const conversationOf = (...turns: Turn[]): Conversation => ({ turns, dropped: 0 });

describe('the kept conversation', () => {
  it('comes back as it was', () => {
    const storage = tabStorage();
    const failed: Turn = {
      ...newTurn('t2', 'And?'),
      status: 'failed',
      failure: { code: 'overloaded', message: 'Wait.', requestId: 'req_2' },
    };
    const conversation = {
      turns: [answered('t1'), failed, { ...answered('t3'), superseded: true }],
      dropped: 2,
    };
    saveConversation(storage, conversation);
    expect(loadConversation(storage)).toEqual(conversation);
  });

  it('leaves records and feedback to the gateway', () => {
    const storage = tabStorage();
    const feedback = { rating: 'up' as const, comment: 'private', reasons: [] };
    const turn = {
      ...answered('t1'),
      feedback: { ...feedback, stored: feedback, saving: false, touched: true },
    };
    saveConversation(storage, conversationOf(turn));
    expect([...storage.kept.values()].join('')).not.toContain('private');
    expect(loadConversation(storage).turns[0]?.feedback.rating).toBeNull();
  });

  it('marks an answer that was under way as stopped', () => {
    const storage = tabStorage();
    saveConversation(storage, conversationOf({ ...answered('t1', 'Be'), status: 'streaming' }));
    expect(loadConversation(storage).turns[0]).toMatchObject({ status: 'stopped', text: 'Be' });
  });

  it('keeps the end of a conversation that is too large, and counts the rest', () => {
    const storage = tabStorage();
    const turns = Array.from({ length: 8 }, (_, index) => answered(`t${index}`, 'x'.repeat(300)));
    saveConversation(storage, { turns, dropped: 1 }, 2000);
    const loaded = loadConversation(storage);
    expect(loaded.turns.map(({ id }) => id)).toEqual(['t6', 't7']);
    expect(loaded.dropped).toBe(7);
  });

  it('keeps the count alone when not even one turn fits', () => {
    const storage = tabStorage();
    saveConversation(storage, conversationOf(answered('t1')), 10);
    expect(loadConversation(storage)).toEqual({ turns: [], dropped: 1 });
  });

  it.each([
    ['nothing', undefined],
    ['no JSON', '{"version":1,'],
    ['another version', '{"version":99,"turns":[]}'],
    ['another kind', '[1,2]'],
  ])('is empty after %s', (_name, text) => {
    const storage = tabStorage();
    if (text !== undefined) storage.kept.set('glassgate.conversation', text);
    expect(loadConversation(storage)).toEqual(EMPTY_CONVERSATION);
  });

  it('passes over turns that cannot be read and takes no more than a tab keeps', () => {
    const storage = tabStorage();
    const good = Array.from({ length: MAX_TURNS + 5 }, (_, index) => ({
      id: `t${index}`,
      question: 'Why?',
      status: 'answered',
    }));
    const turns = [...good, 5, {}, { id: 'x', question: 'q', status: 'streaming' }];
    storage.kept.set('glassgate.conversation', JSON.stringify({ version: 1, turns }));
    expect(loadConversation(storage).turns.map(({ id }) => id)).toEqual(good.slice(5).map(({ id }) => id));
  });
});
