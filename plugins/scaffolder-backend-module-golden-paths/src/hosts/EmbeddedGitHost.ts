import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import type { GitHostClient } from '@pavedroad/plugin-git-common';
import { askGitHost, gitHostToken } from '@pavedroad/plugin-git-node';
import type {
  PushAccess,
  RepositoryAddresses,
  RepositoryHost,
  RepositoryState,
} from './types';

/** The portal's own git host (plugin `git`). Everything is asked on behalf of the user, so its own permissions decide. */
export class EmbeddedGitHost implements RepositoryHost {
  readonly provider = 'git' as const;

  constructor(
    private readonly options: {
      auth: AuthService;
      discovery: DiscoveryService;
      /** Base URL of the portal's screens. */
      appUrl: string;
      /** Base URL of the portal's back end as people and other programs see it. */
      portalUrl: string;
    },
  ) {}

  slug(ownerName: string, name: string): string {
    return `${ownerName}/${name}`;
  }

  async addresses(slug: string, branch: string): Promise<RepositoryAddresses> {
    const base = `${this.options.portalUrl}/api/git`;
    return {
      cloneUrl: `${base}/${slug}.git`,
      repositoryUrl: `${this.options.appUrl}/git/${slug}`,
      repoContentsUrl: `${base}/${slug}/tree/${branch}/`,
      catalogInfoUrl: `${base}/${slug}/blob/${branch}/catalog-info.yaml`,
    };
  }

  annotations(slug: string): Record<string, string> {
    return { 'pavedroad.dev/repository': slug };
  }

  async checkTarget(
    slug: string,
    credentials: BackstageCredentials,
  ): Promise<void> {
    await this.describe(slug, credentials);
  }

  async describe(
    slug: string,
    credentials: BackstageCredentials,
  ): Promise<RepositoryState | undefined> {
    return this.ask(credentials, async (client, options) => {
      const { createdAt, createdBy, empty } = await client.getRepository(
        slug,
        options,
      );
      return { slug, empty, createdAt, createdBy };
    });
  }

  async create(
    slug: string,
    options: { description?: string; defaultBranch: string },
    credentials: BackstageCredentials,
  ): Promise<void> {
    const [owner, name] = slug.split('/');
    await this.ask(credentials, (client, request) =>
      client.createRepository({ owner, name, ...options }, request),
    );
  }

  async remove(slug: string, credentials: BackstageCredentials): Promise<void> {
    await this.ask(credentials, (client, options) =>
      client.deleteRepository(slug, options),
    );
  }

  async pushAccess(
    slug: string,
    credentials: BackstageCredentials,
  ): Promise<PushAccess> {
    const base = await this.options.discovery.getBaseUrl('git');
    const token = await gitHostToken(this.options, credentials);
    return { url: `${base}/${slug}.git`, authorization: `Bearer ${token}` };
  }

  private ask<T>(
    credentials: BackstageCredentials,
    call: (
      client: GitHostClient,
      options: { token: string; signal: AbortSignal },
    ) => Promise<T>,
  ): Promise<T | undefined> {
    return askGitHost(this.options, credentials, call);
  }
}
