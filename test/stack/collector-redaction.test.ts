import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '../../src/access/api-key.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startCollector, type CollectorUnderTest } from './collector-under-test.ts';
import { counterBody, logBody, traceBody } from './otlp-bodies.ts';

/** One of each kind that must never reach a store. */
const SECRETS = {
  glassgateKey: createApiKey().text,
  openaiKey: 'sk-proj-4f9aB2c8D1e7G6h5J4k3',
  awsKey: 'AKIAIOSFODNN7EXAMPLE',
  bearer: 'Bearer 9f8e7d6c5b4a39281706',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.abc-DEF_123',
  passwordInAddress: '://reader:hunter2secret@',
  identity: '11010519491231002X',
  mobile: '13812345678',
  mobileWithCode: '+8613912345678',
  card: '6222021234567890123',
  mail: 'zhang.san@mail.example.com',
} as const;
/** All of them in one sentence, in front of and behind Chinese text and punctuation. */
const TEXT = Object.values(SECRETS)
  .map((secret) => `号码${secret}，and "${secret}"`)
  .join('; ');

let collector: CollectorUnderTest;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector[Symbol.asyncDispose]());

function expectClean(sent: string): void {
  for (const [kind, secret] of Object.entries(SECRETS)) expect(sent, kind).not.toContain(secret);
}

describe('redaction in the Collector', () => {
  it('masks secrets in values of spans, events, lists and resources', async () => {
    const body = traceBody(
      [
        {
          name: 'with secrets',
          attributes: {
            'gen_ai.input.messages': TEXT,
            'gen_ai.response.finish_reasons': [TEXT],
            'url.path': '/kept',
          },
          event: { 'error.message': TEXT },
          failed: true,
        },
      ],
      { resource: { 'service.version': TEXT } },
    );
    expect(await collector.send('traces', body)).toBe(200);
    const span = await waitUntil('the span', () =>
      collector.spans().find(({ name }) => name === 'with secrets'),
    );
    expect(span.attributes['url.path']).toEqual({ stringValue: '/kept' });
    expect(span.attributes['redaction.masked.count']).toEqual({ intValue: '2' });
    expect(collector.sent('traces')).not.toContain('free text of a failure');
    expectClean(collector.sent('traces'));
  });

  it('masks secrets in log attributes and in the body, also in a structured one', async () => {
    const structured = { kvlistValue: { values: [{ key: 'error.message', value: { stringValue: TEXT } }] } };
    for (const value of [{ stringValue: TEXT }, structured]) {
      const body = logBody({ body: value, attributes: { 'error.message': TEXT, rule: 'kept' } });
      expect(await collector.send('logs', body)).toBe(200);
    }
    const lines = await waitUntil('two lines', () => collector.lines().length === 2 && collector.lines());
    expect(lines.map(({ attributes }) => attributes['rule'])).toEqual([
      { stringValue: 'kept' },
      { stringValue: 'kept' },
    ]);
    expect(lines.every(({ body }) => body.includes('****'))).toBe(true);
    expectClean(collector.sent('logs'));
  });

  it('masks secrets in labels of metrics and takes no label away', async () => {
    const body = counterBody('glassgate.test', 1, { 'some.label': TEXT, other: 'kept' });
    expect(await collector.send('metrics', body)).toBe(200);
    const sent = await waitUntil('the counter', () => {
      const text = collector.sent('metrics');
      return text.includes('glassgate.test') && text;
    });
    expect(sent).toContain('"some.label"');
    expect(sent).toContain('"kept"');
    expectClean(sent);
  });

  it('removes keys that are not in the list and keeps the count of them', async () => {
    const strange = { authorization: 'x', 'enduser.id': 'somebody', 'http.route': '/v1/models' };
    await collector.send('traces', traceBody([{ name: 'strange keys', attributes: strange }]));
    await collector.send('logs', logBody({ body: { stringValue: 'strange keys' }, attributes: strange }));
    const span = await waitUntil('the span', () =>
      collector.spans().find(({ name }) => name === 'strange keys'),
    );
    const line = await waitUntil('the line', () =>
      collector.lines().find(({ body }) => body === 'strange keys'),
    );
    for (const { attributes } of [span, line]) {
      expect(attributes).toEqual({
        'http.route': { stringValue: '/v1/models' },
        'redaction.redacted.count': { intValue: '2' },
      });
    }
  });

  it('leaves what only resembles a secret', async () => {
    const harmless = {
      'glassgate.request.id': '0a1b2c3d-13f8-4a5b-9c6d-138123456789',
      'gen_ai.response.id': 'chatcmpl-138123456780abcdef',
      'exception.stacktrace': 'at node_modules/@opentelemetry/sdk-trace/build/index.js:10:13',
      'gen_ai.request.model': 'sk-8b',
    };
    await collector.send('traces', traceBody([{ name: 'harmless', attributes: harmless }]));
    const span = await waitUntil('the span', () => collector.spans().find(({ name }) => name === 'harmless'));
    expect(
      Object.fromEntries(Object.entries(span.attributes).map(([key, value]) => [key, value.stringValue])),
    ).toEqual(harmless);
  });
});
