import { type Config, SERVICE_NAME } from './config.js';
import { type WriteLine, writeLine } from './logger.js';

/** What an attacker's probing looks like from inside; each is logged and counted. */
export type SecurityEvent = 'malformed_request' | 'payload_too_large' | 'unauthorized';

export type Metrics = {
  /** One answered request. `route` is its pattern, never its path: paths are unbounded. */
  countRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
  countSecurityEvent(event: SecurityEvent): void;
};

type Unit = 'Count' | 'Seconds';

/**
 * Metrics as lines of the log in CloudWatch's embedded metric format: the account counts them without a call that somebody waits for.
 * `dimensions` name the labels by which CloudWatch tells series apart (each costs money); all labels are in the line. The names are the
 * ones Prometheus knows, so that rules, dashboards and alarms speak of the same thing.
 */
export function createMetrics(config: Pick<Config, 'environment'>, write: WriteLine = writeLine): Metrics {
  const emit = (values: Record<string, [value: number, unit: Unit]>, labels: Record<string, string>, dimensions: string[]) =>
    write(
      JSON.stringify({
        _aws: {
          Timestamp: Date.now(),
          CloudWatchMetrics: [
            {
              Namespace: SERVICE_NAME,
              Dimensions: [['environment', ...dimensions]],
              Metrics: Object.entries(values).map(([Name, [, Unit]]) => ({ Name, Unit })),
            },
          ],
        },
        environment: config.environment,
        ...labels,
        ...Object.fromEntries(Object.entries(values).map(([name, [value]]) => [name, value])),
      }),
    );
  return {
    countRequest: ({ method, route, status }, seconds) =>
      emit(
        { http_requests_total: [1, 'Count'], http_request_duration_seconds: [seconds, 'Seconds'] },
        { method, route, status: String(status) },
        [],
      ),
    countSecurityEvent: event => emit({ security_events_total: [1, 'Count'] }, { event }, ['event']),
  };
}
