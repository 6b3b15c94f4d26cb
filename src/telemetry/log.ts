import {
  context,
  isSpanContextValid,
  logs,
  SeverityNumber,
  trace,
  type Attributes,
  type Context,
} from '@opentelemetry/api';
import { pino, type Logger as PinoLogger } from 'pino';
import { LineWriter } from './line-writer.ts';
import { SCOPE_NAME, SCOPE_VERSION } from './scope.ts';
import { SCHEMA_URL } from './semconv.ts';
import type { LogEvent } from './vocabulary.ts';

/** What a log line may say besides its event: flat values, never prompts, answers, keys or personal data. */
export type LogAttributes = Attributes;

type Level = 'info' | 'warn' | 'error';

const SEVERITY = {
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const;
/** Time to write what is left at the end of a process; a reader who does not read is not waited for. */
const CLOSE_TIMEOUT_MS = 1000;

let lines: PinoLogger | undefined;
let output: LineWriter | undefined;

/** Where lines go and how severe they must be; called once by a process before its first line. */
export function startLog(options: { level: string; base: Attributes; onDrop: () => void }): void {
  output = new LineWriter(process.stdout, options.onDrop);
  lines = pino(
    {
      level: options.level,
      base: options.base,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    output,
  );
}

/** Writes what is buffered and takes no more lines; for the end of a process. */
export async function closeLog(): Promise<void> {
  lines = undefined;
  await output?.close(CLOSE_TIMEOUT_MS);
}

/** Structured events: one JSON line on standard output and one OTLP log record, both with the ids of the trace. */
export const log = {
  info: (event: LogEvent, attributes: LogAttributes = {}, at?: Context) =>
    write('info', event, attributes, at),
  warn: (event: LogEvent, attributes: LogAttributes = {}, at?: Context) =>
    write('warn', event, attributes, at),
  error: (event: LogEvent, attributes: LogAttributes = {}, at?: Context) =>
    write('error', event, attributes, at),
};

function write(level: Level, event: LogEvent, attributes: LogAttributes, at: Context | undefined): void {
  const where = at ?? context.active();
  if (lines?.isLevelEnabled(level) === true) {
    lines[level]({ event, ...traceFields(where), ...attributes });
  }
  logs.getLogger(SCOPE_NAME, SCOPE_VERSION, { schemaUrl: SCHEMA_URL }).emit({
    eventName: event,
    severityNumber: SEVERITY[level],
    severityText: level.toUpperCase(),
    body: event,
    attributes,
    context: where,
  });
}

function traceFields(where: Context): Attributes {
  const spanContext = trace.getSpanContext(where);
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return {};
  return { trace_id: spanContext.traceId, span_id: spanContext.spanId, trace_flags: spanContext.traceFlags };
}
