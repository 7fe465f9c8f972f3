import { InputError, NotFoundError } from '@backstage/errors';
import type { ScmIntegrationRegistry } from '@backstage/integration';
import { requestJson } from '@pavedroad/plugin-git-node';
import { confineSlug } from './request';
import type {
  PushAccess,
  RepositoryAddresses,
  RepositoryHost,
  RepositoryState,
} from './types';

/** Where and how projects are made on GitLab. */
export type GitlabHostOptions = {
  integrations: ScmIntegrationRegistry;
  host: string;
  /** Full path of the group. */
  group: string;
  visibility: 'private' | 'internal' | 'public';
};

/** GitLab.com or a GitLab server, with the token of `integrations.gitlab`. */
export class GitlabHost implements RepositoryHost {
  readonly provider = 'gitlab' as const;
  readonly ci = 'gitlab' as const;

  private readonly apiUrl: string;
  private readonly webUrl: string;
  private readonly token: string | undefined;

  constructor(private readonly options: GitlabHostOptions) {
    const integration = options.integrations.gitlab.byHost(options.host);
    if (!integration) {
      throw new InputError(
        `goldenPaths.publish.gitlab.host is ${options.host}, but integrations.gitlab has no such host`,
      );
    }
    this.apiUrl = integration.config.apiBaseUrl.replace(/\/$/, '');
    this.webUrl = integration.config.baseUrl.replace(/\/$/, '');
    this.token = integration.config.token;
  }

  slug(_ownerName: string, name: string): string {
    return `${this.options.group}/${name}`;
  }

  async addresses(slug: string, branch: string): Promise<RepositoryAddresses> {
    const repositoryUrl = `${this.webUrl}/${slug}`;
    return {
      cloneUrl: `${repositoryUrl}.git`,
      repositoryUrl,
      repoContentsUrl: `${repositoryUrl}/-/tree/${branch}/`,
      catalogInfoUrl: `${repositoryUrl}/-/blob/${branch}/catalog-info.yaml`,
    };
  }

  annotations(slug: string): Record<string, string> {
    return { 'gitlab.com/project-slug': slug };
  }

  async checkTarget(): Promise<void> {
    await this.namespaceId();
  }

  async describe(slug: string): Promise<RepositoryState | undefined> {
    const value = await this.request(
      `/projects/${encodeURIComponent(confineSlug(slug, this.options.group))}`,
    );
    if (value === undefined) {
      return undefined;
    }
    const { empty_repo: empty, created_at: createdAt } = value as {
      empty_repo?: boolean;
      created_at?: string;
    };
    return { slug, empty: empty === true, createdAt };
  }

  async create(
    slug: string,
    options: { description?: string; defaultBranch: string },
  ): Promise<void> {
    const name = confineSlug(slug, this.options.group).slice(
      slug.lastIndexOf('/') + 1,
    );
    await this.request('/projects', 'POST', {
      name,
      path: name,
      namespace_id: await this.namespaceId(),
      description: options.description,
      visibility: this.options.visibility,
      default_branch: options.defaultBranch,
      initialize_with_readme: false,
      auto_devops_enabled: false,
    });
  }

  async remove(slug: string): Promise<void> {
    await this.request(
      `/projects/${encodeURIComponent(confineSlug(slug, this.options.group))}`,
      'DELETE',
    );
  }

  async pushAccess(slug: string): Promise<PushAccess> {
    const basic = Buffer.from(`oauth2:${this.requireToken()}`).toString(
      'base64',
    );
    return {
      url: `${this.webUrl}/${confineSlug(slug, this.options.group)}.git`,
      authorization: `Basic ${basic}`,
    };
  }

  /** As a masked variable, which only pipelines of protected branches see: the default branch is one. */
  async setPipelineSecret(
    slug: string,
    name: string,
    value: string,
  ): Promise<void> {
    const variables = `/projects/${encodeURIComponent(
      confineSlug(slug, this.options.group),
    )}/variables`;
    const variable = {
      key: name,
      value,
      masked: true,
      protected: true,
      raw: true,
    };
    const existing = await this.request(`${variables}/${name}`);
    await (existing
      ? this.request(`${variables}/${name}`, 'PUT', variable)
      : this.request(variables, 'POST', variable));
  }

  private async namespaceId(): Promise<number> {
    const value = (await this.request(
      `/namespaces/${encodeURIComponent(this.options.group)}`,
    )) as { id?: number } | undefined;
    if (value?.id === undefined) {
      throw new NotFoundError(
        `GitLab has no group "${this.options.group}" that the portal can see. The platform team sets it as goldenPaths.publish.gitlab.group.`,
      );
    }
    return value.id;
  }

  private requireToken(): string {
    if (!this.token) {
      throw new InputError(
        `integrations.gitlab has no token for ${this.options.host}, so nothing can be published there.`,
      );
    }
    return this.token;
  }

  private async request(
    path: string,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE' = 'GET',
    body?: unknown,
  ): Promise<unknown> {
    return requestJson({
      host: 'GitLab',
      url: `${this.apiUrl}${path}`,
      method,
      body,
      headers: { 'private-token': this.requireToken() },
    });
  }
}
