import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfigs } from '../../stack/check-configs.ts';
import { tempoFaults } from '../../stack/tempo-keys.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['otel-collector', 'prometheus', 'alertmanager', 'loki', 'tempo', 'grafana'];

let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'glassgate-configs-'));
  for (const folder of FOLDERS) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
});
afterEach(() => {
  rmSync(copy, { recursive: true, force: true });
});

/** Changes one file of the copy; the text must be there, or the test would prove nothing. */
function breakFile(file: string, right: string, wrong: string): void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(right);
  writeFileSync(path, text.replace(right, wrong));
}

/** Line of a text in a file of the copy, from 1. */
function lineOf(file: string, text: string): number {
  return readFileSync(join(copy, file), 'utf8').split(text, 1)[0]?.split('\n').length ?? 0;
}

function badFiles(): Record<string, string> {
  const bad = checkConfigs(copy).filter(({ faults }) => faults.length > 0);
  return Object.fromEntries(bad.map(({ file, faults }) => [file, faults.join('\n')]));
}

describe('the files of the stack', () => {
  it('are all good, and all looked at', () => {
    const checks = checkConfigs(ROOT);
    expect(checks.filter(({ faults }) => faults.length > 0)).toEqual([]);
    for (const folder of FOLDERS) {
      expect(
        checks.some(({ file }) => file.startsWith(`${folder}/`)),
        folder,
      ).toBe(true);
    }
  });
});

describe('a broken file is named by the program it is for', () => {
  it.each([
    [
      'an unknown key of Prometheus',
      'prometheus/prometheus.yml',
      'scrape_timeout:',
      'scrape_timout:',
      'scrape_timout',
    ],
    [
      'a rule that is no PromQL',
      'prometheus/rules/gateway.yml',
      'max(glassgate_workers_ready) == 0',
      'max(glassgate_workers_ready',
      'max(glassgate_workers_ready',
    ],
    ['an unknown key of a rule', 'prometheus/rules/host.yml', 'labels: {', 'lables: {', 'lables: {'],
    [
      'an unknown key of Alertmanager',
      'alertmanager/alertmanager.yml',
      'group_wait: 10s',
      'group_weight: 10s',
      'group_weight',
    ],
    ['an unknown key of Loki', 'loki/loki.yaml', 'auth_enabled:', 'auth_enable:', 'auth_enable:'],
    [
      'an unknown key of Tempo',
      'tempo/tempo.yaml',
      'block_retention:',
      'block_retension:',
      'block_retension',
    ],
    [
      'a list that is not closed, for Grafana',
      'grafana/provisioning/datasources/datasources.yaml',
      'datasources:',
      'datasources: [',
      '- name',
    ],
    ['a comma too many in a dashboard', 'grafana/dashboards/glassgate-slo.json', '{', '{,', '{,'],
  ])('%s', (_what, file, right, wrong, named) => {
    breakFile(file, right, wrong);
    const bad = badFiles();
    expect(Object.keys(bad)).toEqual([file]);
    expect(bad[file]).toMatch(new RegExp(String.raw`(?:line |: ?)${lineOf(file, named)}\b`));
  });

  // The Collector names the place by its keys, not by a line.
  it('an unknown key of the Collector', () => {
    breakFile('otel-collector/config.yaml', 'check_interval:', 'chek_interval:');
    expect(badFiles()).toEqual({
      'otel-collector/config.yaml': expect.stringMatching(
        /'processors' .*memory_limiter.*\bchek_interval/s,
      ) as string,
    });
  });

  it('a template of messages', () => {
    breakFile(
      'alertmanager/templates/mail.tmpl',
      '{{ len .Alerts.Firing }} firing',
      '{{ len .Alerts.Firing } firing',
    );
    expect(badFiles()['alertmanager/alertmanager.yml']).toContain('mail.tmpl:');
  });

  it('a setting that render.sh does not know', () => {
    breakFile(
      'alertmanager/alertmanager.yml',
      "smtp_hello: 'glassgate-alerts'",
      'smtp_require_tls: ${GLASSGATE_STACK_TLS}',
    );
    expect(badFiles()['alertmanager/alertmanager.yml']).toMatch(/line \d+/);
  });
});

describe('the keys of Tempo', () => {
  it('are held to those that Tempo was seen to take, wherever they stand', () => {
    expect(tempoFaults('target: all\nserver:\n  http_listen_port: 1\n')).toEqual([]);
    expect(tempoFaults('target: all\ningester:\n  ring: {}\n')).toEqual([
      'line 2: ingester is no key that Tempo 3.0.3 is known to take',
    ]);
    expect(tempoFaults('metrics_generator:\n  storage:\n    remote_write:\n      - link: x\n')).toEqual([
      'line 4: metrics_generator.storage.remote_write.link is no key that Tempo 3.0.3 is known to take',
    ]);
  });

  it('may stand once only, in a file that is YAML', () => {
    expect(tempoFaults('target: all\ntarget: all\n')).toEqual([
      'line 2: Map keys must be unique at line 2, column 1:',
    ]);
    expect(tempoFaults('a: [')[0]).toMatch(/^line 1: /);
  });
});
