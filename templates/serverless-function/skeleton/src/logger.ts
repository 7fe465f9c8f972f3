import { trace } from '@opentelemetry/api';
import { type Config, LOG_LEVELS, type LogLevel, SERVICE_NAME } from './config.js';

type Fields = Readonly<Record<string, unknown>>;

export type Logger = Readonly<Record<LogLevel, (message: string, fields?: Fields) => void>>;

/** Takes one line of output, without its end. */
export type WriteLine = (line: string) => void;

/** Past `console`, which would put words of its own before the line. */
export const writeLine: WriteLine = line => void process.stdout.write(`${line}\n`);

/** JSON logs, one line each. Every line carries the ids of the trace it belongs to, so that logs and traces can be joined. */
export function createLogger(config: Pick<Config, 'environment' | 'logLevel' | 'version'>, write: WriteLine = writeLine): Logger {
  const log = (level: LogLevel) => (message: string, fields: Fields = {}) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(config.logLevel)) {
      return;
    }
    const span = trace.getActiveSpan()?.spanContext();
    write(
      JSON.stringify({
        level,
        time: new Date().toISOString(),
        service: SERVICE_NAME,
        version: config.version,
        environment: config.environment,
        ...(span ? { trace_id: span.traceId, span_id: span.spanId } : {}),
        ...fields,
        ...('err' in fields ? { err: describe(fields.err) } : {}),
        msg: message,
      }),
    );
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

function describe(error: unknown): unknown {
  return error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : error;
}
