import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';

/** Where events go. */
export interface OutgoingTarget {
  /** Names it in the database and in answers; changing it forgets what is pending. */
  id: string;
  /** Absent: the events service. */
  url?: string;
  headers: Record<string, string>;
  /** Types it takes, `*` as wildcard; absent: all. */
  types?: string[];
}

/** Settings of what the portal sends, see `config.d.ts`. */
export interface OutgoingOptions {
  /** Empty: nothing is recorded and nothing is sent. */
  targets: OutgoingTarget[];
  /** CloudEvents `source` of everything the portal sends. */
  source: string;
  maxAgeMilliseconds: number;
  retentionMilliseconds: number;
  maxAttempts: number;
}

/** Topic of the events service on which events are published. */
export const OUTGOING_TOPIC = 'dora.cdevents';

const DAY = 24 * 3_600_000;
/** Over almost six hours: see `retryPause`. */
const MAX_ATTEMPTS = 40;

/** Reads `dora.outgoing`. @throws InputError for values that make no sense */
export function readOutgoingOptions(rootConfig: Config): OutgoingOptions {
  const config = rootConfig.getOptionalConfig('dora.outgoing');
  const duration = (key: string, fallback: number) =>
    config?.has(key)
      ? durationToMilliseconds(readDurationFromConfig(config, { key }))
      : fallback;
  const sinks =
    config?.getOptionalConfigArray('sinks')?.map((sink): OutgoingTarget => {
      const url = sink.getString('url');
      if (!/^https?:$/.test(protocolOf(url))) {
        throw new InputError(
          'dora.outgoing.sinks[].url must be an http or https address',
        );
      }
      const headers = sink.getOptionalConfig('headers');
      return {
        id: sink.getOptionalString('id') ?? publicAddress(url),
        url,
        headers: Object.fromEntries(
          (headers?.keys() ?? []).map(name => [
            name,
            sendable(name, headers!.getString(name)),
          ]),
        ),
        types: sink.getOptionalStringArray('types'),
      };
    }) ?? [];
  const targets: OutgoingTarget[] = config?.getOptionalBoolean('publish')
    ? [{ id: 'events', headers: {} }, ...sinks]
    : sinks;
  const ids = targets.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new InputError(
      `dora.outgoing: two targets are named ${twice}; give sinks an id`,
    );
  }
  const maxAttempts = config?.getOptionalNumber('maxAttempts') ?? MAX_ATTEMPTS;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw new InputError(
      'dora.outgoing.maxAttempts must be a positive whole number',
    );
  }
  const baseUrl =
    rootConfig.getOptionalString('backend.baseUrl') ?? 'http://localhost';
  return {
    targets,
    source:
      config?.getOptionalString('source') ??
      `${baseUrl.replace(/\/+$/, '')}/api/dora`,
    maxAgeMilliseconds: duration('maxAge', DAY),
    retentionMilliseconds: duration('retention', 30 * DAY),
    maxAttempts,
  };
}

/**
 * Refused here: the platform would refuse it at each attempt, in words that repeat
 * the value, which may be secret, to logs and to whoever looks at deliveries.
 *
 * @throws InputError
 */
function sendable(name: string, value: string): string {
  try {
    new Headers().append(name, value);
  } catch {
    throw new InputError(
      `dora.outgoing.sinks[].headers: ${name} cannot be sent as a header`,
    );
  }
  return value;
}

function protocolOf(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return '';
  }
}

/** An address without what may be secret in it: credentials, query, fragment. */
export function publicAddress(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
