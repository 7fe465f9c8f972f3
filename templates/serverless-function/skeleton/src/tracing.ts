import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { type Config, SERVICE_NAME } from './config.js';

type Headers = Readonly<Record<string, string | undefined>>;

export type Tracing = {
  /** Runs `work` in a server span that continues the caller's trace. */
  inSpan<T>(name: string, headers: Headers, work: (span: Span) => Promise<T>): Promise<T>;
  /** Sends what is buffered: between two events the environment may be frozen, or gone. */
  flush(): Promise<void>;
};

/**
 * Trace ids exist (and reach the logs) with or without a collector; spans leave the process only when one is configured. `xrayHeader` is
 * what Lambda says of the trace the current event belongs to.
 */
export function createTracing(
  config: Pick<Config, 'environment' | 'otlpEndpoint' | 'version'>,
  xrayHeader: () => string | undefined = () => process.env._X_AMZN_TRACE_ID,
): Tracing {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': SERVICE_NAME,
      'service.version': config.version,
      'deployment.environment.name': config.environment,
    }),
    spanProcessors: config.otlpEndpoint
      ? [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${config.otlpEndpoint.replace(/\/$/, '')}/v1/traces` }))]
      : [],
  });
  provider.register();
  const tracer = trace.getTracer(SERVICE_NAME);
  return {
    async inSpan(name, headers, work) {
      const parent = headers.traceparent ? propagation.extract(ROOT_CONTEXT, headers) : ofXRay(xrayHeader());
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
      try {
        return await context.with(trace.setSpan(parent, span), () => work(span));
      } catch (error) {
        span.recordException(error as Error);
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
    flush: () => provider.forceFlush(),
  };
}

/** The trace of X-Ray's header (`Root=1-5759e988-bd86…;Parent=53995c3f42cd8ad8;Sampled=1`), so that both speak of one trace. */
export function ofXRay(header: string | undefined): Context {
  const [, time, random] = /Root=1-([0-9a-f]{8})-([0-9a-f]{24})/.exec(header ?? '') ?? [];
  const [, spanId] = /Parent=([0-9a-f]{16})/.exec(header ?? '') ?? [];
  if (!time || !random || !spanId) {
    return ROOT_CONTEXT;
  }
  const traceFlags = /Sampled=1/.test(header ?? '') ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: `${time}${random}`, spanId, traceFlags, isRemote: true });
}
