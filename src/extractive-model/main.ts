import { startTelemetry } from '../telemetry/sdk.ts';
import { createExtractiveEngine } from './extractive-engine.ts';
import { createModelServer } from './server/model-server.ts';
import { serveModel } from './server/serve-model.ts';

const telemetry = startTelemetry({ role: 'extractive-model' });
const server = createModelServer({
  engine: createExtractiveEngine(),
  chunkDelayMs: Number(process.env['GLASSGATE_EXTRACTIVE_DELAY_MS'] ?? 0),
});

await serveModel(server, {
  port: Number(process.env['GLASSGATE_EMBEDDED_PORT'] ?? 0),
  metrics: () => telemetry.metricsText(),
  flush: () => telemetry.shutdown(2_000),
});
