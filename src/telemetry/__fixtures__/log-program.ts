import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { closeLog, log, startLog } from '../log.ts';

/** A process that writes log lines as its first argument says; how many were dropped goes to standard error. */
const [, , scenario = '', level = 'info'] = process.argv;
let dropped = 0;

const at = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: TraceFlags.SAMPLED,
});

function start(): void {
  startLog({ level, base: { worker: 3 }, onDrop: () => void (dropped += 1) });
}

const SCENARIOS: Readonly<Record<string, () => void>> = {
  /** One line of each level. */
  levels() {
    start();
    log.info('server.listening', { port: 8080 });
    log.warn('upstream.retried', { 'error.type': 'upstream_overloaded', delay_ms: 100 }, at);
    log.error('upstream.unreachable', {}, at);
  },
  /** Lines before anybody has said where they go. */
  unstarted() {
    log.info('server.listening');
  },
  /** Values that could break a line. */
  odd() {
    start();
    log.info('server.listening', { text: 'a\n"b"\\ \u2028 水 \ud83d', empty: '', list: ['a', 'b'], flag: false });
  },
  /** As much as a busy process writes. */
  busy() {
    start();
    for (let count = 0; count < 3000; count += 1) log.info('server.listening', { pid: process.pid, count });
  },
  /** More than a reader who does not read takes. */
  flood() {
    start();
    const text = 'x'.repeat(1000);
    for (let count = 0; count < 12_000; count += 1) log.info('server.listening', { count, text });
  },
};

SCENARIOS[scenario]?.();
// The reader decides when to go on: what stands in the pipe until then is what it was able to hold.
if (process.send === undefined) {
  await end();
} else {
  process.once('message', () => void end());
  process.send('written');
}

async function end(): Promise<void> {
  await closeLog();
  if (process.send !== undefined) process.stderr.write(`${dropped}\n`);
  process.exit(0);
}
