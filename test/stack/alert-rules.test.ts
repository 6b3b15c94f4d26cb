import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntaxFaults } from '../../grafana/source/query-syntax.ts';
import { METRICS } from '../../src/telemetry/vocabulary.ts';
import { programPath } from '../../stack/programs.ts';
import { ALERT_CASES, ALERT_RULES, filesIn, RECORDING_RULES } from './alert-files.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const DASHBOARDS = ['service', 'stages', 'guardrails', 'vllm', 'feedback', 'telemetry', 'slo'];
const AREAS = ['gateway', 'upstream', 'guardrail', 'feedback', 'telemetry', 'host'];
const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d', '30d'];
/** Burn, long window, short window, severity. */
const BURNS = [
  [14.4, '1h', '5m', 'page'],
  [6, '6h', '30m', 'page'],
  [3, '1d', '2h', 'ticket'],
  [1, '3d', '6h', 'ticket'],
] as const;
/** Recorded ratio, budget (1 - objective), alert. */
const OBJECTIVES = [
  ['glassgate:availability:error_ratio', 0.005, 'GlassgateAvailabilityBudgetBurn'],
  ['glassgate:latency:slow_ratio', 0.05, 'GlassgateLatencyBudgetBurn'],
  ['glassgate:first_chunk:slow_ratio', 0.05, 'GlassgateFirstChunkBudgetBurn'],
] as const;

function promtool(...args: string[]): string {
  return execFileSync(programPath('promtool'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the rule files', () => {
  it('are valid to promtool, duplicates and all', () => {
    expect(promtool('check', 'rules', '--lint=all', '--lint-fatal', ...filesIn('rules'))).not.toContain(
      'FAILED',
    );
  });

  it.each(filesIn('tests'))('do what %s says', (path) => {
    expect(promtool('test', 'rules', path)).toContain('SUCCESS');
  });

  it('name each alert once', () => {
    const names = ALERT_RULES.map(({ alert }) => alert);
    expect(names).toEqual([...new Set(names)]);
    expect(names.length).toBeGreaterThanOrEqual(60);
  });
});

describe.each(ALERT_RULES)('$alert', ({ alert, expr, labels, annotations }) => {
  const cases = ALERT_CASES.filter((candidate) => candidate.alert === alert);

  it('has a case that fires and one that does not', () => {
    expect(cases.some(({ fires }) => fires)).toBe(true);
    // The one alert that must never be quiet.
    expect(cases.some(({ fires }) => !fires)).toBe(alert !== 'Watchdog');
    for (const { name, fires } of cases) {
      expect(name).toMatch(`${alert} ${fires ? 'fires' : 'stays quiet'}: `);
    }
  });

  it('says how urgent it is and whose matter', () => {
    expect(['page', 'ticket', ...(alert === 'Watchdog' ? ['none'] : [])]).toContain(labels['severity']);
    expect(AREAS).toContain(labels['area']);
  });

  it('tells what, in two languages, with labels that its series have', () => {
    const { summary = '', summary_zh: summaryZh = '', description = '' } = annotations;
    expect(summary).toMatch(/^\S.{9,}\S$/);
    expect(summaryZh).toMatch(/\p{Script=Han}/u);
    expect(description).toMatch(/^\S.{30,}\S\.?$/);
    const used = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    for (const { labels: shown } of cases.filter(({ fires }) => fires)) {
      expect(shown).toEqual(expect.arrayContaining(used));
    }
  });

  it('leads to a query, a dashboard and a section of a runbook in both languages', () => {
    expect(syntaxFaults('promql', annotations['query'] ?? '(')).toEqual([]);
    expect(syntaxFaults('promql', expr)).toEqual([]);
    expect(DASHBOARDS.map((name) => `glassgate-${name}`)).toContain(annotations['dashboard']);
    for (const language of ['en', 'zh']) {
      const page = join(DOCS, language, `${annotations['runbook'] ?? ''}.md`);
      expect(existsSync(page), page).toBe(true);
      expect(readFileSync(page, 'utf8'), page).toContain(`\`${alert}\``);
    }
  });
});

describe.each(OBJECTIVES)('the budget of %s', (ratio, budget, alert) => {
  it('is recorded for every window', () => {
    const recorded = RECORDING_RULES.map(({ record }) => record).filter((name) =>
      name.startsWith(`${ratio}_`),
    );
    expect(recorded).toEqual(WINDOWS.map((window) => `${ratio}_${window}`));
    for (const { record, expr } of RECORDING_RULES.filter(({ record }) => record.startsWith(`${ratio}_`))) {
      const window = record.slice(ratio.length + 1);
      expect(new Set(expr.match(/(?<=\[)\w+(?=\])/g)), record).toEqual(new Set([window]));
    }
  });

  it.each(BURNS)('burning %d times too fast is told by %s and %s as a %s', (burn, long, short, severity) => {
    const rule = ALERT_RULES.find((candidate) => candidate.alert === `${alert}${long}`);
    const [first, second, floor] = (rule?.expr ?? '').trim().split(/\nand /);
    expect(first).toBe(`${ratio}_${long} > (${burn} * ${budget})`);
    expect(second).toBe(`${ratio}_${short} > (${burn} * ${budget})`);
    expect(floor).toMatch(new RegExp(String.raw`^on \(\) sum\(increase\(\w+\[${long}\]\)\) > \d+$`));
    expect(rule?.labels['severity']).toBe(severity);
  });
});

describe('the limits of what counts as slow', () => {
  const bounds = (metric: 'http.server.request.duration' | 'gen_ai.client.operation.time_to_first_chunk') =>
    METRICS[metric].buckets as readonly number[];
  const counted = (ratio: string) =>
    RECORDING_RULES.find(({ record }) => record === `${ratio}_5m`)?.expr ?? '';

  it('lie on bounds of the histograms that are counted', () => {
    expect(counted('glassgate:latency:slow_ratio')).toContain(String.raw`le=~"10(\\.0)?"`);
    expect(bounds('http.server.request.duration')).toContain(10);
    expect(counted('glassgate:first_chunk:slow_ratio')).toContain('le="2.56"');
    expect(bounds('gen_ai.client.operation.time_to_first_chunk')).toContain(2.56);
  });
});
