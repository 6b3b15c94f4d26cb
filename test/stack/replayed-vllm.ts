import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page of metrics as vLLM gave it, whose counters move on at every look. */
export interface ReplayedVllm extends AsyncDisposable {
  /** Host and port, as Prometheus names a target. */
  readonly address: string;
}

const RECORDED = new URL('../../grafana/source/__fixtures__/vllm-metrics.txt', import.meta.url);
/** Growth of every counter from one look to the next, as a share of what was recorded. */
const GROWTH = 0.1;

/** Serves the recorded page; no vLLM runs behind it, and only the steps of its counters are invented. */
export async function startReplayedVllm(): Promise<ReplayedVllm> {
  const recorded = readFileSync(RECORDED, 'utf8');
  let looks = 0;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(movedOn(recorded, 1 + GROWTH * looks));
    looks += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The page with every counter and histogram grown by a factor; gauges stay. */
export function movedOn(page: string, factor: number): string {
  let grows = false;
  return page
    .split('\n')
    .map((line) => {
      const [, type] = /^# TYPE \S+ (\S+)$/.exec(line) ?? [];
      if (type !== undefined) grows = type === 'counter' || type === 'histogram';
      if (!grows || line.startsWith('#') || line === '') return line;
      const end = line.lastIndexOf(' ');
      return `${line.slice(0, end)} ${Number(line.slice(end + 1)) * factor}`;
    })
    .join('\n');
}
