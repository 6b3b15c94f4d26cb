import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { loadInstanceSecret } from './access/instance-secret.ts';
import { openKeyStore, type KeyStore } from './access/key-store.ts';
import { createRequestLimiter } from './access/request-limiter.ts';
import { openAnswerStore, type AnswerStore, type AnswerStoreOptions } from './answers/answer-store.ts';
import { createApp, type AppDependencies } from './app.ts';
import { isLoopback } from './config/is-loopback.ts';
import type { Config } from './config/schema.ts';
import type { AnswerVersions } from './domain/answer-record.ts';
import { GatewayError } from './errors/gateway-error.ts';
import { createModelCatalogue, type ModelCatalogue } from './generation/model-catalogue.ts';
import { createUpstreamClient, type UpstreamClient } from './generation/upstream-client.ts';
import { GUARD_VERSION } from './guardrail/rules.ts';
import { listen } from './http/listen.ts';
import { Admission } from './http/middleware/admission.ts';
import { createAnswerPath, type GuardSettings } from './pipeline/answer-path.ts';
import { PROMPT_VERSION } from './prompt/template.ts';
import { openCorpus, type Corpus } from './retrieval/corpus.ts';
import { createSqliteRetriever } from './retrieval/sqlite-retriever.ts';
import { createInstruments, observe, type Instruments } from './telemetry/instruments.ts';
import { log } from './telemetry/log.ts';
import { SCOPE_VERSION } from './telemetry/scope.ts';

/** Whether the gateway would answer a question now, and what is missing if not. */
export interface GatewayReadiness {
  readonly ready: boolean;
  readonly missing: readonly string[];
}

/** One gateway that answers on the public port. */
export interface RunningGateway {
  readonly port: number;
  readiness(): GatewayReadiness;
  /** Stops accepting, lets open answers end within the configured time, stores what is queued. */
  drain(): Promise<void>;
}

/** What the configuration does not know. */
export interface GatewayOptions {
  /** URL of the embedded model: the upstream when the configuration names none. */
  readonly embeddedUrl?: string | undefined;
  /** Folder of the built chat page; default: `dist/web`. */
  readonly pageFolder?: string | undefined;
  /** Upper limit of the answer file in pages of 4 KiB; default: the disk's size. */
  readonly answerPages?: number | undefined;
  /** How long a drain leaves idle connections to their clients, milliseconds. */
  readonly idleGraceMs?: number | undefined;
  /** Longest wait for the head of a request, milliseconds. */
  readonly headersTimeoutMs?: number | undefined;
}

/** Longer than a busy client pauses between two requests on one connection. */
const IDLE_GRACE_MS = 1000;
/** Time to store records after open answers had theirs. */
const CLOSE_TIMEOUT_MS = 3000;
/** Time for the one error frame of answers that did not end by themselves. */
const ERROR_FRAME_TIMEOUT_MS = 1000;
const LOSS_LOG_INTERVAL_MS = 1000;
/** The most a token is taken to hold in estimates (prompt/estimate-tokens.ts). */
const CHARACTERS_PER_TOKEN = 4;

/** Everything of one process that has to be opened before and closed after. */
interface Resources {
  readonly instruments: Instruments;
  readonly secret: Uint8Array;
  readonly keys: KeyStore;
  readonly corpus: Corpus;
  readonly answers: AnswerStore;
  readonly upstream: UpstreamClient;
  readonly catalogue: ModelCatalogue;
  readonly admission: Admission;
  /** Ends the answers that are still open when their time is over. */
  readonly shutdown: AbortController;
}

/** Builds the gateway of one process from its configuration and starts it: the wiring of the whole. */
export async function startGateway(config: Config, options: GatewayOptions = {}): Promise<RunningGateway> {
  const resources = openResources(config, options);
  const { admission, answers, catalogue } = resources;
  const stopObserving = observe('glassgate.answers.queued', () => answers.stats().queued);
  const app = createApp(wireApp(config, resources, options));
  await Promise.all([answers.ready(), catalogue.refresh()]);
  const { host, port } = config.server;
  const { idleGraceMs = IDLE_GRACE_MS, headersTimeoutMs } = options;
  const server = await listen(app, { host, port, idleGraceMs, headersTimeoutMs }, resources.instruments);
  return {
    port: server.port,
    readiness: () => readinessOf(catalogue, answers),
    async drain() {
      log.info('server.draining', { active: admission.active });
      server.stopAccepting();
      if (!(await server.idle(config.server.drain_timeout_ms))) {
        admission.close();
        resources.shutdown.abort(new GatewayError('shutting_down'));
        await server.idle(ERROR_FRAME_TIMEOUT_MS);
        server.cut();
      }
      stopObserving();
      await closeResources(resources);
    },
  };
}

function openResources(config: Config, options: GatewayOptions): Resources {
  const instruments = createInstruments();
  const { folder } = config.storage;
  const secret = loadInstanceSecret(folder, config.auth.instance_secret?.expose());
  const upstream = createUpstreamClient(upstreamOptions(config, options));
  return {
    instruments,
    secret,
    keys: openKeyStore(join(folder, 'access.db')),
    corpus: openCorpus(join(folder, 'corpus.db'), { readOnly: true }),
    answers: openAnswers(config, { secret, maxPages: options.answerPages }, instruments),
    upstream,
    catalogue: createModelCatalogue(upstream, config.upstream.models, instruments),
    admission: new Admission(admissionLimits(config), instruments),
    shutdown: createShutdown(),
  };
}

function createShutdown(): AbortController {
  const shutdown = new AbortController();
  // Every open request listens; Node's warning of a leak starts at ten.
  setMaxListeners(0, shutdown.signal);
  return shutdown;
}

async function closeResources({ catalogue, answers, upstream, corpus, keys }: Resources): Promise<void> {
  catalogue.close();
  await answers.close({ timeoutMs: CLOSE_TIMEOUT_MS });
  await upstream.close();
  corpus.close();
  keys.close();
}

function wireApp(config: Config, resources: Resources, options: GatewayOptions): AppDependencies {
  const { instruments, secret, keys, answers, upstream, catalogue, admission } = resources;
  const { server, auth, telemetry } = config;
  const retriever = createSqliteRetriever(resources.corpus);
  const bodyLimits = { limitBytes: server.body_limit_bytes, timeoutMs: server.body_timeout_ms };
  const defaultCollection = config.retrieval.collection;
  const versions = versionsOf(config);
  const path = createAnswerPath({
    ...pathSettings(config),
    instruments,
    retriever,
    upstream,
    versions: (collection) => ({
      ...versions,
      corpus: collection === '' ? '' : retriever.corpusVersion(collection),
    }),
    keep: (record) => answers.record(record),
  });
  return {
    telemetry: {
      instruments,
      auth,
      boundToLoopback: isLoopback(server.host),
      keys,
      secret,
      shutdown: resources.shutdown.signal,
    },
    limiter: createRequestLimiter({ onUnchecked: () => reportUnchecked(instruments) }),
    chat: {
      path,
      admission,
      catalogue,
      retriever,
      defaultCollection,
      bodyLimits,
      secret,
      textLimit: config.prompt.max_tokens * CHARACTERS_PER_TOKEN,
    },
    feedback: { answers, instruments, bodyLimits, captureContent: telemetry.capture_content },
    answers: { answers, traceUrl: telemetry.trace_url },
    page: { folder: options.pageFolder ?? PAGE_FOLDER, secret },
  };
}

const PAGE_FOLDER = join(import.meta.dirname, '../dist/web');

/** During a long outage answers are lost one by one: the counter has each, the log one line a second with their number. */
function createLossReport(): (count: number, reason: string, writeError: string | undefined) => void {
  let unreported = 0;
  let reportedAt = -LOSS_LOG_INTERVAL_MS;
  return (count, reason, writeError) => {
    unreported += count;
    if (performance.now() - reportedAt < LOSS_LOG_INTERVAL_MS) return;
    reportedAt = performance.now();
    log.error('answers.not_recorded', { count: unreported, reason, 'error.type': writeError ?? 'none' });
    unreported = 0;
  };
}

function openAnswers(
  config: Config,
  store: Pick<AnswerStoreOptions, 'secret' | 'maxPages'>,
  instruments: Instruments,
): AnswerStore {
  const reportLoss = createLossReport();
  const answers = openAnswerStore({
    ...store,
    path: join(config.storage.folder, 'answers.db'),
    queueLimit: config.storage.queue_limit,
    onRecorded(count) {
      instruments['glassgate.answers.recorded'].record(count, {});
    },
    onLoss({ count, reason }) {
      instruments['glassgate.answers.not_recorded'].record(count, { 'glassgate.reason': reason });
      reportLoss(count, reason, answers.stats().writeError);
    },
  });
  return answers;
}

function upstreamOptions(
  config: Config,
  options: GatewayOptions,
): Parameters<typeof createUpstreamClient>[0] {
  const url = config.upstream.url ?? options.embeddedUrl;
  if (url === undefined)
    throw new GatewayError('internal_error', { message: 'no upstream: set GLASSGATE_UPSTREAM_URL' });
  return {
    url,
    apiKey: config.upstream.api_key,
    connectTimeoutMs: config.upstream.connect_timeout_ms,
    maxConnections: config.upstream.max_connections,
  };
}

function admissionLimits({ server }: Config): ConstructorParameters<typeof Admission>[0] {
  return {
    maxConcurrency: server.max_concurrency,
    maxQueue: server.max_queue,
    queueTimeoutMs: server.queue_timeout_ms,
  };
}

function guardSettings(guardrail: Config['guardrail']): GuardSettings {
  const modes = {
    input: guardrail.mode_input,
    context: guardrail.mode_context,
    output: guardrail.mode_output,
  };
  const output = { kinds: guardrail.output_redact, linkHosts: guardrail.link_hosts };
  if (guardrail.moderation_url === undefined) return { modes, output };
  return {
    modes,
    output,
    moderation: {
      url: guardrail.moderation_url,
      api: guardrail.moderation_api,
      model: guardrail.moderation_model,
      apiKey: guardrail.moderation_api_key,
      mode: guardrail.moderation_mode,
      timeoutMs: guardrail.moderation_timeout_ms,
      failure: guardrail.moderation_failure,
    },
  };
}

function pathSettings({ upstream, retrieval, guardrail, prompt, telemetry }: Config) {
  return {
    timeouts: {
      firstByteMs: upstream.first_byte_timeout_ms,
      betweenBytesMs: upstream.between_bytes_timeout_ms,
      totalMs: upstream.total_timeout_ms,
    },
    maxRetries: upstream.max_retries,
    captureContent: telemetry.capture_content,
    passageLimit: retrieval.passages,
    guards: guardSettings(guardrail),
    promptBudget: {
      contextTokens: prompt.context_tokens,
      maxTokens: prompt.max_tokens,
      datamark: prompt.datamark,
    },
  };
}

function versionsOf(config: Config): Omit<AnswerVersions, 'corpus'> {
  // Secrets print as a mask, so the version does not depend on them.
  const version = createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 8);
  return { gateway: SCOPE_VERSION, prompt: PROMPT_VERSION, guard: GUARD_VERSION, config: version };
}

function reportUnchecked(instruments: Instruments): void {
  instruments['glassgate.rate_limit.unchecked'].record(1, {});
  log.warn('rate_limit.unchecked');
}

function readinessOf(catalogue: ModelCatalogue, answers: AnswerStore): GatewayReadiness {
  const missing = [
    ...(catalogue.isUpstreamUp() ? [] : ['upstream']),
    ...(answers.stats().writeError === undefined ? [] : ['answer_store']),
  ];
  // Answers go on without their store: that is said, but it is no reason to send nobody any more.
  return { ready: catalogue.isUpstreamUp(), missing };
}
