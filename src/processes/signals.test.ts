import { expect, onTestFinished, test } from 'vitest';
import { handleSignals } from './signals.ts';

test('the first SIGTERM or SIGINT stops, a later one aborts', () => {
  const { calls, send, advance } = listen();
  send('SIGTERM');
  expect(calls).toEqual(['stop']);
  advance(501);
  send('SIGINT');
  expect(calls).toEqual(['stop', 'abort']);
});

test('an echo of the first signal within half a second is none', () => {
  const { calls, send, advance } = listen();
  send('SIGINT');
  send('SIGINT');
  advance(500);
  send('SIGINT');
  expect(calls).toEqual(['stop']);
});

test('SIGHUP reloads, until the process stops', () => {
  const { calls, send } = listen();
  send('SIGHUP');
  send('SIGHUP');
  send('SIGTERM');
  send('SIGHUP');
  expect(calls).toEqual(['reload', 'reload', 'stop']);
});

test('SIGHUP of a terminal that was closed stops', () => {
  let terminal = true;
  const { calls, send } = listen(() => terminal);
  send('SIGHUP');
  terminal = false;
  send('SIGHUP');
  expect(calls).toEqual(['reload', 'stop']);
});

function listen(hasTerminal = () => false) {
  const calls: string[] = [];
  let time = 0;
  const stopListening = handleSignals({
    stop: () => calls.push('stop'),
    abort: () => calls.push('abort'),
    reload: () => calls.push('reload'),
    now: () => time,
    hasTerminal,
  });
  onTestFinished(stopListening);
  return {
    calls,
    // Emitted, not sent: the test's own process must survive.
    send: (signal: NodeJS.Signals) => process.emit(signal),
    advance: (durationMs: number) => (time += durationMs),
  };
}
