import { APIError } from 'openai';
import { z } from 'zod';
import { GatewayError } from '../errors/gateway-error.ts';
import { log, type LogAttributes } from '../telemetry/log.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '../telemetry/semconv.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { translateUpstreamError } from './upstream-error.ts';

/** A model as callers see it. The upstream's own entry also holds folder paths, which stay here. */
export interface Model {
  readonly id: string;
  readonly created: number;
  readonly maxModelLength?: number;
}

/** Which models can be asked, and whether the upstream answers. */
export interface ModelCatalogue {
  /** Whether the list is known: by configuration, or because the upstream has answered once. */
  isKnown(): boolean;
  /** Models on offer; empty while the list is not known. */
  list(): readonly Model[];
  has(model: string): boolean;
  /** What a request that names no model gets. */
  defaultModel(): string;
  /** Whether the last look at the upstream succeeded. */
  isUpstreamUp(): boolean;
  /** Looks again now; resolves when the look is over, never rejects. */
  refresh(): Promise<void>;
  close(): void;
}

const listSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      created: z.number().catch(0),
      max_model_len: z.number().optional().catch(undefined),
    }),
  ),
});

const LOOK_TIMEOUT_MS = 5000;
/** Between looks while all is well, and while the upstream is down. */
const INTERVAL_MS = { up: 10_000, down: 1000 } as const;

/** Keeps the list of the upstream's models fresh by a timer of its own; `offered` narrows it when not empty. */
export function createModelCatalogue(
  upstream: UpstreamClient,
  offered: readonly string[],
  instruments: Instruments,
): ModelCatalogue {
  return new PolledCatalogue(upstream, offered, instruments);
}

class PolledCatalogue implements ModelCatalogue {
  readonly #upstream: UpstreamClient;
  readonly #offered: readonly string[];
  readonly #instruments: Instruments;
  #models: readonly Model[] | undefined;
  #up: boolean | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(upstream: UpstreamClient, offered: readonly string[], instruments: Instruments) {
    this.#upstream = upstream;
    this.#offered = offered;
    this.#instruments = instruments;
    this.#models = offered.length === 0 ? undefined : offered.map((id) => ({ id, created: 0 }));
  }

  isKnown(): boolean {
    return this.#models !== undefined;
  }

  list(): readonly Model[] {
    return this.#models ?? [];
  }

  has(model: string): boolean {
    return this.list().some(({ id }) => id === model);
  }

  defaultModel(): string {
    return this.list()[0]?.id ?? 'default';
  }

  isUpstreamUp(): boolean {
    return this.#up === true;
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const fault = await this.#look();
    const up = fault === undefined;
    if (up !== this.#up) {
      if (up && this.#up === false) log.info('upstream.reachable');
      if (!up) log.error('upstream.unreachable', fault);
      this.#up = up;
    }
    this.#instruments['glassgate.upstream.up'].record(up ? 1 : 0, {});
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.refresh(), up ? INTERVAL_MS.up : INTERVAL_MS.down).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Looks at the upstream; what went wrong, or nothing. */
  async #look(): Promise<LogAttributes | undefined> {
    const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
    try {
      const { data } = listSchema.parse(await this.#upstream.listModels(signal));
      const models = data.map(({ id, created, max_model_len: length }) => ({
        id,
        created,
        ...(length === undefined ? {} : { maxModelLength: length }),
      }));
      this.#models =
        this.#offered.length === 0 ? models : models.filter(({ id }) => this.#offered.includes(id));
      return undefined;
    } catch (thrown) {
      // The list that was known stays: a model does not cease to exist while its server restarts.
      const { code } = signal.aborted
        ? new GatewayError('upstream_first_byte_timeout')
        : translateUpstreamError(thrown, signal);
      const status = thrown instanceof APIError ? thrown.status : undefined;
      return {
        [ATTR_ERROR_TYPE]: code,
        ...(status === undefined ? {} : { [ATTR_HTTP_RESPONSE_STATUS_CODE]: status }),
      };
    }
  }
}
