import { readDurationFromConfig } from '@backstage/config';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { RootConfigService } from '@backstage/backend-plugin-api';
import { durationToMilliseconds } from '@backstage/types';
import { InputError } from '@backstage/errors';
import path from 'node:path';

/** The plugin's settings, read and checked. */
export interface GitHostConfig {
  /** Absolute path of the folder that holds the repositories. */
  root: string;
  anonymousRead: boolean;
  maxPushBytes: number;
  requestTimeoutMs: number;
  maxConcurrentRequests: number;
  /** Entity refs in full form and lower case. */
  administrators: string[];
  /** External base URL of this plugin, `<portal>/api/git`. */
  gitBaseUrl: string;
  /** Base URL of the portal's pages, without a trailing slash. */
  appBaseUrl: string;
}

function positiveInteger(
  config: RootConfigService,
  key: string,
  fallback: number,
) {
  const value = config.getOptionalNumber(key) ?? fallback;
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new InputError(`Config '${key}' must be a positive whole number`);
  }
  return value;
}

/** Reads the plugin's settings; throws a sentence when one is unusable. */
export function readGitHostConfig(config: RootConfigService): GitHostConfig {
  const timeout = config.has('git.requestTimeout')
    ? durationToMilliseconds(
        readDurationFromConfig(config, { key: 'git.requestTimeout' }),
      )
    : 10 * 60 * 1000;
  return {
    root: path.resolve(config.getString('git.root')),
    anonymousRead: config.getOptionalBoolean('git.anonymousRead') ?? false,
    maxPushBytes: positiveInteger(
      config,
      'git.maxPushBytes',
      512 * 1024 * 1024,
    ),
    requestTimeoutMs: timeout,
    maxConcurrentRequests: positiveInteger(
      config,
      'git.maxConcurrentRequests',
      16,
    ),
    administrators: (
      config.getOptionalStringArray('portal.administrators') ?? []
    ).map(ref =>
      stringifyEntityRef(
        parseEntityRef(ref, {
          defaultNamespace: 'default',
          defaultKind: 'group',
        }),
      ),
    ),
    gitBaseUrl: `${config
      .getString('backend.baseUrl')
      .replace(/\/+$/, '')}/api/git`,
    appBaseUrl: config.getString('app.baseUrl').replace(/\/+$/, ''),
  };
}
