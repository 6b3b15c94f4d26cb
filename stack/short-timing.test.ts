import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { shortenAlertmanagerTiming, shortenPrometheusTiming } from './short-timing.ts';

const ROOT = join(import.meta.dirname, '..');
const rules = readdirSync(join(ROOT, 'prometheus/rules')).filter((name) => name.endsWith('.yml'));

describe('Prometheus', () => {
  test.each([
    ['        for: 5m', '        for: 15s'],
    ['        keep_firing_for: 1h30m # why', '        keep_firing_for: 270s # why'],
    ["  - for: '10s'", "  - for: '500ms'"],
    ['  scrape_interval: 15s', '  scrape_interval: 5s'],
    ['  evaluation_interval: 1m', '  evaluation_interval: 20s'],
    ['    interval: 30s', '    interval: 10s'],
    ['rate(x[5m]) > 0.05', 'rate(x[30s]) > 0.05'],
    ['max_over_time(x[1h:30s])', 'max_over_time(x[360s:30s])'],
    ['x offset 1d and y', 'x offset 8640s and y'],
  ])('%s becomes %s', (from, to) => {
    expect(shortenPrometheusTiming(`${from}\n`)).toBe(`${to}\n`);
  });

  test.each([
    'record: glassgate:availability:error_ratio_5m',
    'summary: failed in the last 5m',
    'le="2.56"',
    'retention: 15d',
    'out_of_order_time_window: 30m',
    'refresh_interval: 30s',
    'quantile[0.95]',
  ])('%s stays', (line) => {
    expect(shortenPrometheusTiming(line)).toBe(line);
  });

  test.each(rules)('%s keeps every rule, and all its times are shorter', (name) => {
    const text = readFileSync(join(ROOT, 'prometheus/rules', name), 'utf8');
    const [before, after] = [text, shortenPrometheusTiming(text)].map((one) => parse(one) as unknown);
    const names = (file: unknown) =>
      (file as { groups: { rules: { alert?: string; record?: string }[] }[] }).groups.flatMap((group) =>
        group.rules.map((rule) => rule.alert ?? rule.record),
      );
    expect(names(after)).toEqual(names(before));
    expect(after).not.toEqual(before);
    expect(shortenPrometheusTiming(text)).not.toMatch(/\bfor: \d+[mhd]\b/);
  });
});

describe('Alertmanager', () => {
  test.each([
    ['  group_wait: 10s', '  group_wait: 500ms'],
    ['      group_interval: 2m', '      group_interval: 6s'],
    ['  repeat_interval: 4h', '  repeat_interval: 720s'],
    ['  resolve_timeout: 5m', '  resolve_timeout: 15s'],
    ['  group_wait: 0s', '  group_wait: 0s'],
  ])('%s becomes %s', (from, to) => {
    expect(shortenAlertmanagerTiming(from)).toBe(to);
  });

  test('the file of production keeps everything else', () => {
    const text = readFileSync(join(ROOT, 'alertmanager/alertmanager.yml'), 'utf8');
    const without = (one: string) => one.replaceAll(/(_wait|_interval|_timeout): .*/g, '$1');
    expect(without(shortenAlertmanagerTiming(text))).toBe(without(text));
    expect(shortenAlertmanagerTiming(text)).not.toBe(text);
  });
});
