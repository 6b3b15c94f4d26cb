/** How urgent an alert is, most urgent first. */
export const SEVERITIES = ['page', 'ticket', 'info'] as const;

/** One of the severities. */
export type Severity = (typeof SEVERITIES)[number];

/** One alert as its message needs it; texts are cut to what a person reads. */
export interface Alert {
  readonly fingerprint: string;
  readonly firing: boolean;
  readonly name: string;
  readonly severity: Severity;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** The same in Chinese, where the rule has it. */
  readonly summaryZh?: string | undefined;
  readonly description: string;
  /** Page of the handbook, or a whole URL. */
  readonly runbook: string;
  /** Id of a dashboard, or a whole URL. */
  readonly dashboard: string;
  readonly queryUrl: string;
  readonly startsAt: number;
  /** Absent while it fires. */
  readonly endsAt?: number | undefined;
}

/** What one webhook says about one group of alerts. */
export interface Notification {
  readonly groupKey: string;
  readonly alertmanagerUrl: string;
  /** Alerts that Alertmanager left out. */
  readonly truncatedAlerts: number;
  readonly alerts: readonly Alert[];
}

/** Of several, the most urgent; a group is as urgent as its worst alert. */
export function worstSeverity(alerts: readonly Alert[]): Severity {
  return SEVERITIES.find((severity) => alerts.some((alert) => alert.severity === severity)) ?? 'info';
}
