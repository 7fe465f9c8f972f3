import { LoggerService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import { EventsService } from '@backstage/plugin-events-node';
import {
  CatalogScmEvent,
  CatalogScmEventsService,
} from '@backstage/plugin-catalog-node/alpha';
import {
  fileUrl,
  GIT_PUSH_ID_METADATA,
  GIT_PUSH_TOPIC,
  GitPushEvent,
} from '@pavedroad/plugin-git-common';
import { randomUUID } from 'node:crypto';
import { DiskRef, GitRepository } from '../git/GitRepository';
import {
  GitStore,
  PushRow,
  RefTransaction,
  RepositoryRow,
} from '../store/GitStore';

const LIMITS = { maxCommits: 2000, maxPaths: 500, maxTotalPaths: 50_000 };
const MAX_CHANGED_PATHS = 1000;
/** Named as the pusher when a crash left nobody else to name. */
const UNKNOWN_PUSHER = 'unknown';
const KEEP_PUBLISHED_MS = 90 * 24 * 60 * 60 * 1000;

/** One ref that is not where it was last recorded. */
export interface RefChange {
  ref: string;
  before?: DiskRef;
  after?: DiskRef;
}

/** What differs between the recorded refs and those on disk; the default branch first, then branches, then tags. */
export function refChanges(
  recorded: DiskRef[],
  onDisk: DiskRef[],
  defaultBranch: string,
): RefChange[] {
  const before = new Map(recorded.map(ref => [ref.ref, ref]));
  const after = new Map(onDisk.map(ref => [ref.ref, ref]));
  const rank = (ref: string) => {
    if (ref === `refs/heads/${defaultBranch}`) {
      return 0;
    }
    return ref.startsWith('refs/heads/') ? 1 : 2;
  };
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter(ref => before.get(ref)?.objectId !== after.get(ref)?.objectId)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(ref => ({ ref, before: before.get(ref), after: after.get(ref) }));
}

/** Paths whose content a catalog may have read. */
export function catalogPaths(paths: string[]): string[] {
  return paths.filter(path => /\.(?:ya?ml|json)$/i.test(path));
}

/**
 * Notices that refs moved and tells the rest of the portal.
 *
 * No hook is involved. The refs as last recorded are in the database; whatever
 * differs on disk is a push. It is recorded in the same transaction that
 * brings the record up to date, so a crash at any moment loses nothing and
 * doubles nothing: the next look finds the difference again, or finds none.
 */
export class PushRecorder {
  readonly #store: GitStore;
  readonly #events: EventsService;
  readonly #scmEvents: CatalogScmEventsService;
  readonly #logger: LoggerService;
  readonly #gitBaseUrl: string;
  readonly #open: (id: string) => GitRepository;
  readonly #now: () => Date;
  #publishing: Promise<void> = Promise.resolve();

  constructor(options: {
    store: GitStore;
    events: EventsService;
    scmEvents: CatalogScmEventsService;
    logger: LoggerService;
    gitBaseUrl: string;
    open: (repositoryId: string) => GitRepository;
    now?: () => Date;
  }) {
    this.#store = options.store;
    this.#events = options.events;
    this.#scmEvents = options.scmEvents;
    this.#logger = options.logger;
    this.#gitBaseUrl = options.gitBaseUrl;
    this.#open = options.open;
    this.#now = options.now ?? (() => new Date());
  }

  /**
   * Runs `work`, which may move refs, under the repository's lock, and records
   * what moved before it resolves, also when `work` fails half-way.
   *
   * @param pusher - entity ref or subject of whoever moves them
   * @throws NotFoundError when the repository was deleted meanwhile
   */
  async record<T>(
    repositoryId: string,
    pusher: string,
    work: (transaction: RefTransaction) => Promise<T>,
  ): Promise<T> {
    const outcome = await this.#store.withRepositoryLock(
      repositoryId,
      async transaction => {
        const repository = await transaction.repository();
        if (!repository) {
          throw new NotFoundError('The repository was deleted');
        }
        // What differs now was moved by an earlier one that was cut short.
        let moved = await this.#reconcile(
          transaction,
          repository,
          repository.pendingPusher ?? UNKNOWN_PUSHER,
        );
        // Outside this transaction, so that it is there after a crash.
        await this.#store.setPendingPusher(repositoryId, pusher);
        let result: { value: T } | { error: unknown };
        try {
          result = { value: await transaction.attempt(work) };
        } catch (error) {
          result = { error };
        }
        moved += await this.#reconcile(transaction, repository, pusher);
        await transaction.finish(moved > 0 ? this.#now() : undefined);
        return result;
      },
    );
    this.publishSoon();
    if ('error' in outcome) {
      throw outcome.error;
    }
    return outcome.value;
  }

  /** Records what a crash left unrecorded, in every repository. */
  async recoverAll(): Promise<void> {
    for (const id of await this.#store.listRepositoryIds()) {
      try {
        await this.#store.withRepositoryLock(id, async transaction => {
          const repository = await transaction.repository();
          if (!repository) {
            return;
          }
          const moved = await this.#reconcile(
            transaction,
            repository,
            repository.pendingPusher ?? UNKNOWN_PUSHER,
          );
          if (moved > 0 || repository.pendingPusher) {
            await transaction.finish(moved > 0 ? this.#now() : undefined);
          }
        });
      } catch (error) {
        this.#logger.error(
          `Could not check repository ${id} for pushes`,
          error as Error,
        );
      }
    }
    this.publishSoon();
  }

  /** Publishes in the background whatever waits. */
  publishSoon(): void {
    this.#publishing = this.#publishing.then(() =>
      this.publishPending().catch(error => {
        this.#logger.error(
          'Could not publish a push; it will be tried again',
          error,
        );
      }),
    );
  }

  /** Resolves when what was published in the background is done. */
  async settled(): Promise<void> {
    await this.#publishing;
  }

  /** Publishes whatever waits, oldest first. */
  async publishPending(): Promise<void> {
    await this.#store.publishPending(push => this.#publish(push));
  }

  /** Forgets published pushes after 90 days. */
  async cleanUp(): Promise<void> {
    await this.#store.deletePublishedPushes(
      new Date(this.#now().getTime() - KEEP_PUBLISHED_MS),
    );
  }

  async #publish(push: PushRow): Promise<void> {
    // Publishing waits for all who listen; the catalog does not wait for those who take their time with a push.
    // Both have ended before this does, so that what is tried again after a failure of one does not run beside the other.
    const told = await Promise.allSettled([
      this.#tellCatalog(push),
      this.#events.publish({
        topic: GIT_PUSH_TOPIC,
        eventPayload: push.event,
        metadata: { [GIT_PUSH_ID_METADATA]: push.id },
      }),
    ]);
    for (const outcome of told) {
      if (outcome.status === 'rejected') {
        throw outcome.reason;
      }
    }
  }

  async #tellCatalog({ event, changedPaths }: PushRow): Promise<void> {
    if (changedPaths.length === 0 || !event.ref.startsWith('refs/heads/')) {
      return;
    }
    const branch = event.ref.slice('refs/heads/'.length);
    const scmEvents: CatalogScmEvent[] = changedPaths.map(path => ({
      type: 'location.updated',
      url: fileUrl(this.#gitBaseUrl, event, 'blob', branch, path),
    }));
    // A location that is a pattern is found by its beginning only.
    scmEvents.push({
      type: 'repository.updated',
      url: fileUrl(this.#gitBaseUrl, event, 'blob', branch, ''),
    });
    await this.#scmEvents.publish(scmEvents);
  }

  async #reconcile(
    transaction: RefTransaction,
    repository: RepositoryRow,
    pusher: string,
  ): Promise<number> {
    const git = this.#open(repository.id);
    const recorded = await transaction.recordedRefs();
    const onDisk = await git.refs();
    const changes = refChanges(recorded, onDisk, repository.defaultBranch);
    if (changes.length === 0) {
      return 0;
    }
    const pushedAt = this.#now();
    const knownHeads = recorded
      .filter(({ ref }) => ref.startsWith('refs/heads/'))
      .flatMap(({ commitId }) => commitId ?? []);
    const tagCommits = changes
      .filter(({ ref }) => ref.startsWith('refs/tags/'))
      .flatMap(({ after }) => after?.commitId ?? []);
    // Tags nearly always name what a branch has; one look saves one per tag.
    const tagsAddCommits =
      tagCommits.length > 0 && (await git.anyOutsideBranches(tagCommits));

    for (const { ref, before, after } of changes) {
      const isBranch = ref.startsWith('refs/heads/');
      let commits: GitPushEvent['commits'] = [];
      let truncated = false;
      if (after?.commitId && (isBranch || tagsAddCommits)) {
        // A ref that moved gains what lies between; a new one gains what no
        // branch had, where the default branch counts with what this push adds.
        let exclude = before?.commitId ? [before.commitId] : knownHeads;
        if (!isBranch) {
          exclude = onDisk
            .filter(other => other.ref.startsWith('refs/heads/'))
            .flatMap(({ commitId }) => commitId ?? []);
        }
        ({ commits, truncated } = await git.pushCommits(
          after.commitId,
          exclude,
          LIMITS,
        ));
      }
      const changedPaths =
        isBranch && after?.commitId
          ? catalogPaths(
              await git.changedPaths(before?.commitId, after.commitId),
            )
          : [];
      const beforeId = before?.commitId ?? before?.objectId;
      const afterId = after?.commitId ?? after?.objectId;
      await transaction.insertPush(
        {
          id: randomUUID(),
          repositoryId: repository.id,
          event: {
            repository: `${repository.owner}/${repository.name}`,
            owner: repository.owner,
            name: repository.name,
            ref,
            defaultBranch: repository.defaultBranch,
            ...(beforeId ? { before: beforeId } : {}),
            ...(afterId ? { after: afterId } : {}),
            pusher,
            pushedAt: pushedAt.toISOString(),
            commits,
            commitsTruncated: truncated,
          },
          changedPaths: changedPaths.slice(0, MAX_CHANGED_PATHS),
        },
        pushedAt,
      );
      if (isBranch && after?.commitId) {
        knownHeads.push(after.commitId);
      }
    }
    await transaction.replaceRefs(
      changes.flatMap(({ after }) => after ?? []),
      changes.filter(({ after }) => !after).map(({ ref }) => ref),
    );
    await this.#followPulls(transaction, git, changes, pusher, pushedAt);
    return changes.length;
  }

  /** Keeps open pull requests in step with their branches. */
  async #followPulls(
    transaction: RefTransaction,
    git: GitRepository,
    changes: RefChange[],
    pusher: string,
    at: Date,
  ): Promise<void> {
    const moved = new Map(changes.map(change => [change.ref, change]));
    for (const pull of await transaction.openPulls()) {
      let head = pull.headCommit;
      const source = moved.get(`refs/heads/${pull.source}`);
      const target = moved.get(`refs/heads/${pull.target}`);
      // Merged by a push: the target now holds what was to be merged. Looked
      // at before the source, which may be deleted in the same breath.
      const targetHead = target?.after?.commitId;
      if (
        targetHead &&
        target.before?.commitId &&
        (await git.isAncestor(head, targetHead)) &&
        !(await git.isAncestor(head, target.before.commitId))
      ) {
        await transaction.updatePull(pull.number, {
          state: 'merged',
          mergedBy: pusher,
          mergedAt: at,
          mergeCommit: targetHead,
          baseCommit: target.before.commitId,
          updatedAt: at,
        });
        continue;
      }
      if (source?.after?.commitId) {
        head = source.after.commitId;
        // Keeps the commits when the branch is rewritten or deleted.
        await git.forceRef(`refs/pull/${pull.number}/head`, head);
        await transaction.updatePull(pull.number, {
          headCommit: head,
          updatedAt: at,
        });
      }
    }
  }
}
