import { frame } from './dashboard-frame.ts';
import { graph, number, type PanelMaker } from './panels.ts';
import type { ExploreQueries } from './links.ts';
import { orNone, orZero } from './promql.ts';
import { onlyZeroIsFine, worseAbove, worseBelow } from './thresholds.ts';

/** One objective over 30 days and the recorded share of what was bad (prometheus/rules/). */
interface Objective {
  readonly name: string;
  readonly objective: string;
  readonly ratio: string;
  /** Share that may be bad. */
  readonly budget: number;
  readonly explore: ExploreQueries;
}

const OBJECTIVES: readonly Objective[] = [
  {
    name: 'Availability',
    objective: '99.5 % of chat requests do not fail',
    ratio: 'glassgate:availability:error_ratio',
    budget: 0.005,
    explore: { traces: '{ name = "POST /v1/chat/completions" && status = error }' },
  },
  {
    name: 'Latency',
    objective: '95 % of answers are complete within 10 s',
    ratio: 'glassgate:latency:slow_ratio',
    budget: 0.05,
    explore: { traces: '{ name = "POST /v1/chat/completions" && duration > 10s }' },
  },
  {
    name: 'First token',
    objective: '95 % of streams begin within 2.56 s',
    ratio: 'glassgate:first_chunk:slow_ratio',
    budget: 0.05,
    explore: { traces: '{ name =~ "chat .*" && span.gen_ai.response.time_to_first_chunk > 2.56 }' },
  },
];
const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
/** Burn at which somebody is paged within the hour: 2 % of the budget of a month in one hour. */
const PAGE_BURN = 14.4;
const TICKET_BURN = 1;

function burn({ ratio, budget }: Objective, window: string): string {
  return `${ratio}_${window} / ${budget}`;
}

function budgetLeft(objective: Objective): PanelMaker {
  return number({
    title: `${objective.name}: budget left`,
    noValue: 'no traffic yet',
    description: `Part of the budget of 30 days that is left; the objective: ${objective.objective}.`,
    unit: 'percentunit',
    thresholds: worseBelow(0, 0.25),
    query: `1 - ${burn(objective, '30d')}`,
    explore: objective.explore,
  });
}

function burnNow(objective: Objective): PanelMaker {
  return number({
    title: `${objective.name}: burn, 1 hour`,
    noValue: 'no traffic',
    description:
      'How fast the budget is spent: 1 uses it up in exactly 30 days, 14.4 in two, and then somebody is paged.',
    unit: 'short',
    decimals: 2,
    thresholds: worseAbove(TICKET_BURN, PAGE_BURN),
    query: burn(objective, '1h'),
    explore: objective.explore,
  });
}

function burnRates(objective: Objective): PanelMaker {
  return graph({
    title: `${objective.name}: burn by window`,
    description:
      'Short windows show a fault as it begins, long ones whether it matters; alerts need both above their line.',
    unit: 'short',
    thresholds: worseAbove(TICKET_BURN, PAGE_BURN),
    queries: Object.fromEntries(WINDOWS.map((window) => [window, burn(objective, window)])),
    explore: objective.explore,
  });
}

function budgetOverTime(objective: Objective): PanelMaker {
  return graph({
    title: `${objective.name}: budget over time`,
    description: `What was left of the budget at each point; a step down is an incident. Objective: ${objective.objective}.`,
    unit: 'percentunit',
    thresholds: worseBelow(0, 0.25),
    queries: { left: `clamp_min(1 - ${burn(objective, '30d')}, 0)` },
    explore: objective.explore,
  });
}

const alerts = [
  number({
    title: 'Alerts that fire',
    description: 'Alerts that fire now, the one that always does (Watchdog) left out.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero('count(ALERTS{alertstate="firing", severity!="none"})'),
  }),
  graph({
    title: 'Alerts over time',
    description: 'Which alerts fired when, by name and severity; 0 while there are none.',
    unit: 'short',
    stacked: 'sum',
    queries: {
      '{{alertname}} {{severity}}': orNone(
        'count by (alertname, severity) (ALERTS{alertstate="firing", severity!="none"})',
        'alertname',
      ),
    },
  }),
];

/** What is left of each error budget, and how fast it is spent. */
export const slo = frame({
  uid: 'glassgate-slo',
  title: 'Glassgate: SLO',
  description:
    'What is left of the budgets of 30 days for availability, latency and first token, and how fast they are spent.',
  from: 'now-7d',
  variables: [],
  sections: [
    { title: 'Is it fine?', lines: [OBJECTIVES.map(budgetLeft), OBJECTIVES.map(burnNow)] },
    { title: 'Burn rates', lines: [OBJECTIVES.map(burnRates)] },
    { title: 'Budgets', lines: [OBJECTIVES.map(budgetOverTime)] },
    { title: 'Alerts', lines: [alerts] },
  ],
});
