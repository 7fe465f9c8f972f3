import type {
  AuthService,
  DiscoveryService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { ScmIntegrations } from '@backstage/integration';
import { EmbeddedGitHost } from './EmbeddedGitHost';
import { GithubHost } from './GithubHost';
import { GitlabHost } from './GitlabHost';
import type { RepositoryHost } from './types';

const VISIBILITIES = ['private', 'internal', 'public'] as const;

type Visibility = (typeof VISIBILITIES)[number];

function readVisibility(value: string | undefined, key: string): Visibility {
  const found = VISIBILITIES.find(v => v === (value ?? 'private'));
  if (!found) {
    throw new InputError(`${key} must be one of ${VISIBILITIES.join(', ')}`);
  }
  return found;
}

/**
 * The host that configuration names.
 *
 * @throws InputError at start-up when the configuration is not complete.
 */
export function createRepositoryHost(options: {
  config: RootConfigService;
  auth: AuthService;
  discovery: DiscoveryService;
}): RepositoryHost {
  const { config, auth, discovery } = options;
  const publish = config.getOptionalConfig('goldenPaths.publish');
  const provider = publish?.getOptionalString('provider') ?? 'git';
  switch (provider) {
    case 'git':
      return new EmbeddedGitHost({
        auth,
        discovery,
        appUrl: config.getString('app.baseUrl').replace(/\/$/, ''),
        portalUrl: config.getString('backend.baseUrl').replace(/\/$/, ''),
      });
    case 'github': {
      const github = config.getConfig('goldenPaths.publish.github');
      return new GithubHost({
        integrations: ScmIntegrations.fromConfig(config),
        host: github.getOptionalString('host') ?? 'github.com',
        owner: github.getString('owner'),
        visibility: readVisibility(
          github.getOptionalString('visibility'),
          'goldenPaths.publish.github.visibility',
        ),
      });
    }
    case 'gitlab': {
      const gitlab = config.getConfig('goldenPaths.publish.gitlab');
      return new GitlabHost({
        integrations: ScmIntegrations.fromConfig(config),
        host: gitlab.getOptionalString('host') ?? 'gitlab.com',
        group: gitlab.getString('group'),
        visibility: readVisibility(
          gitlab.getOptionalString('visibility'),
          'goldenPaths.publish.gitlab.visibility',
        ),
      });
    }
    default:
      throw new InputError(
        `goldenPaths.publish.provider is "${provider}"; it must be git, github or gitlab`,
      );
  }
}
