import { describe, expect, it } from 'vitest';
import { messagesOf } from './messages-of.ts';
import { newTurn, type Turn, type TurnStatus } from './turn.ts';

const turn = (id: string, status: TurnStatus, text = `answer ${id}`): Turn => ({
  ...newTurn(id, `question ${id}`),
  status,
  text,
});

const exchange = (id: string) => [
  { role: 'user', content: `question ${id}` },
  { role: 'assistant', content: `answer ${id}` },
];

describe('messagesOf', () => {
  it('sends the whole history, then the question', () => {
    const turns = [turn('1', 'answered'), turn('2', 'stopped'), turn('3', 'waiting', '')];
    expect(messagesOf(turns, turns[2] as Turn)).toEqual([
      ...exchange('1'),
      ...exchange('2'),
      { role: 'user', content: 'question 3' },
    ]);
  });

  it('leaves out what gives the model no answer to stand on', () => {
    const turns = [
      turn('1', 'blocked', ''),
      turn('2', 'failed'),
      turn('3', 'stopped', ''),
      { ...turn('4', 'answered'), superseded: true },
      turn('5', 'answered'),
      turn('6', 'waiting', ''),
    ];
    expect(messagesOf(turns, turns[5] as Turn)).toEqual([
      ...exchange('5'),
      { role: 'user', content: 'question 6' },
    ]);
  });

  it('sends a turn that is tried again without what came after it', () => {
    const turns = [turn('1', 'answered'), turn('2', 'waiting', ''), turn('3', 'answered')];
    expect(messagesOf(turns, turns[1] as Turn)).toEqual([
      ...exchange('1'),
      { role: 'user', content: 'question 2' },
    ]);
  });
});
