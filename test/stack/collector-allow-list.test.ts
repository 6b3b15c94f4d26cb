import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as semconv from '../../src/telemetry/semconv.ts';
import { ATTRIBUTES, METRICS } from '../../src/telemetry/vocabulary.ts';
import { loggedFields } from './logged-fields.ts';

const ROOT = join(import.meta.dirname, '../..');

interface CollectorFile {
  readonly processors: { readonly redaction: { readonly allowed_keys: readonly string[] } };
}

const { processors } = parse(readFileSync(join(ROOT, 'otel-collector/config.yaml'), 'utf8')) as CollectorFile;
const allowed = processors.redaction.allowed_keys;

/** What vLLM's request span says after renaming (reference: the recorded shapes of vLLM 0.32). */
const VLLM = [
  'e2e',
  'time_in_queue',
  'time_to_first_token',
  'time_in_model_prefill',
  'time_in_model_decode',
].map((name) => `gen_ai.latency.${name}`);

/** Every attribute of spans and logs that the program has a name for. */
function declaredKeys(): string[] {
  const upstream = Object.entries(semconv).filter(([name]) => name.startsWith('ATTR_'));
  return [...upstream.map(([, key]) => String(key)), ...Object.values(ATTRIBUTES)];
}

describe('the allow-list of the Collector', () => {
  it('lets through every attribute that the program declares', () => {
    expect(declaredKeys().filter((key) => !allowed.includes(key))).toEqual([]);
  });

  it('lets through every field of a log call', () => {
    const fields = [...loggedFields(ROOT)];
    // Written in place, by a constant, by a function, in one branch of a choice.
    expect(fields).toEqual(expect.arrayContaining(['delay_ms', 'exit_code', 'slot', 'orphaned_feedback']));
    expect(fields.filter((field) => !allowed.includes(field))).toEqual([]);
  });

  it('lets through what vLLM says about a request', () => {
    expect(VLLM.filter((key) => !allowed.includes(key))).toEqual([]);
  });

  it('names nothing of ours that the program does not know any more', () => {
    const declared = new Set([
      ...declaredKeys(),
      ...VLLM,
      'gen_ai.request.id',
      'gen_ai.latency.time_in_model_inference',
    ]);
    const ours = allowed.filter((key) => /^(glassgate|gen_ai|http|url)\./.test(key));
    expect(ours.filter((key) => !declared.has(key))).toEqual([]);
  });

  it('has every key once, and no label of a metric that only metrics have', () => {
    expect(new Set(allowed).size).toBe(allowed.length);
    const labels = Object.values(METRICS).flatMap(({ labels: keys }) => Object.keys(keys));
    expect(labels).toContain('glassgate.stage');
    expect(allowed).not.toContain('glassgate.stage');
  });
});
