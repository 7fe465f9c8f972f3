import { Config } from '@backstage/config';
import {
  BackfillOptions,
  PlaceRule,
  readBackfillOptions,
  readPlaceRules,
  readSecrets,
} from '@pavedroad/plugin-dora-node';

/** What decides how payloads are read. */
export interface GitlabReading {
  /** Globs: `name` (environment), `repository`. */
  deployments: PlaceRule[];
  /** Globs: `job`, `stage`, `repository`, `branch`. */
  deployJobs: PlaceRule[];
  buildStages: string[];
  releases?: { environment: string; tags: string[]; repositories: string[] };
  reviewEnvironments: boolean;
  incidentLabels: string[];
  incidentsComplete: boolean;
  hotfixLabels: string[];
  revertLabels: string[];
}

/** Configuration of the source; see `config.d.ts`. */
export interface GitlabOptions {
  secrets: string[];
  reading: GitlabReading;
  details: boolean;
  backfill?: BackfillOptions;
}

/** Reads `dora.gitlab`. @throws InputError for values that make no sense. */
export function readGitlabOptions(root: Config): GitlabOptions {
  const config = root.getOptionalConfig('dora.gitlab');
  const texts = (key: string, fallback: string[]) =>
    config?.getOptionalStringArray(key) ?? fallback;
  const releases = config?.getOptionalConfig('releases');
  return {
    secrets: readSecrets(config, 'webhookSecrets'),
    reading: {
      deployments: readPlaceRules(
        config?.getOptionalConfigArray('deployments'),
        ['name', 'repository'],
      ),
      deployJobs: readPlaceRules(config?.getOptionalConfigArray('deployJobs'), [
        'job',
        'stage',
        'repository',
        'branch',
      ]),
      buildStages: texts('buildStages', [
        'build',
        'package',
        'publish',
        'release',
      ]),
      releases: releases && {
        environment: releases.getOptionalString('countAs') ?? 'production',
        tags: releases.getOptionalStringArray('tags') ?? ['**'],
        repositories: releases.getOptionalStringArray('repositories') ?? ['**'],
      },
      reviewEnvironments:
        config?.getOptionalBoolean('reviewEnvironments') ?? false,
      incidentLabels: texts('incidents.labels', ['incident']),
      incidentsComplete:
        config?.getOptionalBoolean('incidents.complete') ?? false,
      hotfixLabels: texts('hotfixLabels', ['hotfix']),
      revertLabels: texts('revertLabels', ['revert']),
    },
    details: config?.getOptionalBoolean('details') ?? true,
    backfill: readBackfillOptions(
      config?.getOptionalConfig('backfill'),
      'dora.gitlab.backfill',
    ),
  };
}
