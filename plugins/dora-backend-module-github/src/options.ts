import { Config } from '@backstage/config';
import {
  BackfillOptions,
  PlaceRule,
  readBackfillOptions,
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
  backfill?: BackfillOptions;
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
    backfill: readBackfillOptions(
      config?.getOptionalConfig('backfill'),
      'dora.github.backfill',
    ),
  };
}
