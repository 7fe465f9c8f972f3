import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type {
  GitHostClient,
  PullRequest,
  RepositoryDetail,
} from '@pavedroad/plugin-git-common';
import { encodePath } from './addresses';
import { askGitHost, gitHostToken, type GitHostAccess } from './askGitHost';
import { MAX_READ_BYTES, refusals, refuseProtected } from './checkProposal';
import type {
  ChangeHost,
  CheckedProposal,
  HostedFile,
  LocatedRepository,
  ProposedChange,
  RepositoryAddress,
} from './types';

type Ask = <T>(
  call: (
    client: GitHostClient,
    options: { token: string; signal: AbortSignal },
  ) => Promise<T>,
) => Promise<T | undefined>;

/** The portal's own git host. Everything happens on behalf of the credentials, so its own permissions decide. */
export class EmbeddedChangeHost implements ChangeHost {
  constructor(
    private readonly access: GitHostAccess,
    /** `<portal>/api/git`, as people and other programs see it. */
    private readonly externalBaseUrl: string,
  ) {}

  async propose(
    proposal: CheckedProposal,
    credentials: BackstageCredentials,
  ): Promise<ProposedChange> {
    const { branch, title, body } = proposal;
    const { slug } = proposal.address;
    const ask: Ask = call => askGitHost(this.access, credentials, call);
    const { defaultBranch } = await this.#repository(ask, slug);
    const base = proposal.baseBranch ?? defaultBranch;
    refuseProtected(branch, base, defaultBranch);

    const branches =
      (await ask((client, o) => client.listBranches(slug, o))) ?? [];
    const baseCommit = branches.find(b => b.name === base)?.commit;
    if (!baseCommit) {
      throw new NotFoundError(refusals.base(base));
    }
    if (branches.some(b => b.name === branch)) {
      if ((await this.#changed(ask, proposal, branch)).length > 0) {
        throw new ConflictError(refusals.taken(branch));
      }
      const open = await this.#openPull(ask, slug, branch, base);
      if (open) {
        return answer(slug, open, false);
      }
    } else {
      const files = await this.#changed(ask, proposal, baseCommit);
      if (files.length === 0) {
        throw new ConflictError(refusals.nothing(base));
      }
      await ask((client, o) =>
        client.commitFiles(
          slug,
          {
            branch,
            // Where a new branch starts; should somebody make it meanwhile, the host refuses since it is elsewhere.
            base: baseCommit,
            message: body ? `${title}\n\n${body}`.slice(0, 10_000) : title,
            author: proposal.author,
            files: files.map(file =>
              'delete' in file
                ? file
                : {
                    ...file,
                    content: file.content.toString('base64'),
                    encoding: 'base64' as const,
                  },
            ),
          },
          o,
        ),
      );
    }
    const pull = await ask((client, o) =>
      client.createPull(slug, { title, body, source: branch, target: base }, o),
    );
    if (!pull) {
      throw new NotFoundError(refusals.repository(slug));
    }
    return answer(slug, pull, true);
  }

  async readFile(
    address: RepositoryAddress,
    credentials: BackstageCredentials,
  ): Promise<HostedFile> {
    const { slug, refAndPath } = address;
    const ask: Ask = call => askGitHost(this.access, credentials, call);
    const { webUrl } = await this.#repository(ask, slug);
    const where = await ask((client, o) =>
      client.resolve(slug, refAndPath.join('/'), o),
    );
    if (!where || where.path === '') {
      throw new NotFoundError(refusals.file(refAndPath.join('/')));
    }
    const file = await ask((client, o) =>
      client.getFile(slug, { ref: where.commit, path: where.path }, o),
    );
    if (!file) {
      throw new NotFoundError(refusals.file(where.path));
    }
    if (file.content.length > MAX_READ_BYTES) {
      throw new InputError(refusals.tooLarge(where.path));
    }
    return {
      content: Buffer.from(file.content).toString('utf8'),
      repositoryUrl: webUrl,
      path: where.path,
      ref: where.ref,
    };
  }

  async locate(
    { provider, host, slug }: RepositoryAddress,
    credentials: BackstageCredentials,
  ): Promise<LocatedRepository> {
    const ask: Ask = call => askGitHost(this.access, credentials, call);
    const { defaultBranch, webUrl } = await this.#repository(ask, slug);
    const base = `${this.externalBaseUrl}/${slug}`;
    const branch = encodePath(defaultBranch);
    return {
      provider,
      host,
      slug,
      defaultBranch,
      repositoryUrl: webUrl,
      cloneUrl: `${base}.git`,
      treeUrl: `${base}/tree/${branch}/`,
      blobUrl: `${base}/blob/${branch}/`,
      readToken: await gitHostToken(this.access, credentials),
    };
  }

  async #repository(ask: Ask, slug: string): Promise<RepositoryDetail> {
    const repository = await ask((client, o) => client.getRepository(slug, o));
    if (!repository) {
      throw new NotFoundError(refusals.repository(slug));
    }
    return repository;
  }

  /** The files of a proposal that are not at a revision as it would make them. */
  async #changed(
    ask: Ask,
    proposal: CheckedProposal,
    ref: string,
  ): Promise<CheckedProposal['files']> {
    const { slug } = proposal.address;
    const tree = await ask((client, o) =>
      client.getTree(slug, { ref, recursive: true }, o),
    );
    const modes = new Map(tree?.entries.map(e => [e.path, e.mode]));
    const changed: CheckedProposal['files'] = [];
    for (const file of proposal.files) {
      const there = tree?.truncated || modes.has(file.path);
      const current = there
        ? await ask((client, o) =>
            client.getFile(slug, { ref, path: file.path }, o),
          )
        : undefined;
      if ('delete' in file) {
        if (current) {
          changed.push(file);
        }
        continue;
      }
      const mode = modes.get(file.path);
      const sameMode =
        file.executable === undefined ||
        mode === undefined ||
        mode.endsWith('755') === file.executable;
      if (!current || !sameMode || !file.content.equals(current.content)) {
        changed.push(file);
      }
    }
    return changed;
  }

  async #openPull(
    ask: Ask,
    slug: string,
    source: string,
    target: string,
  ): Promise<PullRequest | undefined> {
    let cursor: string | undefined;
    do {
      const from = cursor;
      const page = await ask((client, o) =>
        client.listPulls(slug, { state: 'open', limit: 200, cursor: from }, o),
      );
      const found = page?.items.find(
        pull => pull.source === source && pull.target === target,
      );
      if (found) {
        return found;
      }
      cursor = page?.nextCursor;
    } while (cursor);
    return undefined;
  }
}

function answer(
  repository: string,
  pull: PullRequest,
  created: boolean,
): ProposedChange {
  return {
    url: pull.webUrl,
    number: pull.number,
    branch: pull.source,
    repository,
    created,
  };
}
