import { InputError, NotFoundError } from '@backstage/errors';
import {
  DefaultGithubCredentialsProvider,
  type GithubCredentialsProvider,
  type ScmIntegrationRegistry,
} from '@backstage/integration';
import { requestJson } from '@pavedroad/plugin-git-node';
import sodium from 'libsodium-wrappers';
import { confineSlug } from './request';
import type {
  PushAccess,
  RepositoryAddresses,
  RepositoryHost,
  RepositoryState,
} from './types';

/** Where and how repositories are made on GitHub. */
export type GithubHostOptions = {
  integrations: ScmIntegrationRegistry;
  host: string;
  /** Organisation, or the user the token belongs to. */
  owner: string;
  visibility: 'private' | 'internal' | 'public';
};

/** GitHub and GitHub Enterprise, with the credentials of `integrations.github` (a token or an app). */
export class GithubHost implements RepositoryHost {
  readonly provider = 'github' as const;
  readonly ci = 'github' as const;

  private readonly apiUrl: string;
  private readonly webUrl: string;
  private readonly credentialsProvider: GithubCredentialsProvider;

  constructor(private readonly options: GithubHostOptions) {
    const integration = options.integrations.github.byHost(options.host);
    if (!integration?.config.apiBaseUrl) {
      throw new InputError(
        `goldenPaths.publish.github.host is ${options.host}, but integrations.github has no such host with an apiBaseUrl`,
      );
    }
    this.apiUrl = integration.config.apiBaseUrl.replace(/\/$/, '');
    // Enterprise servers, and servers under test, may be on plain HTTP or a port: the API address says.
    this.webUrl = this.apiUrl.startsWith('http://')
      ? `http://${options.host}`
      : `https://${options.host}`;
    this.credentialsProvider =
      DefaultGithubCredentialsProvider.fromIntegrations(options.integrations);
  }

  slug(_ownerName: string, name: string): string {
    return `${this.options.owner}/${name}`;
  }

  async addresses(slug: string, branch: string): Promise<RepositoryAddresses> {
    const repositoryUrl = `${this.webUrl}/${slug}`;
    return {
      cloneUrl: `${repositoryUrl}.git`,
      repositoryUrl,
      repoContentsUrl: `${repositoryUrl}/tree/${branch}/`,
      catalogInfoUrl: `${repositoryUrl}/blob/${branch}/catalog-info.yaml`,
    };
  }

  annotations(slug: string): Record<string, string> {
    return { 'github.com/project-slug': slug };
  }

  async checkTarget(): Promise<void> {
    await this.ownerKind();
  }

  async describe(slug: string): Promise<RepositoryState | undefined> {
    const value = await this.request(
      `/repos/${confineSlug(slug, this.options.owner)}`,
    );
    if (value === undefined) {
      return undefined;
    }
    const { size, created_at: createdAt } = value as {
      size?: number;
      created_at?: string;
    };
    return { slug, empty: size === 0, createdAt };
  }

  async create(slug: string, options: { description?: string }): Promise<void> {
    const kind = await this.ownerKind();
    const name = confineSlug(slug, this.options.owner).split('/')[1];
    await this.request(
      kind === 'organization'
        ? `/orgs/${this.options.owner}/repos`
        : '/user/repos',
      'POST',
      {
        name,
        description: options.description,
        private: this.options.visibility !== 'public',
        ...(kind === 'organization'
          ? { visibility: this.options.visibility }
          : {}),
        auto_init: false,
        has_wiki: false,
        delete_branch_on_merge: true,
      },
    );
  }

  async remove(slug: string): Promise<void> {
    await this.request(
      `/repos/${confineSlug(slug, this.options.owner)}`,
      'DELETE',
    );
  }

  async pushAccess(slug: string): Promise<PushAccess> {
    const { token } = await this.credentials();
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
    return {
      url: `${this.webUrl}/${confineSlug(slug, this.options.owner)}.git`,
      authorization: `Basic ${basic}`,
    };
  }

  /** As an Actions secret, sealed with the repository's public key as GitHub wants it. */
  async setPipelineSecret(
    slug: string,
    name: string,
    value: string,
  ): Promise<void> {
    const secrets = `/repos/${confineSlug(
      slug,
      this.options.owner,
    )}/actions/secrets`;
    const { key, key_id: keyId } = ((await this.request(
      `${secrets}/public-key`,
    )) ?? {}) as { key?: string; key_id?: string };
    if (!key || !keyId) {
      throw new NotFoundError(
        `GitHub gives no key for secrets of ${slug}: the portal's credentials need "Secrets: write".`,
      );
    }
    await sodium.ready;
    const sealed = sodium.crypto_box_seal(
      sodium.from_string(value),
      sodium.from_base64(key, sodium.base64_variants.ORIGINAL),
    );
    await this.request(`${secrets}/${name}`, 'PUT', {
      encrypted_value: sodium.to_base64(
        sealed,
        sodium.base64_variants.ORIGINAL,
      ),
      key_id: keyId,
    });
  }

  private async ownerKind(): Promise<'organization' | 'user'> {
    const { owner } = this.options;
    if ((await this.request(`/orgs/${owner}`)) !== undefined) {
      return 'organization';
    }
    if ((await this.request(`/users/${owner}`)) !== undefined) {
      return 'user';
    }
    throw new NotFoundError(
      `GitHub has no organisation or user "${owner}" that the portal can see. The platform team sets it as goldenPaths.publish.github.owner.`,
    );
  }

  private async credentials(): Promise<{ token: string }> {
    const { token } = await this.credentialsProvider.getCredentials({
      url: `${this.webUrl}/${this.options.owner}`,
    });
    if (!token) {
      throw new InputError(
        `integrations.github has no credentials for ${this.options.host}, so nothing can be published there.`,
      );
    }
    return { token };
  }

  private async request(
    path: string,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE' = 'GET',
    body?: unknown,
  ): Promise<unknown> {
    const { token } = await this.credentials();
    return requestJson({
      host: 'GitHub',
      url: `${this.apiUrl}${path}`,
      method,
      body,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
      },
    });
  }
}
