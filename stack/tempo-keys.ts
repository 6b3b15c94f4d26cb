import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

const RING = ['ring.instance_addr', 'ring.kvstore.store'];

/**
 * Keys that Tempo 3.0.3 was seen to take. Tempo itself cannot be built here, and it refuses to start on a key that it does
 * not know: a new one belongs in this list only after a real Tempo has taken it.
 */
const KNOWN = new Set([
  'target',
  'stream_over_http_enabled',
  ...under('server', [
    'http_listen_address',
    'http_listen_port',
    'grpc_listen_address',
    'grpc_listen_port',
    'log_level',
    'graceful_shutdown_timeout',
  ]),
  ...under('distributor', [
    'receivers.otlp.protocols.grpc.endpoint',
    'receivers.otlp.protocols.http.endpoint',
    'max_attribute_bytes',
    ...RING,
  ]),
  ...under('live_store', [
    ...RING,
    'partition_ring.kvstore.store',
    'wal.path',
    'shutdown_marker_dir',
    'flush_check_period',
    'max_trace_idle',
  ]),
  'block_builder.wal.path',
  'backend_scheduler.local_work_path',
  ...under('backend_worker', [
    ...RING,
    'finish_on_shutdown_timeout',
    'compaction.block_retention',
    'compaction.compacted_block_retention',
  ]),
  'memberlist.bind_addr',
  'query_frontend.query_end_cutoff',
  ...under('metrics_generator', [
    ...RING,
    'registry.collection_interval',
    'processor.service_graphs.wait',
    'storage.path',
    'storage.remote_write.url',
    'storage.remote_write.send_exemplars',
  ]),
  ...under('storage.trace', ['backend', 'wal.path', 'local.path']),
  ...under('overrides.defaults', [
    'ingestion.max_traces_per_user',
    'global.max_bytes_per_trace',
    'metrics_generator.processors',
  ]),
  'usage_report.reporting_enabled',
]);

/** What is wrong with a file for Tempo, each with its line: faults of YAML, and keys that Tempo 3.0.3 is not known to take. */
export function tempoFaults(text: string): string[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number) => `line ${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    return document.errors.map(({ message, pos }) => `${at(pos[0])}: ${message.split('\n', 1)[0] ?? ''}`);
  }
  const faults: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (isSeq(node)) for (const item of node.items) visit(item, path);
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const name = path === '' ? String(key.value) : `${path}.${String(key.value)}`;
      if (isKnown(name)) visit(value, name);
      else faults.push(`${at(key.range?.[0] ?? 0)}: ${name} is no key that Tempo 3.0.3 is known to take`);
    }
  };
  visit(document.contents, '');
  return faults;
}

function isKnown(name: string): boolean {
  return KNOWN.has(name) || [...KNOWN].some((known) => known.startsWith(`${name}.`));
}

function under(parent: string, names: readonly string[]): string[] {
  return names.map((name) => `${parent}.${name}`);
}
