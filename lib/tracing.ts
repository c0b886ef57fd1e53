// Writes traces down and sends them by OTLP over HTTP, as JSON (https://opentelemetry.io/docs/specs/otlp/). Home of @opentelemetry;
// loaded only where traces are wanted.
import { randomUUID } from 'node:crypto'
import { createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import type { Context, Span as OpenTelemetrySpan, SpanContext, Tracer } from '@opentelemetry/api'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOffSampler, AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Sampler, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Span, Tracing } from './span.ts'
import { readTraceContext, writeTraceContext } from './trace-context.ts'

/** Which traces are written down, in OpenTelemetry's words; those with `parentbased` leave it to the client where it has decided. */
export type SamplerName = 'always_on' | 'always_off' | 'traceidratio' | 'parentbased_always_on' | 'parentbased_always_off' | 'parentbased_traceidratio'

/** What traces are sent with. */
export interface TracingOptions {
  /** Where spans are POSTed to. */
  url: string
  /** Headers of the POST, such as a token. */
  headers: Record<string, string>
  /** Name of this program in the traces. */
  serviceName: string
  sampler: SamplerName
  /** Share of traces for the samplers by ratio, from 0 to 1. */
  ratio: number
  /** Told how many spans were sent, could not be sent, or were dropped because too many waited. */
  count: (result: 'sent' | 'failed' | 'dropped', spans: number) => void
  /** Told once when spans cannot be sent any more, with a status or the code of an error. */
  onTrouble: (cause: string) => void
  /** Told once when spans can be sent again. */
  onRecovery: () => void
  /** Milliseconds that spans wait for others to be sent with. */
  delay?: number
  /** Milliseconds that the receiver has to take spans. */
  timeout?: number
  /** Milliseconds that the last spans have when tracing ends. */
  farewell?: number
}

/** Most spans that wait, and most that are sent at once. */
const mostWaiting = 2048
const mostAtOnce = 512

/** Most events of one span: two for each service of a large graph. */
const mostEvents = 1000

/** Starts to trace. No function of it waits for the receiver, save close(). */
export function startTracing (options: TracingOptions): Tracing {
  const { serviceName, sampler, ratio, farewell = 2000 } = options
  const ending = new AbortController()
  const exporter = createExporter(options, ending.signal)
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': randomUUID() })),
    sampler: samplers[sampler](ratio),
    spanLimits: { eventCountLimit: mostEvents },
    spanProcessors: [createProcessor(exporter, options)]
  })
  const tracer = provider.getTracer('tutti')

  return {
    begin: (name, attributes, headers) => {
      const parent = readTraceContext(headers)
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, asSpanContext(parent))
      const clock = startClock()
      return wrap(tracer, tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, startTime: clock() }, context), context, clock)
    },
    async close () {
      const timer = setTimeout(() => ending.abort(), farewell)
      // It rejects where the last spans cannot be sent, which the exporter has told of.
      await provider.shutdown().catch(() => {})
      clearTimeout(timer)
    }
  }
}

const samplers: Record<SamplerName, (ratio: number) => Sampler> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: ratio => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: ratio => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) })
}

/** The time of day in milliseconds as it was at first, and from then on by a clock that is never set: of one request no call ends after the request, however finely one looks. */
function startClock (): () => number {
  const [now, begun] = [Date.now(), performance.now()]
  return () => now + performance.now() - begun
}

function wrap (tracer: Tracer, span: OpenTelemetrySpan, parent: Context, clock: () => number): Span {
  const place = span.spanContext()
  const context = trace.setSpan(parent, span)
  const state = place.traceState?.serialize()
  return {
    headers: writeTraceContext({ traceId: place.traceId, spanId: place.spanId, flags: place.traceFlags & TraceFlags.SAMPLED, ...state === undefined ? {} : { state } }),
    traceId: place.traceId,
    call: (name, attributes) => wrap(tracer, tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes, startTime: clock() }, context), context, clock),
    event: (name, attributes) => { span.addEvent(name, attributes, clock()) },
    end (attributes, failure) {
      span.setAttributes({ ...attributes, 'error.type': failure })
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end(clock())
    }
  }
}

function asSpanContext ({ traceId, spanId, flags, state }: NonNullable<ReturnType<typeof readTraceContext>>): SpanContext {
  return { traceId, spanId, traceFlags: flags & TraceFlags.SAMPLED, isRemote: true, ...state === undefined ? {} : { traceState: createTraceState(state) } }
}

/** Collects spans and sends them together. It drops those that are too many by the same rule as its library does, which tells nobody. */
function createProcessor (exporter: SpanExporter, { count, delay = 1000 }: TracingOptions): SpanProcessor {
  let waiting = 0
  const counting: SpanExporter = {
    export (spans, done) {
      waiting -= spans.length
      exporter.export(spans, done)
    },
    shutdown: () => exporter.shutdown()
  }
  const batches = new BatchSpanProcessor({ exporter: counting, maxQueueSize: mostWaiting, maxExportBatchSize: mostAtOnce, scheduledDelayMillis: delay })
  return {
    onStart: (span, context) => batches.onStart(span, context),
    onEnd (span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
      if (waiting >= mostWaiting) return count('dropped', 1)
      waiting += 1
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown()
  }
}

/** Sends spans, once: what the receiver does not take within its time is lost. */
function createExporter ({ url, headers, count, onTrouble, onRecovery, timeout = 5000 }: TracingOptions, ending: AbortSignal): SpanExporter {
  const underWay = new Set<Promise<void>>()
  let isTroubled = false

  const send = async (body: Uint8Array<ArrayBuffer>): Promise<string | undefined> => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([ending, AbortSignal.timeout(timeout)])
      })
      await response.body?.cancel()
      return response.ok ? undefined : String(response.status)
    } catch (error) {
      const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException }
      return cause?.code ?? name
    }
  }

  return {
    export (spans, done) {
      const sending = send(new Uint8Array(JsonTraceSerializer.serializeRequest(spans) ?? [])).then(trouble => {
        count(trouble === undefined ? 'sent' : 'failed', spans.length)
        if (trouble !== undefined && !isTroubled) onTrouble(trouble)
        if (trouble === undefined && isTroubled) onRecovery()
        isTroubled = trouble !== undefined
        underWay.delete(sending)
        done({ code: trouble === undefined ? 0 : 1 })
      })
      underWay.add(sending)
    },
    async shutdown () {
      await Promise.all(underWay)
    }
  }
}
