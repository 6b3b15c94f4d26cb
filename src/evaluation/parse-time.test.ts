import { describe, expect, it } from 'vitest';
import { UsageError } from '../command/run-command.ts';
import { parseTime } from './parse-time.ts';

describe('parseTime', () => {
  it.each([
    ['2026-11-01', Date.UTC(2026, 10, 1)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2026-11-01T08:30Z', Date.UTC(2026, 10, 1, 8, 30)],
    ['2026-11-01T08:30:15Z', Date.UTC(2026, 10, 1, 8, 30, 15)],
    ['2026-11-01T08:30:15.250Z', Date.UTC(2026, 10, 1, 8, 30, 15, 250)],
    ['2026-11-01T08:30:00+08:00', Date.UTC(2026, 10, 1, 0, 30)],
    ['2026-11-01T00:00:00-05:00', Date.UTC(2026, 10, 1, 5)],
  ])('reads %s', (text, expected) => {
    expect(parseTime('--since', text)).toBe(expected);
  });

  it('reads nothing as no limit', () => {
    expect(parseTime('--since', undefined)).toBeUndefined();
  });

  it.each([
    '',
    'yesterday',
    '2026-13-01',
    '2026-02-30',
    '2027-02-29',
    '2026-02-30T00:00:00Z',
    '2026-11-01T25:00:00Z',
    // Without a zone it would mean another time on another machine.
    '2026-11-01T08:30:00',
    '2026-11',
    '01.11.2026',
    '1761955200000',
    '2026-11-01 08:30',
  ])('refuses %j', (text) => {
    expect(() => parseTime('--until', text)).toThrow(UsageError);
    expect(() => parseTime('--until', text)).toThrow(`--until "${text}" is not a time`);
  });
});
