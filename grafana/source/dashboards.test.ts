import { readdirSync, readFileSync } from 'node:fs';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, test } from 'vitest';
import { fileOf, textOf } from './dashboard-files.ts';
import { DASHBOARDS } from './dashboards.ts';
import { labelFaults } from './label-faults.ts';
import { KNOWN_METRICS, storedNames } from './metric-inventory.ts';
import { exploreQueriesOf, panelsOf, queriesOf, variablesIn, withoutVariables } from './panel-queries.ts';
import { metricsIn, selectorsIn, syntaxFaults } from './query-syntax.ts';

const UIDS = ['service', 'stages', 'guardrails', 'vllm', 'feedback', 'telemetry', 'slo'];
const GRAFANA_VARIABLES = ['__rate_interval', '__range', '__interval', '__auto', '__from', '__to'];
const COLUMNS = 24;

test('the seven dashboards are there, each with an address of its own', () => {
  expect(DASHBOARDS.map(({ uid }) => uid)).toEqual(UIDS.map((name) => `glassgate-${name}`));
});

test('the folder holds the files of these dashboards and no other', () => {
  const files = readdirSync(new URL('../dashboards', import.meta.url)).sort();
  expect(files).toEqual(UIDS.map((name) => `glassgate-${name}.json`).sort());
});

describe.each(DASHBOARDS.map((dashboard) => [dashboard.uid ?? '', dashboard] as const))(
  '%s',
  (_, dashboard) => {
    const panels = panelsOf(dashboard);

    test('the file is what the source makes: run `npm run dashboards` after a change', async () => {
      expect(readFileSync(fileOf(dashboard), 'utf8')).toBe(await textOf(dashboard));
    });

    test('every panel says in one sentence what it shows', () => {
      const silent = panels.filter(({ description = '' }) => !/^\S.{30,}[^.]\.$/u.test(description));
      expect(silent.map(({ title, description }) => `${title}: ${description}`)).toEqual([]);
    });

    test('every panel has a title, and none has the title of another', () => {
      const titles = panels.map(({ title, type }) => `${type} ${title}`);
      expect(titles.filter((title) => title.endsWith('undefined') || title.trim() === '')).toEqual([]);
      expect(new Set(titles).size).toBe(titles.length);
    });

    test('every panel has a number of its own and a place that no other panel covers', () => {
      const ids = (dashboard.panels ?? []).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(overlaps(dashboard.panels as Panel[])).toEqual([]);
    });

    test('panels of one line have one height, and the line is full', () => {
      const lines = Map.groupBy(panels, ({ gridPos }) => gridPos?.y);
      for (const line of lines.values()) {
        expect(new Set(line.map(({ gridPos }) => gridPos?.h)).size).toBe(1);
        expect(line.reduce((sum, { gridPos }) => sum + (gridPos?.w ?? 0), 0)).toBe(COLUMNS);
      }
    });

    test('the grammar of its language accepts every query', () => {
      const faults = queriesOf(dashboard).flatMap(({ panel, language, expression }) =>
        syntaxFaults(language, withoutVariables(expression)).map((fault) => `${panel}: ${fault}`),
      );
      expect(faults).toEqual([]);
    });

    test('every metric exists', () => {
      const unknown = queriesOf(dashboard)
        .filter(({ language }) => language === 'promql')
        .flatMap(({ panel, expression }) =>
          metricsIn(withoutVariables(expression))
            .filter((name) => !KNOWN_METRICS.has(name))
            .map((name) => `${panel}: ${name}`),
        );
      expect(unknown).toEqual([]);
    });

    test('what is asked of labels is possible', () => {
      const faults = queriesOf(dashboard)
        .filter(({ language }) => language === 'promql')
        .flatMap(({ expression }) => selectorsIn(withoutVariables(expression)))
        .flatMap((selector) => labelFaults(selector));
      expect(faults).toEqual([]);
    });

    test('every variable that is used is declared, and the other way round', () => {
      const declared = declaredVariables(dashboard);
      const used = new Set(variablesIn(JSON.stringify(dashboard.panels)));
      expect([...used].filter((name) => ![...declared, ...GRAFANA_VARIABLES].includes(name))).toEqual([]);
      expect(declared.filter((name) => !used.has(name))).toEqual([]);
    });

    test('values that are measured have a unit and a way into logs and traces', () => {
      const measured = panels.filter(({ type }) => !['logs', 'table'].includes(type));
      const poor = measured.filter(({ fieldConfig }) => {
        const { unit, links = [] } = fieldConfig?.defaults ?? {};
        return unit === undefined || links.length !== 2;
      });
      expect(poor.map(({ title }) => title)).toEqual([]);
    });

    test('queries of links into Explore are whole: the grammar accepts them', () => {
      const queries = exploreQueriesOf(dashboard);
      expect(queries.length).toBeGreaterThan(0);
      expect(queries.flatMap(({ language, expression }) => syntaxFaults(language, expression))).toEqual([]);
    });
  },
);

describe('names in Prometheus', () => {
  test.each([
    ['a.b', 'histogram', 's', ['a_b_seconds_bucket', 'a_b_seconds_sum', 'a_b_seconds_count']],
    ['a.b', 'counter', '{x}', ['a_b_total']],
    ['a.b_c', 'gauge', '1', ['a_b_c_ratio']],
    ['a.b', 'observed', '{x}', ['a_b']],
    ['a.b', 'up-down-counter', '{x}', ['a_b']],
  ] as const)('%s, a %s in %s', (name, kind, unit, stored) => {
    expect(storedNames(name, { kind, unit, description: '', labels: {} })).toEqual(stored);
  });
});

describe('what the checks above would miss if they were wrong', () => {
  test.each([
    ['promql', 'sum(rate(a[5m])'],
    ['logql', '{service_name="glassgate"} |= '],
    ['traceql', '{ name = }'],
  ] as const)('a broken %s query is found', (language, expression) => {
    expect(syntaxFaults(language, expression)).not.toEqual([]);
  });

  test('metric names are read from nested expressions, colons included', () => {
    expect(
      metricsIn('sum(rate(vllm:a_total{x="b"}[5m])) / on() (c or vector(0)) + count(d:e_1 > 0)'),
    ).toEqual(['vllm:a_total', 'c', 'd:e_1']);
  });

  test('selectors are read with their labels', () => {
    expect(selectorsIn('sum(rate(a_total{b="c", d!=""}[5m])) / e + a_total{b="c", d!=""}')).toEqual([
      'a_total{b="c", d!=""}',
      'e',
    ]);
  });

  test.each([
    [
      'glassgate_answers_total{glassgate_outcome="broken"}',
      ['glassgate_outcome of glassgate_answers_total is never broken'],
    ],
    ['glassgate_answers_total{outcome="failed"}', ['glassgate_answers_total has no label outcome']],
    [
      'glassgate_answers_total{glassgate_outcome=~"failed|lost"}',
      ['glassgate_outcome of glassgate_answers_total is never lost'],
    ],
    ['glassgate_answers_total{glassgate_outcome!="failed", instance=~".*"}', []],
    ['glassgate_answers_total', []],
    ['somebody_elses_total{any="thing"}', []],
  ])('labels of %s', (selector, faults) => {
    expect(labelFaults(selector)).toEqual(faults);
  });

  test('two panels on one place, and one beyond the edge, are found', () => {
    const panel = (title: string, x: number, w: number) =>
      ({ title, gridPos: { x, y: 0, w, h: 4 } }) as Panel;
    expect(overlaps([panel('a', 0, 12), panel('b', 8, 12)])).toEqual(['a and b']);
    expect(overlaps([panel('c', 20, 8)])).toEqual(['c leaves the page']);
  });

  test('both ways of writing a variable are seen', () => {
    expect(variablesIn('{a=~"$model"}[$__range] ${__from:date}')).toEqual(['model', '__range', '__from']);
  });
});

function declaredVariables(dashboard: Dashboard): string[] {
  return (dashboard.templating.list ?? []).map(({ name }) => name);
}

function overlaps(panels: readonly Panel[]): string[] {
  const faults: string[] = [];
  panels.forEach((panel, index) => {
    const { x, w } = panel.gridPos!;
    if (x + w > COLUMNS) faults.push(`${panel.title} leaves the page`);
    for (const other of panels.slice(index + 1)) {
      if (covers(panel, other)) faults.push(`${panel.title} and ${other.title}`);
    }
  });
  return faults;
}

function covers({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a!.x < b!.x + b!.w && b!.x < a!.x + a!.w && a!.y < b!.y + b!.h && b!.y < a!.y + a!.h;
}
