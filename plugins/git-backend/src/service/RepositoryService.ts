import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  Branch,
  cloneUrl,
  Commit,
  createCommitSchema,
  isCommitId,
  Repository,
  RepositoryDetail,
} from '@pavedroad/plugin-git-common';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { FileEdit, GitRepository } from '../git/GitRepository';
import { GitStore, RepositoryRow } from '../store/GitStore';
import { Actor } from './actors';
import { Authorizer } from './Authorizer';
import { Directory } from './Directory';
import { PushRecorder } from './PushRecorder';

const MAX_COMMIT_BYTES = 64 * 1024 * 1024;

/** Where a repository's folder is, below the root. */
export function repositoryPath(root: string, id: string): string {
  return path.join(root, id.slice(0, 2), `${id}.git`);
}

/** Repositories, branches and commits. Callers have passed the {@link Authorizer}. */
export class RepositoryService {
  readonly #store: GitStore;
  readonly #recorder: PushRecorder;
  readonly #authorizer: Authorizer;
  readonly #directory: Directory;
  readonly #logger: LoggerService;
  readonly #root: string;
  readonly #gitBaseUrl: string;
  readonly #appBaseUrl: string;

  constructor(options: {
    store: GitStore;
    recorder: PushRecorder;
    authorizer: Authorizer;
    directory: Directory;
    logger: LoggerService;
    root: string;
    gitBaseUrl: string;
    appBaseUrl: string;
  }) {
    this.#store = options.store;
    this.#recorder = options.recorder;
    this.#authorizer = options.authorizer;
    this.#directory = options.directory;
    this.#logger = options.logger;
    this.#root = options.root;
    this.#gitBaseUrl = options.gitBaseUrl;
    this.#appBaseUrl = options.appBaseUrl;
  }

  /** The repository on disk. */
  open(row: { id: string }): GitRepository {
    return new GitRepository(repositoryPath(this.#root, row.id));
  }

  /** @throws NotFoundError */
  async find(slug: { owner: string; name: string }): Promise<RepositoryRow> {
    const row = await this.#store.findRepository(slug);
    if (!row) {
      throw new NotFoundError(
        `There is no repository '${slug.owner}/${slug.name}'`,
      );
    }
    return row;
  }

  toRepository(row: RepositoryRow): Repository {
    return {
      id: row.id,
      owner: row.owner,
      name: row.name,
      slug: `${row.owner}/${row.name}`,
      description: row.description,
      defaultBranch: row.defaultBranch,
      cloneUrl: cloneUrl(this.#gitBaseUrl, row),
      webUrl: `${this.#appBaseUrl}/git/${row.owner}/${row.name}`,
      createdBy: row.createdBy,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    };
  }

  async detail(actor: Actor, row: RepositoryRow): Promise<RepositoryDetail> {
    const headCommit = await this.open(row).branchHead(row.defaultBranch);
    const refs = headCommit ? [] : await this.open(row).refs();
    return {
      ...this.toRepository(row),
      empty:
        !headCommit && !refs.some(({ ref }) => ref.startsWith('refs/heads/')),
      ...(headCommit ? { headCommit } : {}),
      openPulls: await this.#store.countOpenPulls(row.id),
      viewer: await this.#authorizer.viewer(actor, row),
    };
  }

  async list(filter: {
    owner?: string;
    query?: string;
    limit: number;
    cursor?: string;
  }): Promise<{ items: Repository[]; nextCursor?: string }> {
    const page = await this.#store.listRepositories(filter);
    return {
      items: page.rows.map(row => this.toRepository(row)),
      nextCursor: page.nextCursor,
    };
  }

  /**
   * Creates an empty repository: first the folder, then the row, so that a row
   * always has its folder. A folder without a row is never reached.
   *
   * @throws InputError when the owner is no Group
   * @throws ConflictError when the name is taken
   */
  async create(
    actor: Actor,
    request: {
      owner: string;
      name: string;
      description: string;
      defaultBranch: string;
    },
  ): Promise<RepositoryRow> {
    if (!(await this.#authorizer.isOwner(request.owner))) {
      throw new InputError(
        `The owner '${request.owner}' is not a Group of the catalog in the default namespace`,
      );
    }
    if (await this.#store.findRepository(request)) {
      throw new ConflictError(
        `There is already a repository '${request.owner}/${request.name}'`,
      );
    }
    const now = new Date();
    const row: RepositoryRow = {
      id: randomUUID(),
      ...request,
      createdBy: actor.ref,
      createdAt: now,
      updatedAt: now,
    };
    const folder = repositoryPath(this.#root, row.id);
    await GitRepository.create(folder, row.defaultBranch);
    try {
      await this.#store.insertRepository(row);
    } catch (error) {
      await fs.rm(folder, { recursive: true, force: true });
      throw error;
    }
    return row;
  }

  /** Deletes the row, then the folder; what is left of it is never reached. */
  async delete(row: RepositoryRow): Promise<void> {
    await this.#store.withRepositoryLock(row.id, async () => {
      await this.#store.deleteRepository(row.id);
    });
    const folder = repositoryPath(this.#root, row.id);
    try {
      await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      this.#logger.warn(
        `Could not remove ${folder} of a deleted repository: ${error}`,
      );
    }
  }

  async createBranch(
    actor: Actor,
    row: RepositoryRow,
    request: { name: string; from?: string },
  ): Promise<Branch> {
    const git = this.open(row);
    const commit = await git.resolve(request.from ?? row.defaultBranch);
    await this.#recorder.record(row.id, actor.ref, async () => {
      if (await git.branchHead(request.name)) {
        throw new ConflictError(`There is already a branch '${request.name}'`);
      }
      await git.updateRef(`refs/heads/${request.name}`, undefined, commit);
    });
    const branches = await git.branches(row.defaultBranch);
    const branch = branches.find(({ name }) => name === request.name);
    if (!branch) {
      throw new ConflictError(`The branch '${request.name}' was deleted again`);
    }
    return branch;
  }

  async deleteBranch(
    actor: Actor,
    row: RepositoryRow,
    name: string,
  ): Promise<void> {
    if (name === row.defaultBranch) {
      throw new ConflictError(`'${name}' is the default branch and stays`);
    }
    const git = this.open(row);
    await this.#recorder.record(row.id, actor.ref, async () => {
      const head = await git.branchHead(name);
      if (!head) {
        throw new NotFoundError(`There is no branch '${name}'`);
      }
      await git.updateRef(`refs/heads/${name}`, head, undefined);
    });
  }

  /**
   * Commits files to a branch, creating the branch when it is new.
   *
   * @throws ConflictError when the branch is not at `base` any more, or nothing changes
   */
  async commitFiles(
    actor: Actor,
    row: RepositoryRow,
    request: z.output<typeof createCommitSchema>,
  ): Promise<Commit> {
    const edits = toEdits(request.files);
    const git = this.open(row);
    const committer = await this.#directory.identity(actor);
    const id = await this.#recorder.record(row.id, actor.ref, async () => {
      const head = await git.branchHead(request.branch);
      let parent = head;
      if (head && request.base !== undefined) {
        const expected = await git.resolve(request.base);
        if (expected !== head) {
          throw new ConflictError(
            `The branch '${request.branch}' has moved: it is at ${head}, not at ${expected}`,
          );
        }
      }
      if (!head) {
        parent =
          request.base === undefined
            ? await git.branchHead(row.defaultBranch)
            : await git.resolve(request.base);
      }
      const tree = await git.writeTree(parent, edits);
      if (parent && tree === (await git.treeOf(parent))) {
        throw new ConflictError(
          'Nothing changes: the files already are as the commit would make them',
        );
      }
      const commit = await git.writeCommit({
        tree,
        parents: parent ? [parent] : [],
        message: request.message,
        author: request.author ?? committer,
        committer,
        at: new Date(),
      });
      await git.updateRef(`refs/heads/${request.branch}`, head, commit);
      return commit;
    });
    const [commit] = await git.commits({ head: id, limit: 1 });
    return commit;
  }

  /** Repacks repositories that need it, one after the other. */
  async maintain(signal?: AbortSignal): Promise<void> {
    for (const id of await this.#store.listRepositoryIds()) {
      if (signal?.aborted) {
        return;
      }
      try {
        await this.#store.withRepositoryLock(id, async transaction => {
          if (await transaction.repository()) {
            await this.open({ id }).maintain();
          }
        });
      } catch (error) {
        this.#logger.warn(`Could not tidy up repository ${id}: ${error}`);
      }
    }
  }
}

/** Whether text is base64 with its padding. One character class keeps it fast for any length. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** Decodes and checks what the schema cannot: duplicates, base64, total size. */
function toEdits(
  files: z.output<typeof createCommitSchema>['files'],
): FileEdit[] {
  const seen = new Set<string>();
  let total = 0;
  return files.map(file => {
    if (seen.has(file.path)) {
      throw new InputError(`The file '${file.path}' is named twice`);
    }
    seen.add(file.path);
    if ('delete' in file) {
      return { path: file.path, delete: true };
    }
    if (file.encoding === 'base64' && !isBase64(file.content)) {
      throw new InputError(`The content of '${file.path}' is not valid base64`);
    }
    const content = Buffer.from(file.content, file.encoding);
    total += content.length;
    if (total > MAX_COMMIT_BYTES) {
      throw new InputError(
        `A commit through this interface may hold at most ${MAX_COMMIT_BYTES} bytes; push larger ones with git`,
      );
    }
    return { path: file.path, content, executable: file.executable };
  });
}

/** Whether a revision names the same commit for ever, so that answers may be cached. */
export function isImmutable(revision: string): boolean {
  return isCommitId(revision);
}
