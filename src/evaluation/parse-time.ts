import { UsageError } from '../command/run-command.ts';

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Reads a date (midnight UTC) or a time with its zone into Unix milliseconds; anything doubtful is refused. */
export function parseTime(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const day = text.slice(0, 'yyyy-mm-dd'.length);
  if (!TIME.test(text) || !isRealDay(day) || Number.isNaN(Date.parse(text)))
    throw new UsageError(
      `${option} "${text}" is not a time: write 2026-11-01, or 2026-11-01T08:30:00Z with a zone.`,
    );
  return Date.parse(text);
}

/** JavaScript takes 30 February for 2 March. */
function isRealDay(day: string): boolean {
  const time = Date.parse(day);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
