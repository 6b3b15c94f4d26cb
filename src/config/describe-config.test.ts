import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { describeConfig } from './describe-config.ts';
import { loadConfig } from './load.ts';

test('says what the defaults do', () => {
  expect(describeConfig(loadConfig({}))).toBe(
    `The configuration is sound. Glassgate would
  - answer on 127.0.0.1:8080 with ${availableParallelism()} worker process(es)
  - serve health and metrics on 127.0.0.1:9464
  - ask the embedded model (extractive)
  - take requests without an API key from: nobody, unless the public port is on loopback
  - keep answers and feedback 90 days in the folder "data"
  - not put questions and answers into telemetry, log from level info
  - end open answers within 30000 ms after SIGTERM

Every setting has its default.
`,
  );
});

test('lists what differs from the defaults, and no secret', () => {
  const text = describeConfig(
    loadConfig({
      GLASSGATE_UPSTREAM_URL: 'http://vllm:8000/',
      GLASSGATE_UPSTREAM_API_KEY: 'hidden-key',
      GLASSGATE_UPSTREAM_MODELS: 'one, two',
      GLASSGATE_AUTH_VISITORS: 'forwarded',
      GLASSGATE_TELEMETRY_CAPTURE_CONTENT: 'true',
    }),
  );
  expect(text).toContain('ask the model server at http://vllm:8000 with an API key\n');
  expect(text).toContain('users whom a trusted front names in a header\n');
  expect(text).toContain('  - put questions and answers into telemetry');
  expect(text.split('differ from their default:\n')[1]?.trimEnd().split('\n')).toEqual([
    '  auth.visitors = "forwarded"',
    '  upstream.url = "http://vllm:8000"',
    '  upstream.api_key = "<secret>"',
    '  upstream.models = ["one","two"]',
    '  telemetry.capture_content = true',
  ]);
  expect(text).not.toContain('hidden-key');
});
