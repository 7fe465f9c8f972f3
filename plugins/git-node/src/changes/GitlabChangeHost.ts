import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type { ScmIntegrationRegistry } from '@backstage/integration';
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

type GitlabFile = {
  content: string;
  size: number;
  execute_filemode?: boolean;
};
type MergeRequest = { iid: number; web_url: string };
type Action = {
  action: 'create' | 'update' | 'delete';
  file_path: string;
  content?: string;
  encoding?: 'base64';
  execute_filemode?: boolean;
};

/** GitLab.com or a GitLab server, with the token of `integrations.gitlab`. */
export class GitlabChangeHost implements ChangeHost {
  constructor(private readonly integrations: ScmIntegrationRegistry) {}

  async propose(proposal: CheckedProposal): Promise<ProposedChange> {
    const { branch, title, body, author, address } = proposal;
    const request = this.#requests(address);
    const project = (await request('')) as
      | { default_branch: string }
      | undefined;
    if (!project) {
      throw new NotFoundError(refusals.repository(address.slug));
    }
    const base = proposal.baseBranch ?? project.default_branch;
    refuseProtected(branch, base, project.default_branch);
    const baseCommit = await headOf(request, base);
    if (!baseCommit) {
      throw new NotFoundError(refusals.base(base));
    }

    if (await headOf(request, branch)) {
      if ((await actionsOf(request, proposal, branch)).length > 0) {
        throw new ConflictError(refusals.taken(branch));
      }
      const query = new URLSearchParams({
        state: 'opened',
        source_branch: branch,
        target_branch: base,
      });
      const [open] = ((await request(`/merge_requests?${query}`)) ??
        []) as MergeRequest[];
      if (open) {
        return answer(proposal, open, false);
      }
    } else {
      const actions = await actionsOf(request, proposal, baseCommit);
      if (actions.length === 0) {
        throw new ConflictError(refusals.nothing(base));
      }
      try {
        await request('/repository/commits', 'POST', {
          branch,
          start_sha: baseCommit,
          commit_message: body ? `${title}\n\n${body}` : title,
          author_name: author.name,
          author_email: author.email,
          actions,
        });
      } catch (error) {
        // Somebody made the branch at the same moment.
        throw (error as Error).name === 'ConflictError'
          ? new ConflictError(refusals.taken(branch))
          : error;
      }
    }
    const merge = (await request('/merge_requests', 'POST', {
      source_branch: branch,
      target_branch: base,
      title,
      description: body,
      remove_source_branch: true,
    })) as MergeRequest;
    return answer(proposal, merge, true);
  }

  async readFile(address: RepositoryAddress): Promise<HostedFile> {
    const { refAndPath, slug } = address;
    const request = this.#requests(address);
    if (refAndPath.length < 2) {
      throw new InputError(refusals.noFile);
    }
    // Refs may hold slashes: the first prefix that is a branch, otherwise the first segment, a tag or commit.
    let end = 1;
    for (let size = 1; size < Math.min(refAndPath.length, 6); size++) {
      if (await headOf(request, refAndPath.slice(0, size).join('/'))) {
        end = size;
        break;
      }
    }
    const ref = refAndPath.slice(0, end).join('/');
    const path = refAndPath.slice(end).join('/');
    const file = await fileAt(request, path, ref);
    if (!file) {
      throw new NotFoundError(refusals.file(path));
    }
    if (file.size > MAX_READ_BYTES) {
      throw new InputError(refusals.tooLarge(path));
    }
    return {
      content: Buffer.from(file.content, 'base64').toString('utf8'),
      repositoryUrl: `${this.#config(address).baseUrl}/${slug}`,
      path,
      ref,
    };
  }

  async locate(address: RepositoryAddress): Promise<LocatedRepository> {
    const { provider, host, slug } = address;
    const found = (await this.#requests(address)('')) as
      | { default_branch: string }
      | undefined;
    if (!found) {
      throw new NotFoundError(refusals.repository(slug));
    }
    const page = `${this.#config(address).baseUrl}/${slug}`;
    const branch = encodePath(found.default_branch);
    return {
      provider,
      host,
      slug,
      defaultBranch: found.default_branch,
      repositoryUrl: page,
      cloneUrl: `${page}.git`,
      treeUrl: `${page}/-/tree/${branch}/`,
      blobUrl: `${page}/-/blob/${branch}/`,
    };
  }

  #config({ host }: RepositoryAddress) {
    const config = this.integrations.gitlab.byHost(host)?.config;
    if (!config?.token) {
      throw new InputError(
        `integrations.gitlab has no token for ${host}, so nothing can be proposed there`,
      );
    }
    return {
      baseUrl: config.baseUrl.replace(/\/+$/, ''),
      apiUrl: config.apiBaseUrl.replace(/\/+$/, ''),
      token: config.token,
    };
  }

  #requests(address: RepositoryAddress): Request {
    const { apiUrl, token } = this.#config(address);
    return (path, method, body) =>
      requestJson({
        host: 'GitLab',
        url: `${apiUrl}/projects/${encodeURIComponent(address.slug)}${path}`,
        method,
        body,
        headers: { 'private-token': token },
      });
  }
}

/** The commit a branch is at, or `undefined` when there is none of that name. */
async function headOf(
  request: Request,
  branch: string,
): Promise<string | undefined> {
  const found = (await request(
    `/repository/branches/${encodeURIComponent(branch)}`,
  )) as { commit?: { id: string } } | undefined;
  return found?.commit?.id;
}

async function fileAt(
  request: Request,
  path: string,
  ref: string,
): Promise<GitlabFile | undefined> {
  return (await request(
    `/repository/files/${encodeURIComponent(path)}?${new URLSearchParams({
      ref,
    })}`,
  )) as GitlabFile | undefined;
}

/** What has to be done to a revision to make it as proposed; nothing when it is. */
async function actionsOf(
  request: Request,
  proposal: CheckedProposal,
  ref: string,
): Promise<Action[]> {
  const actions: Action[] = [];
  for (const file of proposal.files) {
    const there = await fileAt(request, file.path, ref);
    if ('delete' in file) {
      if (there) {
        actions.push({ action: 'delete', file_path: file.path });
      }
      continue;
    }
    const executable = file.executable ?? there?.execute_filemode ?? false;
    if (
      !there ||
      (there.execute_filemode ?? false) !== executable ||
      !file.content.equals(Buffer.from(there.content, 'base64'))
    ) {
      actions.push({
        action: there ? 'update' : 'create',
        file_path: file.path,
        content: file.content.toString('base64'),
        encoding: 'base64',
        execute_filemode: executable,
      });
    }
  }
  return actions;
}

function answer(
  proposal: CheckedProposal,
  merge: MergeRequest,
  created: boolean,
): ProposedChange {
  return {
    url: merge.web_url,
    number: merge.iid,
    branch: proposal.branch,
    repository: proposal.address.slug,
    created,
  };
}
