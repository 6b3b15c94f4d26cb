import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { failuresOf, floorsSchema } from '../../../eval/guardrails/measuring/floors.ts';
import { GUARDS } from '../../../eval/guardrails/measuring/guards.ts';
import { readLabelledLines } from '../../../eval/guardrails/measuring/labelled-text.ts';
import {
  channelOf,
  groupOf,
  measureGroups,
  measureLatency,
  measureObfuscations,
  shareKept,
} from '../../../eval/guardrails/measuring/measure.ts';
import { OBFUSCATIONS } from '../../../eval/guardrails/measuring/obfuscations.ts';
import { tableOf, type Report } from '../../../eval/guardrails/measuring/report.ts';
import { rateOf } from '../../../eval/guardrails/measuring/wilson.ts';

const FOLDER = new URL('../../../eval/guardrails/', import.meta.url);
const lines = readLabelledLines(fileURLToPath(new URL('held-out.jsonl', FOLDER)));
const floors = floorsSchema.parse(JSON.parse(readFileSync(new URL('floors.json', FOLDER), 'utf8')));
const guard = GUARDS['+ classifier'] ?? (() => 'allow');

describe('a Wilson interval', () => {
  // Figures of Wilson's score interval as tables of statistics print them.
  test.each([
    [0, 10, 0, 0.2775],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
    [81, 263, 0.2553, 0.3662],
    [1, 1000, 0.0002, 0.0056],
  ])('%i of %i: %f to %f', (count, total, low, high) => {
    const rate = rateOf(count, total);
    expect(rate.share).toBe(count / total);
    expect(rate.low).toBeCloseTo(low, 3);
    expect(rate.high).toBeCloseTo(high, 3);
  });

  test('of nothing says nothing', () => {
    expect(rateOf(0, 0)).toEqual({ count: 0, total: 0, share: 0, low: 0, high: 1 });
  });
});

describe('groups', () => {
  const line = { text: 'x', label: 'injection', lang: 'en', source: 's', kind: 'direct' } as const;

  test.each([
    [line, 'direct, en', 'question'],
    [{ ...line, kind: 'jailbreak', lang: 'zh' } as const, 'jailbreak, zh', 'question'],
    [{ ...line, kind: 'indirect', lang: 'de' } as const, 'in documents, other', 'passage'],
    [{ ...line, label: 'benign', kind: 'over-defence' } as const, 'hard negatives, en', 'question'],
    [{ ...line, label: 'benign', kind: 'indirect' } as const, 'ordinary, en', 'passage'],
  ])('%j is in %s, by way of a %s', (labelled, group, channel) => {
    expect(groupOf(labelled)).toBe(group);
    expect(channelOf(labelled)).toBe(channel);
  });

  test('are counted with what is blocked and what is at least flagged', () => {
    const [group] = measureGroups([line, { ...line, text: 'y' }, { ...line, text: 'z' }], (text) =>
      text === 'x' ? 'block' : text === 'y' ? 'flag' : 'allow',
    );
    expect(group).toMatchObject({
      name: 'direct, en',
      blocked: { count: 1, total: 3 },
      flagged: { count: 2 },
    });
  });

  test('are timed at each length', () => {
    const seen = new Set<number>();
    const times = measureLatency(
      [{ ...line, label: 'benign', text: 'word' }],
      (text) => {
        seen.add(text.length);
        return 'allow';
      },
      [10, 50],
    );
    expect(times.map(({ characters }) => characters)).toEqual([10, 50]);
    expect([...seen]).toEqual([10, 50]);
  });
});

describe('disguises', () => {
  test.each([
    ['base64', 'YWJj'],
    ['hex', '616263'],
    ['url', '%61%62%63'],
    ['html', '&#97;&#98;&#99;'],
    ['rot13', 'nop'],
    ['reversed', 'cba'],
    ['leet', '4bc'],
    ['spaced', 'a b c'],
    ['full-width', 'ａｂｃ'],
    ['zero-width', 'a\u200bb\u200bc'],
    ['homoglyph', '\u0430b\u0441'],
  ])('%s', (name, expected) => {
    expect(OBFUSCATIONS[name]?.('abc')).toBe(expected);
  });

  test('are measured on attacks that are stopped in plain form, as a share of them', () => {
    const attack = { text: 'stop me', label: 'injection', lang: 'en', source: 's', kind: 'direct' } as const;
    const rates = measureObfuscations([attack, { ...attack, text: 'let me pass' }], (text) =>
      text === 'stop me' || /^[0-9a-f]+$/.test(text) ? 'block' : 'allow',
    );
    expect(rates['hex']).toMatchObject({ count: 1, total: 1 });
    expect(rates['base64']).toMatchObject({ count: 0, total: 1 });
    expect(shareKept(rates)).toBeCloseTo(1 / Object.keys(OBFUSCATIONS).length);
  });
});

describe('our own held-out set', () => {
  const report: Report = {
    lines: lines.length,
    groups: measureGroups(lines, guard),
    sources: [],
    layers: {},
    obfuscations: measureObfuscations(lines, guard),
    latency: [],
  };

  test('has some hundred texts, all kinds in both languages, none twice', () => {
    expect(lines.length).toBeGreaterThan(250);
    expect(new Set(lines.map(({ text }) => text)).size).toBe(lines.length);
    expect(report.groups.map(({ name }) => name)).toEqual(
      [...Object.keys(floors.recall), ...Object.keys(floors.falseAlarms)].toSorted((left, right) =>
        left.localeCompare(right),
      ),
    );
  });

  test('is judged within the floors', () => {
    expect(failuresOf(report, floors)).toEqual([]);
  });

  test('would not be within them without a guard, nor with one that blocks everything', () => {
    const judge = (action: 'allow' | 'block'): Report => ({
      ...report,
      groups: measureGroups(lines, () => action),
      obfuscations: {},
    });
    expect(failuresOf(judge('allow'), floors)).toHaveLength(Object.keys(floors.recall).length + 1);
    expect(failuresOf(judge('block'), floors)).toHaveLength(Object.keys(floors.falseAlarms).length + 1);
    expect(failuresOf({ ...report, groups: [] }, floors)[0]).toContain('no text of this group');
  });

  test('is told as text and as Markdown', () => {
    expect(tableOf(report, false)).toContain('direct, en');
    expect(tableOf(report, true)).toContain('| hard negatives, zh | 54 | ');
  });
});
