import { expect, test } from 'vitest';
import { parsePrometheus } from '../../test/support/parse-prometheus.ts';
import { mergeMetrics } from './merge-metrics.ts';

const text = (worker: string, answers: number) => `# HELP answers_total Answers.
# TYPE answers_total counter
answers_total{outcome="answered",worker="${worker}"} ${answers}
# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{worker="${worker}",le="1"} 1
seconds_bucket{worker="${worker}",le="+Inf"} 2
seconds_sum{worker="${worker}"} 3.5
seconds_count{worker="${worker}"} 2
`;

test('puts the samples of a family together under one HELP and one TYPE', () => {
  const merged = mergeMetrics([
    { source: 'worker 0', text: text('0', 3) },
    { source: 'worker 1', text: text('1', 4) },
  ]);
  expect(merged).toBe(`# HELP answers_total Answers.
# TYPE answers_total counter
answers_total{outcome="answered",worker="0"} 3
answers_total{outcome="answered",worker="1"} 4
# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{worker="0",le="1"} 1
seconds_bucket{worker="0",le="+Inf"} 2
seconds_sum{worker="0"} 3.5
seconds_count{worker="0"} 2
seconds_bucket{worker="1",le="1"} 1
seconds_bucket{worker="1",le="+Inf"} 2
seconds_sum{worker="1"} 3.5
seconds_count{worker="1"} 2
`);
  expect([...parsePrometheus(merged).keys()]).toEqual(['answers_total', 'seconds']);
});

test('keeps families that only one process has, and braces, quotes and spaces in label values', () => {
  const odd = '# HELP odd Odd.\n# TYPE odd gauge\nodd{path="a b {c} \\"d\\" # e",worker="primary"} 1\n';
  const merged = mergeMetrics([
    { source: 'worker 0', text: text('0', 3) },
    { source: 'primary', text: odd },
  ]);
  expect(merged.endsWith(odd)).toBe(true);
  expect(parsePrometheus(merged).get('odd')?.samples).toHaveLength(1);
});

test('says in a comment who did not answer', () => {
  const merged = mergeMetrics([
    { source: 'worker 0', text: text('0', 3) },
    { source: 'worker 1', text: undefined },
  ]);
  expect(merged.startsWith('# left out: worker 1 did not answer in time\n# HELP answers_total')).toBe(true);
  expect(parsePrometheus(merged).size).toBe(2);
});

test('leaves out a family whose type differs from what the others say, with a comment', () => {
  const other = '# HELP answers_total Answers.\n# TYPE answers_total gauge\nanswers_total{worker="1"} 9\n';
  const merged = mergeMetrics([
    { source: 'worker 0', text: text('0', 3) },
    { source: 'worker 1', text: other },
  ]);
  expect(merged).toContain('# left out: answers_total of worker 1\n');
  expect(merged).not.toContain('} 9');
  expect(parsePrometheus(merged).get('answers_total')?.samples).toHaveLength(1);
});

test('a family without samples and a text without families are no harm', () => {
  const empty = '# HELP answers_total Answers.\n# TYPE answers_total counter\n';
  const merged = mergeMetrics([
    { source: 'worker 0', text: empty },
    { source: 'worker 1', text: '# no registered metrics' },
    { source: 'worker 2', text: text('2', 1) },
  ]);
  expect(parsePrometheus(merged).get('answers_total')?.samples).toHaveLength(1);
  expect(mergeMetrics([])).toBe('');
});
