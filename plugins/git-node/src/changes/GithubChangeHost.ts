import {
  ConflictError,
  InputError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  DefaultGithubCredentialsProvider,
  type GithubCredentialsProvider,
  type ScmIntegrationRegistry,
} from '@backstage/integration';
import { encodePath } from './addresses';
import { MAX_READ_BYTES, refusals, refuseProtected } from './checkProposal';
import { type JsonRequest, requestJson } from './requestJson';
import type {
  ChangeHost,
  CheckedProposal,
  HostedFile,
  LocatedRepository,
  ProposedChange,
  RepositoryAddress,
} from './types';

type Request = (
  path: string,
  method?: JsonRequest['method'],
  body?: unknown,
) => Promise<unknown | undefined>;

type TreeEntry = { path: string; mode: string; type: string; sha: string };
type Pull = { number: number; html_url: string };

/** GitHub and GitHub Enterprise, with the credentials of `integrations.github` (a token or an app). */
export class GithubChangeHost implements ChangeHost {
  private readonly credentials: GithubCredentialsProvider;

  constructor(private readonly integrations: ScmIntegrationRegistry) {
    this.credentials =
      DefaultGithubCredentialsProvider.fromIntegrations(integrations);
  }

  async propose(proposal: CheckedProposal): Promise<ProposedChange> {
    const { branch, title, body, author, address } = proposal;
    const { slug } = address;
    const request = await this.#requests(address);
    const repository = (await request('')) as
      | { default_branch: string }
      | undefined;
    if (!repository) {
      throw new NotFoundError(refusals.repository(slug));
    }
    const base = proposal.baseBranch ?? repository.default_branch;
    refuseProtected(branch, base, repository.default_branch);
    const baseCommit = await headOf(request, base);
    if (!baseCommit) {
      throw new NotFoundError(refusals.base(base));
    }

    const head = await headOf(request, branch);
    if (head) {
      const { tree, current } = await this.#tree(request, proposal, head);
      if (tree !== current) {
        throw new ConflictError(refusals.taken(branch));
      }
      const query = new URLSearchParams({
        state: 'open',
        head: `${slug.split('/')[0]}:${branch}`,
        base,
      });
      const [open] = ((await request(`/pulls?${query}`)) ?? []) as Pull[];
      if (open) {
        return answer(proposal, open, false);
      }
    } else {
      const { tree, current } = await this.#tree(request, proposal, baseCommit);
      if (tree === current) {
        throw new ConflictError(refusals.nothing(base));
      }
      const { sha } = (await request('/git/commits', 'POST', {
        message: body ? `${title}\n\n${body}` : title,
        tree,
        parents: [baseCommit],
        author: { ...author, date: new Date().toISOString() },
      })) as { sha: string };
      try {
        await request('/git/refs', 'POST', {
          ref: `refs/heads/${branch}`,
          sha,
        });
      } catch (error) {
        // Somebody made the branch at the same moment.
        throw (error as Error).name === 'ConflictError'
          ? new ConflictError(refusals.taken(branch))
          : error;
      }
    }
    const pull = (await request('/pulls', 'POST', {
      title,
      body,
      head: branch,
      base,
    })) as Pull;
    return answer(proposal, pull, true);
  }

  async readFile(address: RepositoryAddress): Promise<HostedFile> {
    const request = await this.#requests(address);
    const { ref, path } = await this.#resolve(request, address);
    const file = (await request(
      `/contents/${encodePath(path)}?${new URLSearchParams({ ref })}`,
    )) as
      | { type?: string; content?: string; encoding?: string; size?: number }
      | undefined;
    if (file?.type !== 'file') {
      throw new NotFoundError(refusals.file(path));
    }
    if (file.encoding !== 'base64' || (file.size ?? 0) > MAX_READ_BYTES) {
      throw new InputError(refusals.tooLarge(path));
    }
    return {
      content: Buffer.from(file.content ?? '', 'base64').toString('utf8'),
      repositoryUrl: `${this.#webUrl(address)}/${address.slug}`,
      path,
      ref,
    };
  }

  async locate(address: RepositoryAddress): Promise<LocatedRepository> {
    const { provider, host, slug } = address;
    const request = await this.#requests(address);
    const found = (await request('')) as { default_branch: string } | undefined;
    if (!found) {
      throw new NotFoundError(refusals.repository(slug));
    }
    const page = `${this.#webUrl(address)}/${slug}`;
    const branch = encodePath(found.default_branch);
    return {
      provider,
      host,
      slug,
      defaultBranch: found.default_branch,
      repositoryUrl: page,
      cloneUrl: `${page}.git`,
      treeUrl: `${page}/tree/${branch}/`,
      blobUrl: `${page}/blob/${branch}/`,
    };
  }

  /** Refs may hold slashes: the first prefix that is a branch is the ref, otherwise the first segment, a tag or commit. */
  async #resolve(
    request: Request,
    address: RepositoryAddress,
  ): Promise<{ ref: string; path: string }> {
    const { refAndPath } = address;
    if (refAndPath.length < 2) {
      throw new InputError(refusals.noFile);
    }
    for (let end = 1; end < Math.min(refAndPath.length, 6); end++) {
      const ref = refAndPath.slice(0, end).join('/');
      if (await headOf(request, ref)) {
        return { ref, path: refAndPath.slice(end).join('/') };
      }
    }
    return { ref: refAndPath[0], path: refAndPath.slice(1).join('/') };
  }

  /**
   * Writes the tree a proposal makes of a commit. Writing a tree changes nothing that can be seen, and its id tells whether the content
   * differs.
   */
  async #tree(
    request: Request,
    proposal: CheckedProposal,
    commit: string,
  ): Promise<{ tree: string; current: string }> {
    const found = (await request(`/git/commits/${commit}`)) as {
      tree: { sha: string };
    };
    const current = found.tree.sha;
    const entries = await entriesOf(
      request,
      current,
      proposal.files.map(file => file.path),
    );
    const changes = await Promise.all(
      proposal.files.map(async file => {
        const there = entries.get(file.path);
        if ('delete' in file) {
          // GitHub refuses to delete what is not there.
          return there
            ? [{ path: file.path, mode: there.mode, type: 'blob', sha: null }]
            : [];
        }
        const mode =
          file.executable === undefined
            ? there?.mode ?? '100644'
            : (file.executable && '100755') || '100644';
        const { sha } = (await request('/git/blobs', 'POST', {
          content: file.content.toString('base64'),
          encoding: 'base64',
        })) as { sha: string };
        return [{ path: file.path, mode, type: 'blob', sha }];
      }),
    );
    const tree = changes.flat();
    if (tree.length === 0) {
      return { tree: current, current };
    }
    const written = (await request('/git/trees', 'POST', {
      base_tree: current,
      tree,
    })) as { sha: string };
    return { tree: written.sha, current };
  }

  #webUrl({ host }: RepositoryAddress): string {
    return this.#apiUrl(host).startsWith('http://')
      ? `http://${host}`
      : `https://${host}`;
  }

  #apiUrl(host: string): string {
    const url = this.integrations.github.byHost(host)?.config.apiBaseUrl;
    if (!url) {
      throw new InputError(`integrations.github has no apiBaseUrl for ${host}`);
    }
    return url.replace(/\/+$/, '');
  }

  async #requests(address: RepositoryAddress): Promise<Request> {
    const { host, slug } = address;
    const apiUrl = this.#apiUrl(host);
    let token: string | undefined;
    try {
      ({ token } = await this.credentials.getCredentials({
        url: `${this.#webUrl(address)}/${slug}`,
      }));
    } catch (error) {
      throw new ServiceUnavailableError(
        `The credentials for ${host} could not be had`,
        error,
      );
    }
    if (!token) {
      throw new InputError(
        `integrations.github has no credentials for ${host}/${slug}, so nothing can be proposed there`,
      );
    }
    return (path, method, body) =>
      requestJson({
        host: 'GitHub',
        url: `${apiUrl}/repos/${slug}${path}`,
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

/** The commit a branch is at, or `undefined` when there is none of that name. */
async function headOf(
  request: Request,
  branch: string,
): Promise<string | undefined> {
  const found = (await request(`/git/ref/heads/${encodePath(branch)}`)) as
    | { ref?: string; object?: { sha: string } }
    | undefined;
  return found?.ref === `refs/heads/${branch}` ? found.object?.sha : undefined;
}

/** What a tree has at some paths; a tree too large for one answer is walked. */
async function entriesOf(
  request: Request,
  tree: string,
  paths: string[],
): Promise<Map<string, TreeEntry>> {
  const read = async (sha: string, recursive: boolean) =>
    (await request(`/git/trees/${sha}${recursive ? '?recursive=1' : ''}`)) as {
      tree: TreeEntry[];
      truncated: boolean;
    };
  const whole = await read(tree, true);
  if (!whole.truncated) {
    return new Map(whole.tree.map(entry => [entry.path, entry]));
  }
  const folders = new Map<string, TreeEntry[]>();
  const entries = new Map<string, TreeEntry>();
  for (const path of paths) {
    const names = path.split('/');
    let sha: string | undefined = tree;
    for (let depth = 0; sha && depth < names.length; depth++) {
      const listed: TreeEntry[] =
        folders.get(sha) ?? (await read(sha, false)).tree;
      folders.set(sha, listed);
      const entry = listed.find(e => e.path === names[depth]);
      if (entry && depth === names.length - 1) {
        entries.set(path, entry);
      }
      sha = entry?.type === 'tree' ? entry.sha : undefined;
    }
  }
  return entries;
}

function answer(
  proposal: CheckedProposal,
  pull: Pull,
  created: boolean,
): ProposedChange {
  return {
    url: pull.html_url,
    number: pull.number,
    branch: proposal.branch,
    repository: proposal.address.slug,
    created,
  };
}
