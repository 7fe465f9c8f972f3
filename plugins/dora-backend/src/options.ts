import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';
import { ServiceFactsConfig } from '@pavedroad/plugin-dora-common';
import { ServiceRule } from './catalog/serviceMapping';
import { NotificationLimits } from './notifications/Notifier';
import { IngestLimits } from './inbox/readEvents';

/** Configuration of the plugin, read once at start. See `config.d.ts`. */
export interface DoraOptions {
  facts: Omit<ServiceFactsConfig, 'sourcePath'>;
  serviceRules: ServiceRule[];
  catalogRefreshMilliseconds: number;
  rejectionRetentionMilliseconds: number;
  /** Absent when nobody is to be told anything. */
  notifications?: NotificationLimits & { checkIntervalMilliseconds: number };
  bodyBytes: number;
  limits: IngestLimits;
  /** Epoch milliseconds. */
  earliest: number;
  maxFutureMilliseconds: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Reads `dora.*`. @throws InputError for values that make no sense. */
export function readDoraOptions(rootConfig: Config): DoraOptions {
  const config = rootConfig.getOptionalConfig('dora');
  const environments = config?.getOptionalConfig('environments');
  const earliest = config?.getOptionalString('limits.earliest') ?? '2000-01-01';
  const earliestMilliseconds = Date.parse(earliest);
  if (Number.isNaN(earliestMilliseconds)) {
    throw new InputError(`dora.limits.earliest is not a date: ${earliest}`);
  }
  return {
    facts: {
      environmentTiers:
        environments &&
        Object.fromEntries(
          environments
            .keys()
            .map(name => [
              name,
              environments.getString(name).toLocaleLowerCase('en-US'),
            ]),
        ),
      releaseEnvironment: config?.getOptionalString('releaseEnvironment'),
      bots: config?.getOptionalStringArray('bots'),
      sharedPaths: config?.getOptionalStringArray('sharedPaths'),
      timeProximityHours:
        milliseconds(config, 'incidentWindow', 24 * HOUR) / HOUR,
      revertWindowHours: milliseconds(config, 'revertWindow', 7 * DAY) / HOUR,
    },
    serviceRules:
      config?.getOptionalConfigArray('serviceRules')?.map(rule => ({
        name: rule.getOptionalString('name'),
        repository: rule.getOptionalString('repository'),
        entityRef: rule.getString('entityRef'),
      })) ?? [],
    catalogRefreshMilliseconds: milliseconds(config, 'catalogRefresh', 30_000),
    rejectionRetentionMilliseconds: milliseconds(
      config,
      'rejectionRetention',
      30 * DAY,
    ),
    ...(config?.getOptionalBoolean('notifications.enabled') !== false && {
      notifications: {
        checkIntervalMilliseconds: milliseconds(
          config,
          'notifications.checkInterval',
          30_000,
        ),
        deploymentMaxAge: milliseconds(
          config,
          'notifications.deploymentMaxAge',
          2 * DAY,
        ),
        digestMaxDelay: milliseconds(
          config,
          'notifications.digestMaxDelay',
          DAY,
        ),
      },
    }),
    bodyBytes: positive(config, 'limits.bodyBytes', 5_000_000),
    limits: {
      maxBatchEvents: positive(config, 'limits.batchEvents', 10_000),
      maxFieldLength: positive(config, 'limits.fieldLength', 65_536),
      maxDepth: positive(config, 'limits.depth', 64),
    },
    earliest: earliestMilliseconds,
    maxFutureMilliseconds: milliseconds(config, 'limits.maxFuture', HOUR),
  };
}

function milliseconds(
  config: Config | undefined,
  key: string,
  fallback: number,
): number {
  return config?.has(key)
    ? durationToMilliseconds(readDurationFromConfig(config, { key }))
    : fallback;
}

function positive(
  config: Config | undefined,
  key: string,
  fallback: number,
): number {
  const value = config?.getOptionalNumber(key) ?? fallback;
  if (!Number.isInteger(value) || value <= 0) {
    throw new InputError(`dora.${key} must be a positive whole number`);
  }
  return value;
}
