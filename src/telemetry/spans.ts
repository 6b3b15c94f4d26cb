import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  type Tracer,
} from '@opentelemetry/api';
import { SCOPE_NAME, SCOPE_VERSION } from './scope.ts';
import { ATTR_ERROR_TYPE, SCHEMA_URL } from './semconv.ts';

/** How a span begins. */
export interface SpanStart {
  readonly kind: SpanKind;
  /** Parent; default: a new trace. */
  readonly parent?: Context;
  readonly attributes?: Attributes;
  readonly links?: Link[];
}

/** A span that lives as long as what it names and ends exactly once. */
export interface OpenSpan {
  /** Context with this span in it: the parent of what happens inside, and what is injected upstream. */
  readonly context: Context;
  readonly traceId: string;
  readonly spanId: string;
  annotate(attributes: Attributes): void;
  /** Points to a span of another trace. */
  link(target: SpanContext): void;
  /**
   * Ends the span; with `errorType` as a failure of that type, or as merely `aborted` when the caller left:
   * that is named, but no error. Later calls do nothing.
   */
  end(errorType?: string, options?: { readonly aborted: boolean }): void;
}

let tracer: Tracer | undefined;

/** Wall clock minus monotonic clock. One for all spans, so that a child never seems to outlive its parent. */
let clockAnchorMs = Date.now() - performance.now();
/** Millisecond ticks of the wall clock stay below this; a clock that was set does not. */
const CLOCK_TOLERANCE_MS = 5;

/** Starts a span by hand: nothing is read from or put into the active context (reference: DESIGN, telemetry contract). */
export function openSpan(name: string, start: SpanStart): OpenSpan {
  tracer ??= trace.getTracerProvider().getTracer(SCOPE_NAME, SCOPE_VERSION, { schemaUrl: SCHEMA_URL });
  const parent = start.parent ?? ROOT_CONTEXT;
  if (start.kind === SpanKind.SERVER) followWallClock();
  const span = tracer.startSpan(
    name,
    { startTime: nowMs(), kind: start.kind, attributes: start.attributes ?? {}, links: start.links ?? [] },
    parent,
  );
  return new HandMadeSpan(span, parent);
}

/** Unix time in milliseconds with the resolution of the monotonic clock. */
function nowMs(): number {
  return clockAnchorMs + performance.now();
}

function followWallClock(): void {
  const anchorMs = Date.now() - performance.now();
  if (Math.abs(anchorMs - clockAnchorMs) > CLOCK_TOLERANCE_MS) clockAnchorMs = anchorMs;
}

class HandMadeSpan implements OpenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly #span: Span;
  readonly #parent: Context;
  #context: Context | undefined;
  #ended = false;

  constructor(span: Span, parent: Context) {
    this.#span = span;
    this.#parent = parent;
    const { traceId, spanId } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
  }

  /** Made when first asked for: most spans have no children and log nothing. */
  get context(): Context {
    this.#context ??= trace.setSpan(this.#parent, this.#span);
    return this.#context;
  }

  annotate(attributes: Attributes): void {
    if (!this.#ended) this.#span.setAttributes(attributes);
  }

  link(target: SpanContext): void {
    if (!this.#ended) this.#span.addLink({ context: target });
  }

  end(errorType?: string, options?: { readonly aborted: boolean }): void {
    if (this.#ended) return;
    this.#ended = true;
    if (errorType !== undefined) this.#span.setAttribute(ATTR_ERROR_TYPE, errorType);
    if (errorType !== undefined && options?.aborted !== true)
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end(nowMs());
  }
}
