import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { RELAY_VARIABLES } from '../../src/alert-relay/settings.ts';
import { SESSION_COOKIE } from '../../src/access/visitor-session.ts';
import { CONFIG_SECTIONS, configSchema } from '../../src/config/schema.ts';
import { Secret } from '../../src/config/secret.ts';
import { ERROR_CODES } from '../../src/errors/codes.ts';
import { EVALUATION_CASE_SCHEMA } from '../../src/evaluation/evaluation-case.ts';
import * as semconv from '../../src/telemetry/semconv.ts';
import {
  ATTRIBUTES,
  FOREIGN_METRIC_PREFIXES,
  LOG_EVENTS,
  METRICS,
  SPANS,
  type MetricDefinition,
} from '../../src/telemetry/vocabulary.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const LANGUAGES = ['en', 'zh'] as const;
type Language = (typeof LANGUAGES)[number];

const FENCED_BLOCK = /^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm;
const definitions: Readonly<Record<string, MetricDefinition>> = METRICS;
const labelKeys = new Set(Object.values(definitions).flatMap(({ labels }) => Object.keys(labels)));
const conventions = Object.entries(semconv)
  .filter(([key]) => key.startsWith('ATTR_'))
  .map(([, value]) => String(value));

/** Under `glassgate` in requests, answers and exports: part of the API, not of telemetry. */
const API_NAMES = [
  'glassgate.answer',
  'glassgate.answer_id',
  'glassgate.collection',
  'glassgate.collections',
  'glassgate.feedback',
  'glassgate.retrieval',
  EVALUATION_CASE_SCHEMA,
];
const FILE_NAME = /\.(?:conf|db|log|service|yaml)$/;
/** The bare name of a histogram or counter stands for the whole family in prose. */
const SUFFIXES = {
  counter: ['', '_total'],
  histogram: ['', '_bucket', '_sum', '_count'],
  gauge: [''],
  observed: [''],
  'up-down-counter': [''],
} as const;
const FAULTS = {
  en: { caller: 'caller', policy: 'policy', upstream: 'upstream', gateway: 'gateway' },
  zh: { caller: '调用方', policy: '策略', upstream: '上游', gateway: '网关' },
} as const;

function pagesOf(language: Language): string[] {
  return readdirSync(join(DOCS, language), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

function read(language: Language, page: string): string {
  return readFileSync(join(DOCS, language, page), 'utf8');
}

/** What a pattern finds on a page, each once, sorted. */
function found(language: Language, page: string, pattern: RegExp): string[] {
  return [...new Set(read(language, page).match(pattern))].sort();
}

/** Levels of the headings in order; what looks like one inside code is none. */
function headingLevels(markdown: string): number[] {
  return [...markdown.replace(FENCED_BLOCK, '').matchAll(/^(#{1,6}) /gm)].map(
    ([, marks = '']) => marks.length,
  );
}

/** Targets of the relative links of a page, without anchors. */
function relativeLinks(markdown: string): string[] {
  return [...markdown.replace(FENCED_BLOCK, '').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target) && !target.startsWith('#'))
    .map((target) => target.replace(/#.*$/, ''));
}

/** Cells after the first of each row that begins with one name in backticks, by that name. */
function tableRows(markdown: string): Map<string, string[]> {
  const rows = markdown.split('\n').filter((line) => /^\| `[^`]+` \|/.test(line));
  return new Map(
    rows.map((row) => {
      const [name = '', ...cells] = row.split('|').slice(1, -1);
      return [bare(name), cells.map((cell) => cell.trim())];
    }),
  );
}

function bare(cell: string): string {
  return cell.trim().replace(/^`(.*)`$/, '$1');
}

/** Names that stand nowhere in backticks, alone or with a value after a space (`chat {model}`). */
function missingFrom(markdown: string, names: Iterable<string>): string[] {
  return [...names].filter((name) => !markdown.includes(`\`${name}\``) && !markdown.includes(`\`${name} `));
}

/** How a default stands in its row. The number of cores differs by machine; what is absent or a list is said in words. */
function shownDefault(variable: string, value: unknown): RegExp {
  if (variable === 'GLASSGATE_SERVER_WORKERS' || value === undefined || Array.isArray(value))
    return /^[^`]+$/;
  return new RegExp(`^\`${RegExp.escape(JSON.stringify(value).replaceAll('"', ''))}\`$`);
}

function sorted(names: Iterable<string>): string[] {
  return [...names].sort();
}

/** How Prometheus shows declared metrics and labels: from `/metrics`, or with the unit they get over OTLP. */
function prometheusNames(): ReadonlySet<string> {
  const names = [...labelKeys, ...Object.values(ATTRIBUTES), SESSION_COOKIE].map(underscored);
  for (const [metric, { kind, unit }] of Object.entries(definitions)) {
    const stems = unit === 's' ? [metric, `${metric}_seconds`] : [metric];
    names.push(...stems.flatMap((stem) => SUFFIXES[kind].map((suffix) => `${underscored(stem)}${suffix}`)));
  }
  return new Set(names);
}

function underscored(name: string): string {
  return name.replaceAll('.', '_');
}

const secretSettings = new Set<string>();
const settings = new Map<string, unknown>();
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = configSchema.parse({});
for (const [section, { shape }] of Object.entries(CONFIG_SECTIONS)) {
  for (const [name, schema] of Object.entries(shape)) {
    const variable = `GLASSGATE_${section}_${name}`.toUpperCase();
    settings.set(variable, defaults[section]?.[name]);
    if (schema.safeParse('x').data instanceof Secret) secretSettings.add(variable);
  }
}

/** Variables that the servers beside the gateway read: named in their own files. */
const stackSettings = globSync(
  '{otel-collector,loki,tempo,alertmanager,grafana,stack}/**/*.{yaml,yml,sh,ts}',
  {
    cwd: join(DOCS, '..'),
  },
).flatMap((file) => readFileSync(join(DOCS, '..', file), 'utf8').match(/\bGLASSGATE_STACK_[A-Z_]+\b/g) ?? []);

describe('both languages', () => {
  const pages = pagesOf('en');

  it('have the same pages', () => {
    expect(pagesOf('zh')).toEqual(pages);
    expect(pages.length).toBeGreaterThanOrEqual(25);
  });

  it('have one title on each page, and the same headings of each level in the same order', () => {
    for (const page of pages) {
      const levels = headingLevels(read('en', page));
      expect(headingLevels(read('zh', page)), page).toEqual(levels);
      expect(levels.indexOf(1), page).toBe(0);
      expect(levels.lastIndexOf(1), page).toBe(0);
    }
  });

  it('show the same settings, metrics and commands on each page', () => {
    const shown = /\bGLASSGATE_[A-Z_]+|\bglassgate[._][a-z_.]*[a-z]|\bnpm run [a-z:-]+/g;
    for (const page of pages) expect(found('zh', page, shown), page).toEqual(found('en', page, shown));
  });
});

describe.each(LANGUAGES)('the handbook in %s', (language) => {
  const pages = pagesOf(language);
  const inEachPage = (faultsOf: (page: string) => readonly string[]) =>
    pages.flatMap((page) => faultsOf(page).map((fault) => `${page}: ${fault}`));

  it('links only to what is there', () => {
    const broken = inEachPage((page) =>
      relativeLinks(read(language, page)).filter(
        (target) => !existsSync(join(DOCS, language, dirname(page), target)),
      ),
    );
    expect(broken).toEqual([]);
  });

  it('has every page on its map', () => {
    const linked = new Set(relativeLinks(read(language, 'index.md')).map((target) => normalize(target)));
    expect(pages.filter((page) => page !== 'index.md' && !linked.has(page))).toEqual([]);
  });

  it('describes every metric under a heading of its own, and no other', () => {
    const headings = [...read(language, 'telemetry/metrics.md').matchAll(/^### (.+)$/gm)].map(
      ([, name = '']) => name,
    );
    expect(sorted(headings)).toEqual(sorted(Object.keys(METRICS)));
  });

  it.each(Object.entries(definitions))('gives the labels of %s and their values', (name, { labels }) => {
    const [, after = ''] = read(language, 'telemetry/metrics.md').split(`### ${name}\n`);
    const section = after.split(/^##/m)[0] ?? '';
    expect(missingFrom(section, Object.keys(labels))).toEqual([]);
    // Error codes have a page of their own; the constant GenAI values stand with the first metric that has them.
    const values = Object.entries(labels)
      .filter(([key, allowed]) => allowed !== 'open' && allowed.length < 20 && !key.startsWith('gen_ai.'))
      .flatMap(([, allowed]) => allowed);
    expect(missingFrom(section, values)).toEqual([]);
  });

  it('says which metrics of others are let through', () => {
    expect(missingFrom(read(language, 'telemetry/metrics.md'), FOREIGN_METRIC_PREFIXES)).toEqual([]);
  });

  it('names every span and span attribute', () => {
    const page = read(language, 'telemetry/spans.md');
    const onSpans = conventions.filter(
      (name) => !name.startsWith('gen_ai.evaluation.') && name !== semconv.ATTR_GEN_AI_TOKEN_TYPE,
    );
    expect(missingFrom(page, [...Object.values(SPANS), ...Object.values(ATTRIBUTES), ...onSpans])).toEqual(
      [],
    );
    expect(page).toContain(semconv.SCHEMA_URL);
  });

  it('has a row for every log event, and no other', () => {
    const page = read(language, 'telemetry/logs.md');
    expect(sorted(tableRows(page).keys())).toEqual(sorted(Object.keys(LOG_EVENTS)));
    expect(
      missingFrom(
        page,
        conventions.filter((name) => name.startsWith('gen_ai.evaluation.')),
      ),
    ).toEqual([]);
  });

  it('has a row with status, type and fault for every error code, and no other', () => {
    const expected = Object.entries(ERROR_CODES).map(([code, { status, type, fault }]) => [
      code,
      [String(status), `\`${type}\``, FAULTS[language][fault]],
    ]);
    expect(Object.fromEntries(tableRows(read(language, 'api/errors.md')))).toEqual(
      Object.fromEntries(expected),
    );
  });

  it('explains every error code in a sentence', () => {
    const explained = [...read(language, 'api/errors.md').matchAll(/^- `([a-z_]+)` /gm)].map(
      ([, code = '']) => code,
    );
    expect(sorted(explained)).toEqual(sorted(Object.keys(ERROR_CODES)));
  });

  it('has a row for every setting, and no other', () => {
    const rows = tableRows(read(language, 'configuration.md'));
    expect(sorted(rows.keys())).toEqual(sorted(settings.keys()));
  });

  it('gives the default of every setting', () => {
    const rows = tableRows(read(language, 'configuration.md'));
    for (const [variable, value] of settings) {
      expect(rows.get(variable)?.[0], variable).toMatch(shownDefault(variable, value));
    }
  });

  it('says which settings can be read from a file', () => {
    const named = found(language, 'configuration.md', /\bGLASSGATE_[A-Z_]+_FILE\b/g);
    const expected = ['GLASSGATE_CONFIG_FILE', ...[...secretSettings].map((variable) => `${variable}_FILE`)];
    expect(named).toEqual(sorted(expected));
  });

  // What a page shows as refused (`…: unknown setting`) is meant not to exist.
  it('uses no setting that does not exist', () => {
    const known = new Set([
      ...settings.keys(),
      ...stackSettings,
      ...RELAY_VARIABLES,
      'GLASSGATE_CONFIG_FILE',
    ]);
    for (const variable of secretSettings) known.add(`${variable}_FILE`);
    const used = (page: string) =>
      found(language, page, /\bGLASSGATE(?:_[A-Z0-9]+)+\b(?!: unknown setting)/g);
    expect(inEachPage((page) => used(page).filter((name) => !known.has(name)))).toEqual([]);
  });

  it('uses no metric or attribute that does not exist', () => {
    const known = new Set<string>([
      ...Object.keys(METRICS),
      ...Object.values(ATTRIBUTES),
      ...labelKeys,
      ...API_NAMES,
    ]);
    const used = (page: string) => found(language, page, /(?<![\w./-])glassgate(?:\.[a-z][\w-]*)+/g);
    const isUnknown = (name: string) => !known.has(name) && !FILE_NAME.test(name);
    expect(inEachPage((page) => used(page).filter(isUnknown))).toEqual([]);
  });

  it('uses no Prometheus name that does not exist', () => {
    const known = prometheusNames();
    const used = (page: string) =>
      found(language, page, /(?<![\w/-])(?:glassgate|gen_ai_client|http_server)(?:_[a-z]+)+/g);
    expect(inEachPage((page) => used(page).filter((name) => !known.has(name)))).toEqual([]);
  });

  it('names no command that does not exist', () => {
    const known = new Set(Object.keys(packageJson.scripts).map((name) => `npm run ${name}`));
    const used = (page: string) => found(language, page, /\bnpm run [a-z][a-z:-]*/g);
    expect(inEachPage((page) => used(page).filter((name) => !known.has(name)))).toEqual([]);
  });
});
