import type { WireMessage } from '../api/client.ts';
import type { Turn } from './turn.ts';

/** What the model is sent to answer `turn`: the turns before it that count, then its question. */
export function messagesOf(turns: readonly Turn[], turn: Turn): WireMessage[] {
  const index = turns.findIndex(({ id }) => id === turn.id);
  const before = index === -1 ? turns : turns.slice(0, index);
  return [...before.filter(isHistory).flatMap(exchangeOf), { role: 'user', content: turn.question }];
}

/** Blocked and failed turns, those asked again, and answers stopped before their first word are left out. */
function isHistory(turn: Turn): boolean {
  return (turn.status === 'answered' || turn.status === 'stopped') && turn.text !== '' && !turn.superseded;
}

function exchangeOf(turn: Turn): WireMessage[] {
  return [
    { role: 'user', content: turn.question },
    { role: 'assistant', content: turn.text },
  ];
}
