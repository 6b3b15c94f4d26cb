import { parser as logql } from '@grafana/lezer-logql';
import { parser as traceql } from '@grafana/lezer-traceql';
import { parser as promql } from '@prometheus-io/lezer-promql';
import type { PanelQuery } from './panel-queries.ts';

const PARSERS = { promql, logql, traceql };

/** Where an expression breaks the grammar of its language, or nothing. */
export function syntaxFaults(language: PanelQuery['language'], expression: string): string[] {
  const faults: string[] = [];
  PARSERS[language].parse(expression).iterate({
    enter(node) {
      if (node.type.isError)
        faults.push(`near "${expression.slice(Math.max(0, node.from - 12), node.to + 12)}"`);
    },
  });
  return faults;
}

/** Names of the metrics that a PromQL expression reads. */
export function metricsIn(expression: string): string[] {
  return [...new Set(selectorsIn(expression).map((selector) => selector.replace(/\{[^]*$/, '').trim()))];
}

/** What a PromQL expression reads: metrics with the labels they must have. */
export function selectorsIn(expression: string): string[] {
  const selectors = new Set<string>();
  promql.parse(expression).iterate({
    enter({ name, from, to }) {
      if (name === 'VectorSelector') selectors.add(expression.slice(from, to));
    },
  });
  return [...selectors];
}
