import { findPort } from './ports.ts';

/** The ports of every server of a stack, and the ones that people know them by. */
const USUAL_PORTS = {
  otlpGrpc: 4317,
  otlpHttp: 4318,
  collectorHealth: 13_133,
  collectorMetrics: 8888,
  prometheus: 9090,
  alertmanager: 9093,
  loki: 3100,
  lokiGrpc: undefined,
  jaegerQuery: 16_686,
  jaegerQueryGrpc: undefined,
  jaegerAdmin: undefined,
  jaegerOtlpGrpc: undefined,
  jaegerOtlpHttp: undefined,
  jaegerGrpc: undefined,
  jaegerHttp: undefined,
  jaegerSampling: undefined,
  jaegerBinary: undefined,
  jaegerCompact: undefined,
  jaegerZipkinCompact: undefined,
  tempo: 3200,
  tempoGrpc: undefined,
  tempoOtlpGrpc: undefined,
  tempoOtlpHttp: undefined,
  grafana: 3000,
  /** Nobody listens there: where alerts go as long as no mail server and no relay is named. */
  nobody: undefined,
} as const;

/** A port number for each listener of the stack. */
export type StackPorts = Readonly<Record<keyof typeof USUAL_PORTS, number>>;

/** Chooses free ports on loopback; `usual` ones first for a person at the keyboard, never in tests. */
export async function choosePorts(preferUsual: boolean): Promise<StackPorts> {
  const ports: Partial<Record<keyof typeof USUAL_PORTS, number>> = {};
  for (const [name, usual] of Object.entries(USUAL_PORTS)) {
    ports[name as keyof StackPorts] = await findPort(preferUsual ? usual : undefined);
  }
  return ports as StackPorts;
}
