import { shareKept, type GroupRates, type Latency } from './measure.ts';
import type { Rate } from './wilson.ts';

/** All that one run measures. */
export interface Report {
  readonly lines: number;
  readonly groups: readonly GroupRates[];
  readonly sources: readonly GroupRates[];
  /** The groups again for every part that is added to the guard. */
  readonly layers: Readonly<Record<string, readonly GroupRates[]>>;
  readonly obfuscations: Readonly<Record<string, Rate>>;
  readonly latency: readonly Latency[];
}

type Row = readonly string[];

/** The report as text, or as Markdown tables. */
export function tableOf(report: Report, isMarkdown: boolean): string {
  const draw = isMarkdown ? markdownTable : plainTable;
  const rates = ({ name, blocked, flagged }: GroupRates): Row => [
    name,
    String(blocked.total),
    withInterval(blocked),
    withInterval(flagged),
  ];
  const head = ['texts', 'blocked (95 % interval)', 'flagged or blocked'];
  return [
    `${report.lines} texts`,
    draw(['group', ...head], report.groups.map(rates)),
    draw(['source', ...head], report.sources.map(rates)),
    draw(['blocked', ...report.groups.map(({ name }) => name)], layerRows(report)),
    draw(['disguise', 'share of plain recall kept'], obfuscationRows(report)),
    draw(['characters', 'p50', 'p99'], report.latency.map(latencyRow)),
  ].join('\n\n');
}

function layerRows({ layers }: Report): Row[] {
  return Object.entries(layers).map(([name, groups]) => [
    name,
    ...groups.map(({ blocked }) => percent(blocked.share)),
  ]);
}

function obfuscationRows(report: Report): Row[] {
  const rows = Object.entries(report.obfuscations).map(([name, rate]): Row => [name, withInterval(rate)]);
  return [...rows, ['all', percent(shareKept(report.obfuscations))]];
}

function latencyRow({ characters, p50, p99 }: Latency): Row {
  return [String(characters), `${p50.toFixed(2)} ms`, `${p99.toFixed(2)} ms`];
}

function withInterval({ share, low, high }: Rate): string {
  return `${percent(share)} (${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function markdownTable(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function plainTable(head: Row, rows: readonly Row[]): string {
  const widths = head.map((cell, index) =>
    Math.max(cell.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: Row): string =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}
