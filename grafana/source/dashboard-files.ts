import { fileURLToPath } from 'node:url';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { format } from 'prettier';

/** File that Grafana reads a dashboard from. */
export function fileOf({ uid }: Dashboard): string {
  return fileURLToPath(new URL(`../dashboards/${uid}.json`, import.meta.url));
}

/** What stands in that file. */
export function textOf(dashboard: Dashboard): Promise<string> {
  return format(JSON.stringify(dashboard, null, 2), { parser: 'json', printWidth: 110 });
}
