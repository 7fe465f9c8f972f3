import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { HumanDuration } from '@backstage/types';
import {
  PlaceRule,
  readPlaceRules,
  readSecrets,
} from '@pavedroad/plugin-dora-node';

/** What decides how payloads are read. */
export interface GithubReading {
  /** Globs: `name` (environment), `repository`, `task`. */
  deployments: PlaceRule[];
  /** Globs: `workflow`, `file`, `repository`, `branch`. */
  deployWorkflows: PlaceRule[];
  buildWorkflows: string[];
  releases?: {
    environment: string;
    tags: string[];
    repositories: string[];
    prereleases: boolean;
  };
  transientEnvironments: boolean;
  incidentLabels: string[];
  incidentsComplete: boolean;
  hotfixLabels: string[];
  revertLabels: string[];
}

/** Configuration of the source; see `config.d.ts`. */
export interface GithubOptions {
  secrets: string[];
  reading: GithubReading;
  details: boolean;
  backfill?: {
    /** ISO instant; absent: 180 days before the first run. */
    since?: string;
    frequency: HumanDuration;
  };
}

/** Reads `dora.github`. @throws InputError for values that make no sense. */
export function readGithubOptions(root: Config): GithubOptions {
  const config = root.getOptionalConfig('dora.github');
  const texts = (key: string, fallback: string[]) =>
    config?.getOptionalStringArray(key) ?? fallback;
  const releases = config?.getOptionalConfig('releases');
  return {
    secrets: readSecrets(config, 'webhookSecrets'),
    reading: {
      deployments: readPlaceRules(
        config?.getOptionalConfigArray('deployments'),
        ['name', 'repository', 'task'],
      ),
      deployWorkflows: readPlaceRules(
        config?.getOptionalConfigArray('deployWorkflows'),
        ['workflow', 'file', 'repository', 'branch'],
      ),
      buildWorkflows: texts('buildWorkflows', ['*']),
      releases: releases && {
        environment: releases.getOptionalString('countAs') ?? 'production',
        tags: releases.getOptionalStringArray('tags') ?? ['**'],
        repositories: releases.getOptionalStringArray('repositories') ?? ['**'],
        prereleases: releases.getOptionalBoolean('prereleases') ?? false,
      },
      transientEnvironments:
        config?.getOptionalBoolean('transientEnvironments') ?? false,
      incidentLabels: texts('incidents.labels', ['incident']),
      incidentsComplete:
        config?.getOptionalBoolean('incidents.complete') ?? false,
      hotfixLabels: texts('hotfixLabels', ['hotfix']),
      revertLabels: texts('revertLabels', ['revert']),
    },
    details: config?.getOptionalBoolean('details') ?? true,
    backfill: readBackfill(config?.getOptionalConfig('backfill')),
  };
}

function readBackfill(config: Config | undefined): GithubOptions['backfill'] {
  if (!config?.getOptionalBoolean('enabled')) {
    return undefined;
  }
  const since = config.getOptionalString('since');
  if (since !== undefined && Number.isNaN(Date.parse(since))) {
    throw new InputError(`dora.github.backfill.since is not a date: ${since}`);
  }
  return {
    since: since && new Date(since).toISOString(),
    frequency: config.has('frequency')
      ? readDurationFromConfig(config, { key: 'frequency' })
      : { hours: 6 },
  };
}
