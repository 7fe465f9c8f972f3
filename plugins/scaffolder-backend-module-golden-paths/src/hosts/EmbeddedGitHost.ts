import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import {
  AuthenticationError,
  ConflictError,
  InputError,
  NotAllowedError,
  ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { GitHostClient } from '@pavedroad/plugin-git-common';
import type {
  PushAccess,
  RepositoryAddresses,
  RepositoryHost,
  RepositoryState,
} from './types';

/** Longest wait for one answer, in milliseconds. */
const TIMEOUT_MS = 20_000;

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
    const token = await this.token(credentials);
    return { url: `${base}/${slug}.git`, authorization: `Bearer ${token}` };
  }

  private async token(credentials: BackstageCredentials): Promise<string> {
    const { token } = await this.options.auth.getPluginRequestToken({
      onBehalfOf: credentials,
      targetPluginId: 'git',
    });
    return token;
  }

  /** Asks the host; `undefined` when it answers that there is no such thing. */
  private async ask<T>(
    credentials: BackstageCredentials,
    call: (
      client: GitHostClient,
      options: { token: string; signal: AbortSignal },
    ) => Promise<T>,
  ): Promise<T | undefined> {
    const client = new GitHostClient({ discovery: this.options.discovery });
    try {
      return await call(client, {
        token: await this.token(credentials),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      if (!(error instanceof ResponseError)) {
        throw new ServiceUnavailableError(
          'The git host cannot be reached. Try again in a while, or tell the platform team.',
          error,
        );
      }
      const { message, statusCode } = error;
      switch (statusCode) {
        case 404:
          return undefined;
        case 400:
          throw new InputError(message);
        case 401:
          throw new AuthenticationError(message);
        case 403:
          throw new NotAllowedError(message);
        case 409:
          throw new ConflictError(message);
        default:
          throw new ServiceUnavailableError(
            `The git host answered with status ${statusCode}: ${message}`,
          );
      }
    }
  }
}
