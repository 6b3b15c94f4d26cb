import { spreadOf } from '../statistics.ts';
import { TARGET_NAMES, type TargetId } from '../targets/target.ts';
import type { Rounds } from '../workloads/interleave.ts';
import type { Latency } from '../workloads/measure-latency.ts';
import type { BenchResult } from '../workloads/run-workloads.ts';
import { floorsOf, ratioOf, type Floor } from './floors.ts';
import { table } from './markdown.ts';

/** The whole report as Markdown. */
export function renderReport(result: BenchResult, setting: readonly string[]): string {
  return [
    setting.join(' '),
    'CPU time per request in µs, everything its processes did counted: median (least–most) of the rounds, and against the bare relay.',
    costTable(result),
    'Added by each over asking the upstream itself, in ms: one answer at a time (W1); first token and gap between tokens of streams at 50 tokens a second (W3). Median of the rounds.',
    addedTable(result),
    'Answers per second from an upstream that takes 20 ms, by requests in flight, one worker on one core; 99th percentile of their time in ms (W2).',
    throughputTable(result),
    'What the project holds itself to.',
    floorTable(floorsOf(result)),
  ].join('\n\n');
}

function costTable({ cost: { answer, stream, burst } }: BenchResult): string {
  const cells = (rounds: Rounds<number>, id: TargetId): string[] => {
    const values = rounds.get(id) ?? [];
    if (values.length === 0) return ['–', '–'];
    const { median, min, max } = spreadOf(values);
    const ratio = ratioOf(rounds, id)?.median;
    return [
      `${whole(median)} (${whole(min)}–${whole(max)})`,
      ratio === undefined ? '–' : `${ratio.toFixed(1)} ×`,
    ];
  };
  return table(
    ['', 'answer', '', '33-chunk stream', '', 'the same in one burst', ''],
    [...answer.keys()].map((id) => [
      TARGET_NAMES[id],
      ...cells(answer, id),
      ...cells(stream, id),
      ...cells(burst, id),
    ]),
  );
}

function addedTable({ latency, pacedStreams }: BenchResult): string {
  const firstToken = mapRounds(pacedStreams, (round) => round.firstToken);
  const gap = mapRounds(pacedStreams, (round) => round.gap);
  const ids = [...latency.keys()].filter((id) => id !== 'direct');
  return table(
    ['', 'answer p50', 'p99', 'first token p50', 'p99', 'gap p50', 'p99'],
    ids.map((id) => [TARGET_NAMES[id], ...added(latency, id), ...added(firstToken, id), ...added(gap, id)]),
  );
}

/** Each round against the direct requests of the same round. */
function added(rounds: Rounds<Latency>, id: TargetId): string[] {
  const direct = rounds.get('direct') ?? [];
  return (['p50', 'p99'] as const).map((percentile) => {
    const values = (rounds.get(id) ?? []).map(
      (latency, round) => latency[percentile] - (direct[round]?.[percentile] ?? Number.NaN),
    );
    return spreadOf(values).median.toFixed(2);
  });
}

function throughputTable({ throughput }: BenchResult): string {
  const [anySweep = []] = [...throughput.values()].flat();
  const cell = (id: TargetId, column: number): string => {
    const points = (throughput.get(id) ?? []).flatMap((sweep) => sweep[column] ?? []);
    const failures = points.reduce((sum, point) => sum + point.failures, 0);
    const rate = whole(spreadOf(points.map((point) => point.requestsPerSecond)).median);
    const p99 = whole(spreadOf(points.map((point) => point.p99)).median);
    return failures === 0 ? `${rate} (${p99})` : `${rate} (${p99}), ${failures} failed`;
  };
  return table(
    ['', ...anySweep.map(({ concurrency }) => `${concurrency}`)],
    [...throughput.keys()].map((id) => [TARGET_NAMES[id], ...anySweep.map((_, column) => cell(id, column))]),
  );
}

function floorTable(floors: readonly Floor[]): string {
  const show = (value: number | undefined, unit: Floor['unit']): string =>
    value === undefined ? '–' : `${unit === '×' ? value.toFixed(1) : whole(value)} ${unit}`.trim();
  return table(
    ['', 'measured', 'to hold', '', 'to reach', ''],
    floors.map(({ what, unit, measured, hold, reach }) => [
      what,
      show(measured, unit),
      show(hold, unit),
      verdict(measured, hold),
      show(reach, unit),
      reach === undefined ? '–' : verdict(measured, reach),
    ]),
  );
}

function verdict(measured: number, limit: number): string {
  return measured <= limit ? 'PASS' : 'short';
}

function whole(value: number): string {
  return Number.isNaN(value) ? '–' : Math.round(value).toLocaleString('en');
}

function mapRounds<From, To>(rounds: Rounds<From>, map: (value: From) => To): Rounds<To> {
  return new Map([...rounds].map(([id, values]) => [id, values.map(map)]));
}
