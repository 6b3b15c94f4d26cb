/** An alert as Prometheus hands it to Alertmanager. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  /** In the past: it is over. */
  readonly endsAt?: string;
}

/** Hands alerts to Alertmanager in the place of Prometheus. */
export async function postAlerts(url: string, alerts: readonly PostedAlert[]): Promise<void> {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
  });
  if (!response.ok) throw new Error(`Alertmanager answered ${response.status}: ${await response.text()}`);
}
