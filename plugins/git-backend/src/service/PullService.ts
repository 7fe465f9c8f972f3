import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  Comparison,
  createPullSchema,
  mergePullSchema,
  Mergeability,
  PullRequest,
  PullRequestDetail,
  PullState,
  updatePullSchema,
} from '@pavedroad/plugin-git-common';
import { z } from 'zod';
import { GitRepository } from '../git/GitRepository';
import { GitStore, PullRow, RepositoryRow } from '../store/GitStore';
import { Actor } from './actors';
import { Authorizer } from './Authorizer';
import { Directory } from './Directory';
import { PushRecorder } from './PushRecorder';

/** Pull requests. Callers have passed the {@link Authorizer}. */
export class PullService {
  readonly #store: GitStore;
  readonly #recorder: PushRecorder;
  readonly #authorizer: Authorizer;
  readonly #directory: Directory;
  readonly #open: (row: { id: string }) => GitRepository;
  readonly #appBaseUrl: string;

  constructor(options: {
    store: GitStore;
    recorder: PushRecorder;
    authorizer: Authorizer;
    directory: Directory;
    open: (row: { id: string }) => GitRepository;
    appBaseUrl: string;
  }) {
    this.#store = options.store;
    this.#recorder = options.recorder;
    this.#authorizer = options.authorizer;
    this.#directory = options.directory;
    this.#open = options.open;
    this.#appBaseUrl = options.appBaseUrl;
  }

  async list(
    repository: RepositoryRow,
    filter: { state?: PullState; limit: number; cursor?: string },
  ): Promise<{ items: PullRequest[]; nextCursor?: string }> {
    const page = await this.#store.listPulls({
      repositoryId: repository.id,
      ...filter,
    });
    return {
      items: page.rows.map(row => this.#toPull(repository, row)),
      nextCursor: page.nextCursor,
    };
  }

  /** @throws NotFoundError */
  async get(
    actor: Actor,
    repository: RepositoryRow,
    number: number,
  ): Promise<PullRequestDetail> {
    return this.#detail(
      actor,
      repository,
      await this.#find(repository, number),
    );
  }

  async create(
    actor: Actor,
    repository: RepositoryRow,
    request: z.output<typeof createPullSchema>,
  ): Promise<PullRequestDetail> {
    const git = this.#open(repository);
    const target = request.target ?? repository.defaultBranch;
    if (target === request.source) {
      throw new InputError('A branch cannot be merged into itself');
    }
    const row = await this.#recorder.record(
      repository.id,
      actor.ref,
      async transaction => {
        const head = await git.branchHead(request.source);
        const base = await git.branchHead(target);
        if (!head || !base) {
          throw new InputError(
            `There is no branch '${head ? target : request.source}'`,
          );
        }
        if (await git.isAncestor(head, base)) {
          throw new ConflictError(
            `There is nothing to merge: '${target}' already has every commit of '${request.source}'`,
          );
        }
        const now = new Date();
        const pull = await transaction.insertPull({
          repositoryId: repository.id,
          title: request.title,
          body: request.body,
          state: 'open',
          draft: request.draft,
          source: request.source,
          target,
          headCommit: head,
          baseCommit: base,
          createdBy: actor.ref,
          createdAt: now,
          updatedAt: now,
        });
        await git.forceRef(`refs/pull/${pull.number}/head`, head);
        return pull;
      },
    );
    return this.#detail(actor, repository, row);
  }

  async update(
    actor: Actor,
    repository: RepositoryRow,
    number: number,
    request: z.output<typeof updatePullSchema>,
  ): Promise<PullRequestDetail> {
    return this.#change(actor, repository, number, async pull => {
      if (pull.state !== 'open' && request.draft !== undefined) {
        throw new ConflictError(
          'Only an open pull request can be or cease to be a draft',
        );
      }
      // Keys that are absent keep what is there.
      return Object.fromEntries(
        Object.entries(request).filter(([, value]) => value !== undefined),
      );
    });
  }

  async close(
    actor: Actor,
    repository: RepositoryRow,
    number: number,
  ): Promise<PullRequestDetail> {
    const git = this.#open(repository);
    return this.#change(actor, repository, number, async pull => {
      if (pull.state !== 'open') {
        throw new ConflictError(
          `Pull request ${number} is already ${pull.state}`,
        );
      }
      return {
        state: 'closed',
        closedBy: actor.ref,
        closedAt: new Date(),
        baseCommit: (await git.branchHead(pull.target)) ?? pull.baseCommit,
      };
    });
  }

  async reopen(
    actor: Actor,
    repository: RepositoryRow,
    number: number,
  ): Promise<PullRequestDetail> {
    const git = this.#open(repository);
    return this.#change(actor, repository, number, async pull => {
      if (pull.state !== 'closed') {
        throw new ConflictError(
          pull.state === 'merged'
            ? `Pull request ${number} is merged and cannot be reopened`
            : `Pull request ${number} is already open`,
        );
      }
      const head = await git.branchHead(pull.source);
      if (!head) {
        throw new ConflictError(
          `The branch '${pull.source}' does not exist any more`,
        );
      }
      await git.forceRef(`refs/pull/${number}/head`, head);
      return {
        state: 'open',
        headCommit: head,
        closedBy: undefined,
        closedAt: undefined,
      };
    });
  }

  /** What the pull request changes; for one that is done, what it changed. */
  async comparison(
    repository: RepositoryRow,
    number: number,
  ): Promise<Comparison> {
    const pull = await this.#find(repository, number);
    const git = this.#open(repository);
    const base =
      pull.state === 'open'
        ? (await git.branchHead(pull.target)) ?? pull.baseCommit
        : pull.baseCommit;
    return git.compare(base, pull.headCommit);
  }

  /**
   * Merges with a merge commit, never a fast-forward, so that history says what
   * was merged and when.
   *
   * @throws ConflictError when it cannot be merged, naming the files in conflict
   */
  async merge(
    actor: Actor,
    repository: RepositoryRow,
    number: number,
    request: z.output<typeof mergePullSchema>,
  ): Promise<PullRequestDetail> {
    const git = this.#open(repository);
    const committer = await this.#directory.identity(actor);
    const row = await this.#recorder.record(
      repository.id,
      actor.ref,
      async transaction => {
        const pull = await transaction.getPull(number);
        if (!pull) {
          throw new NotFoundError(`There is no pull request ${number}`);
        }
        const { mergeability, tree, head, base } = await this.#mergeability(
          git,
          pull,
        );
        if (mergeability.status !== 'mergeable' || !tree || !head || !base) {
          throw new ConflictError(refusal(pull, mergeability));
        }
        if (request.headCommit && request.headCommit !== head) {
          throw new ConflictError(
            `The branch '${pull.source}' has moved since you looked: it is at ${head}`,
          );
        }
        const commit = await git.writeCommit({
          tree,
          parents: [base, head],
          message:
            request.message ??
            `Merge pull request #${number} from ${pull.source}\n\n${pull.title}`,
          author: committer,
          committer,
          at: new Date(),
        });
        await git.updateRef(`refs/heads/${pull.target}`, base, commit);
        const now = new Date();
        const changes: Partial<PullRow> = {
          state: 'merged',
          headCommit: head,
          baseCommit: base,
          mergedBy: actor.ref,
          mergedAt: now,
          mergeCommit: commit,
          updatedAt: now,
        };
        await transaction.updatePull(number, changes);
        if (request.deleteSource && pull.source !== repository.defaultBranch) {
          await git.updateRef(`refs/heads/${pull.source}`, head, undefined);
        }
        return { ...pull, ...changes };
      },
    );
    return this.#detail(actor, repository, row);
  }

  async #find(repository: RepositoryRow, number: number): Promise<PullRow> {
    const pull = await this.#store.getPull(repository.id, number);
    if (!pull) {
      throw new NotFoundError(
        `There is no pull request ${number} in '${repository.owner}/${repository.name}'`,
      );
    }
    return pull;
  }

  async #change(
    actor: Actor,
    repository: RepositoryRow,
    number: number,
    decide: (pull: PullRow) => Promise<Partial<PullRow>>,
  ): Promise<PullRequestDetail> {
    const row = await this.#store.withRepositoryLock(
      repository.id,
      async transaction => {
        const pull = await transaction.getPull(number);
        if (!pull) {
          throw new NotFoundError(`There is no pull request ${number}`);
        }
        const changes = { ...(await decide(pull)), updatedAt: new Date() };
        await transaction.updatePull(number, changes);
        return { ...pull, ...changes };
      },
    );
    return this.#detail(actor, repository, row);
  }

  async #mergeability(
    git: GitRepository,
    pull: PullRow,
  ): Promise<{
    mergeability: Mergeability;
    head?: string;
    base?: string;
    tree?: string;
  }> {
    const answer = (
      status: Mergeability['status'],
      conflicts: string[] = [],
    ) => ({
      mergeability: { status, conflicts },
    });
    if (pull.state !== 'open') {
      return answer('not_open');
    }
    const head = await git.branchHead(pull.source);
    if (!head) {
      return answer('source_missing');
    }
    const base = await git.branchHead(pull.target);
    if (!base) {
      return answer('target_missing');
    }
    if (await git.isAncestor(head, base)) {
      return answer('nothing_to_merge');
    }
    const outcome = await git.tryMerge(base, head);
    if (outcome.status === 'conflicts') {
      return answer('conflicts', outcome.conflicts);
    }
    if (pull.draft) {
      return answer('draft');
    }
    return { ...answer('mergeable'), head, base, tree: outcome.tree };
  }

  #toPull(repository: RepositoryRow, row: PullRow): PullRequest {
    return {
      number: row.number,
      repository: `${repository.owner}/${repository.name}`,
      title: row.title,
      body: row.body,
      state: row.state,
      draft: row.draft,
      source: row.source,
      target: row.target,
      headCommit: row.headCommit,
      createdBy: row.createdBy,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
      mergedBy: row.mergedBy,
      mergedAt: row.mergedAt?.toISOString(),
      mergeCommit: row.mergeCommit,
      closedBy: row.closedBy,
      closedAt: row.closedAt?.toISOString(),
      webUrl: `${this.#appBaseUrl}/git/${repository.owner}/${
        repository.name
      }/pulls/${row.number}`,
    };
  }

  async #detail(
    actor: Actor,
    repository: RepositoryRow,
    row: PullRow,
  ): Promise<PullRequestDetail> {
    const { mergeability } = await this.#mergeability(
      this.#open(repository),
      row,
    );
    return {
      ...this.#toPull(repository, row),
      mergeability,
      viewer: await this.#authorizer.viewer(actor, repository),
    };
  }
}

/** Why a pull request cannot be merged, as a sentence. */
function refusal(pull: PullRow, { status, conflicts }: Mergeability): string {
  switch (status) {
    case 'conflicts':
      return `'${pull.source}' and '${
        pull.target
      }' change the same lines in: ${conflicts.join(', ')}`;
    case 'draft':
      return `Pull request ${pull.number} is a draft; mark it ready first`;
    case 'nothing_to_merge':
      return `There is nothing to merge: '${pull.target}' already has every commit of '${pull.source}'`;
    case 'source_missing':
      return `The branch '${pull.source}' does not exist any more`;
    case 'target_missing':
      return `The branch '${pull.target}' does not exist any more`;
    default:
      return `Pull request ${pull.number} is ${pull.state}`;
  }
}
