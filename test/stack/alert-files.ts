import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** One alert as its rule file has it. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A rule that computes instead of alerting. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** One case of promtool's files: does this alert fire, and with which labels. */
export interface AlertCase {
  readonly name: string;
  readonly alert: string;
  readonly labels: readonly string[];
  readonly fires: boolean;
}

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly (AlertRule | RecordingRule)[] }[];
}

interface TestFile {
  readonly tests: readonly {
    readonly name: string;
    readonly promql_expr_test: readonly {
      readonly expr: string;
      readonly exp_samples: readonly { readonly labels: string }[];
    }[];
  }[];
}

/** Where the files of Prometheus are. */
export const PROMETHEUS_FOLDER = join(import.meta.dirname, '../../prometheus');

const rules = filesIn('rules').flatMap((path) =>
  (parse(readFileSync(path, 'utf8')) as RuleFile).groups.flatMap((group) => group.rules),
);

/** Every alert, in the order of the files. */
export const ALERT_RULES: readonly AlertRule[] = rules.filter((rule) => 'alert' in rule);

/** Every recorded ratio. */
export const RECORDING_RULES: readonly RecordingRule[] = rules.filter((rule) => 'record' in rule);

/** Every case of the tests beside the rules. */
export const ALERT_CASES: readonly AlertCase[] = filesIn('tests').flatMap((path) =>
  (parse(readFileSync(path, 'utf8')) as TestFile).tests.flatMap(({ name, promql_expr_test: tests }) =>
    tests.map(({ expr, exp_samples: samples }) => ({
      name,
      alert: /^ALERTS\{alertname="(\w+)",alertstate="firing"\}$/.exec(expr)?.[1] ?? `no alert: ${expr}`,
      labels: samples.flatMap(({ labels }) => [...labels.matchAll(/(\w+)=/g)].map(([, label = '']) => label)),
      fires: samples.length > 0,
    })),
  ),
);

/** Paths of the files in one of Prometheus' folders. */
export function filesIn(folder: 'rules' | 'tests'): string[] {
  return readdirSync(join(PROMETHEUS_FOLDER, folder))
    .sort()
    .map((name) => join(PROMETHEUS_FOLDER, folder, name));
}
