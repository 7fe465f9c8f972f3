import { ResponseError } from '@backstage/errors';
import type {
  AccessToken,
  Branch,
  Commit,
  CommitDetail,
  Comparison,
  CreateBranch,
  CreateCommit,
  CreatedAccessToken,
  CreatePull,
  CreateRepository,
  CreateToken,
  MergePull,
  Page,
  PullRequest,
  PullRequestDetail,
  PullState,
  Repository,
  RepositoryDetail,
  Tag,
  Tree,
  UpdatePull,
} from './types';

/** Options of every call. */
export interface GitHostRequestOptions {
  /**
   * Bearer token to send. In the browser the fetch API adds the user's; on the
   * server pass a plugin request token for plugin `git`.
   */
  token?: string;
  signal?: AbortSignal;
}

/** Where a ref ends and a path begins. */
export interface ResolvedPath {
  ref: string;
  /** The commit the ref is at. */
  commit: string;
  path: string;
}

/** A file's content as the host serves it. */
export interface RawFile {
  content: Uint8Array;
  /** Object id of the content; the same for the same bytes. */
  etag: string;
  contentType: string;
}

const segment = encodeURIComponent;

function query(
  parameters: Record<string, string | number | boolean | undefined>,
) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) {
      search.set(name, String(value));
    }
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

/**
 * Talks to the git host's interface from the browser and from other plugins.
 * Every method rejects with a `ResponseError` whose message is the host's
 * sentence when the answer is not a success.
 */
export class GitHostClient {
  readonly #discovery: { getBaseUrl(pluginId: string): Promise<string> };
  readonly #fetch: typeof fetch;

  constructor(options: {
    discovery: { getBaseUrl(pluginId: string): Promise<string> };
    fetchApi?: { fetch: typeof fetch };
  }) {
    this.#discovery = options.discovery;
    this.#fetch =
      options.fetchApi?.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Repositories by owner and name. `query` matches any part of the slug or description. */
  async listRepositories(
    filter: {
      owner?: string;
      query?: string;
      limit?: number;
      cursor?: string;
    } = {},
    options?: GitHostRequestOptions,
  ): Promise<Page<Repository>> {
    return this.#json('GET', `/repositories${query(filter)}`, options);
  }

  /** Refuses with 409 when it exists, 400 when the owner is not a Group. */
  async createRepository(
    request: CreateRepository,
    options?: GitHostRequestOptions,
  ): Promise<RepositoryDetail> {
    return this.#json('POST', '/repositories', options, request);
  }

  async getRepository(
    slug: string,
    options?: GitHostRequestOptions,
  ): Promise<RepositoryDetail> {
    return this.#json('GET', this.#repository(slug), options);
  }

  /** Deletes the repository with its history, branches and pull requests. */
  async deleteRepository(
    slug: string,
    options?: GitHostRequestOptions,
  ): Promise<void> {
    await this.#send('DELETE', this.#repository(slug), options);
  }

  async listBranches(
    slug: string,
    options?: GitHostRequestOptions,
  ): Promise<Branch[]> {
    return this.#items(`${this.#repository(slug)}/branches`, options);
  }

  async createBranch(
    slug: string,
    request: CreateBranch,
    options?: GitHostRequestOptions,
  ): Promise<Branch> {
    return this.#json(
      'POST',
      `${this.#repository(slug)}/branches`,
      options,
      request,
    );
  }

  async deleteBranch(
    slug: string,
    branch: string,
    options?: GitHostRequestOptions,
  ): Promise<void> {
    await this.#send(
      'DELETE',
      `${this.#repository(slug)}/branches/${segment(branch)}`,
      options,
    );
  }

  async listTags(
    slug: string,
    options?: GitHostRequestOptions,
  ): Promise<Tag[]> {
    return this.#items(`${this.#repository(slug)}/tags`, options);
  }

  /**
   * Commits reachable from `ref` (the default branch if left out), newest
   * first, without those reachable from `from`.
   */
  async listCommits(
    slug: string,
    filter: {
      ref?: string;
      from?: string;
      path?: string;
      limit?: number;
      cursor?: string;
    } = {},
    options?: GitHostRequestOptions,
  ): Promise<Page<Commit>> {
    return this.#json(
      'GET',
      `${this.#repository(slug)}/commits${query(filter)}`,
      options,
    );
  }

  async getCommit(
    slug: string,
    revision: string,
    options?: GitHostRequestOptions,
  ): Promise<CommitDetail> {
    return this.#json(
      'GET',
      `${this.#repository(slug)}/commits/${segment(revision)}`,
      options,
    );
  }

  /**
   * Writes, replaces and deletes files in one commit on a branch. Refuses with
   * 409 when the branch has moved from `base`.
   */
  async commitFiles(
    slug: string,
    request: CreateCommit,
    options?: GitHostRequestOptions,
  ): Promise<Commit> {
    return this.#json(
      'POST',
      `${this.#repository(slug)}/commits`,
      options,
      request,
    );
  }

  /** One directory, or all files below it with `recursive`. */
  async getTree(
    slug: string,
    filter: { ref?: string; path?: string; recursive?: boolean } = {},
    options?: GitHostRequestOptions,
  ): Promise<Tree> {
    return this.#json(
      'GET',
      `${this.#repository(slug)}/tree${query(filter)}`,
      options,
    );
  }

  /** Splits `<ref>/<path>` where the longest existing branch or tag ends. */
  async resolve(
    slug: string,
    refAndPath: string,
    options?: GitHostRequestOptions,
  ): Promise<ResolvedPath> {
    return this.#json(
      'GET',
      `${this.#repository(slug)}/resolve${query({ refAndPath })}`,
      options,
    );
  }

  async getFile(
    slug: string,
    filter: { ref?: string; path: string },
    options?: GitHostRequestOptions,
  ): Promise<RawFile> {
    const response = await this.#send(
      'GET',
      `${this.#repository(slug)}/raw${query(filter)}`,
      options,
    );
    return {
      content: new Uint8Array(await response.arrayBuffer()),
      etag: (response.headers.get('etag') ?? '').replace(/^W\/|"/g, ''),
      contentType: response.headers.get('content-type') ?? '',
    };
  }

  /** What `head` changed since it left `base`. */
  async compare(
    slug: string,
    filter: { base: string; head: string },
    options?: GitHostRequestOptions,
  ): Promise<Comparison> {
    return this.#json(
      'GET',
      `${this.#repository(slug)}/compare${query(filter)}`,
      options,
    );
  }

  /** Pull requests, newest first. */
  async listPulls(
    slug: string,
    filter: { state?: PullState; limit?: number; cursor?: string } = {},
    options?: GitHostRequestOptions,
  ): Promise<Page<PullRequest>> {
    return this.#json(
      'GET',
      `${this.#repository(slug)}/pulls${query(filter)}`,
      options,
    );
  }

  async createPull(
    slug: string,
    request: CreatePull,
    options?: GitHostRequestOptions,
  ): Promise<PullRequestDetail> {
    return this.#json(
      'POST',
      `${this.#repository(slug)}/pulls`,
      options,
      request,
    );
  }

  async getPull(
    slug: string,
    number: number,
    options?: GitHostRequestOptions,
  ): Promise<PullRequestDetail> {
    return this.#json('GET', this.#pull(slug, number), options);
  }

  async updatePull(
    slug: string,
    number: number,
    request: UpdatePull,
    options?: GitHostRequestOptions,
  ): Promise<PullRequestDetail> {
    return this.#json('PATCH', this.#pull(slug, number), options, request);
  }

  async getPullComparison(
    slug: string,
    number: number,
    options?: GitHostRequestOptions,
  ): Promise<Comparison> {
    return this.#json('GET', `${this.#pull(slug, number)}/diff`, options);
  }

  /**
   * Merges with a merge commit. Refuses with 409 on conflicts, and names the
   * files in the message.
   */
  async mergePull(
    slug: string,
    number: number,
    request: MergePull = {},
    options?: GitHostRequestOptions,
  ): Promise<PullRequestDetail> {
    return this.#json(
      'POST',
      `${this.#pull(slug, number)}/merge`,
      options,
      request,
    );
  }

  async closePull(
    slug: string,
    number: number,
    options?: GitHostRequestOptions,
  ): Promise<PullRequestDetail> {
    return this.#json('POST', `${this.#pull(slug, number)}/close`, options, {});
  }

  async reopenPull(
    slug: string,
    number: number,
    options?: GitHostRequestOptions,
  ): Promise<PullRequestDetail> {
    return this.#json(
      'POST',
      `${this.#pull(slug, number)}/reopen`,
      options,
      {},
    );
  }

  /** The signed-in user's access tokens, newest first. */
  async listTokens(options?: GitHostRequestOptions): Promise<AccessToken[]> {
    return this.#items('/tokens', options);
  }

  /** The answer carries the secret, once. */
  async createToken(
    request: CreateToken,
    options?: GitHostRequestOptions,
  ): Promise<CreatedAccessToken> {
    return this.#json('POST', '/tokens', options, request);
  }

  async revokeToken(
    id: string,
    options?: GitHostRequestOptions,
  ): Promise<void> {
    await this.#send('DELETE', `/tokens/${segment(id)}`, options);
  }

  #repository(slug: string): string {
    return `/repositories/${slug.split('/').map(segment).join('/')}`;
  }

  #pull(slug: string, number: number): string {
    return `${this.#repository(slug)}/pulls/${number}`;
  }

  async #items<T>(path: string, options?: GitHostRequestOptions): Promise<T[]> {
    const page = await this.#json<{ items: T[] }>('GET', path, options);
    return page.items;
  }

  async #json<T>(
    method: string,
    path: string,
    options?: GitHostRequestOptions,
    body?: unknown,
  ): Promise<T> {
    const response = await this.#send(method, path, options, body);
    return (await response.json()) as T;
  }

  async #send(
    method: string,
    path: string,
    options?: GitHostRequestOptions,
    body?: unknown,
  ): Promise<Response> {
    const baseUrl = await this.#discovery.getBaseUrl('git');
    const headers: Record<string, string> = {};
    if (options?.token) {
      headers.authorization = `Bearer ${options.token}`;
    }
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
    }
    const response = await this.#fetch(`${baseUrl}/v1${path}`, {
      method,
      headers,
      signal: options?.signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) {
      const error = await ResponseError.fromResponse(response);
      // The host's own sentence, which is what people should read.
      error.message = `${error.cause.message} (${response.status})`;
      throw error;
    }
    return response;
  }
}
