import { existsSync } from 'node:fs';
import { trace } from '@opentelemetry/api';
import { createModelServer } from '../extractive-model/server/model-server.ts';
import { serveModel } from '../extractive-model/server/serve-model.ts';
import { startTelemetry } from '../telemetry/sdk.ts';
import { createLlamaEngine } from './llama-engine.ts';
import { loadLlamaModel } from './llama-model.ts';
import { localModelPaths } from './model-files.mjs';

const paths = localModelPaths();
if (!existsSync(paths.engineEntry) || !existsSync(paths.weights)) {
  process.stderr.write('The local model is not installed. Add it first: npm run add-local-model\n');
  process.exit(1);
}

const telemetry = startTelemetry({ role: 'local-model' });
const engine = createLlamaEngine(await loadLlamaModel(paths.engineEntry, paths.weights));
await serveModel(createModelServer({ engine, tracer: trace.getTracer('glassgate.local-model') }), {
  port: Number(process.env['GLASSGATE_EMBEDDED_PORT'] ?? 0),
  metrics: () => telemetry.metricsText(),
  flush: () => telemetry.shutdown(2_000),
});
