import {
  DatabaseService,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import {
  GitPushEvent,
  PullState,
  TokenScope,
} from '@pavedroad/plugin-git-common';
import { Knex } from 'knex';
import { DiskRef } from '../git/GitRepository';
import { Gate } from '../util/Gate';
import {
  GitStore,
  PullRow,
  PushRow,
  RefTransaction,
  RepositoryRow,
  RowPage,
  TokenRow,
} from './GitStore';

const UNIQUE_VIOLATION = '23505';
const INSERT_CHUNK = 1000;
/** Locks hold a connection each, and reads need some too. */
const MAX_LOCKS = 4;

interface DbRepository {
  id: string;
  owner: string;
  name: string;
  description: string;
  default_branch: string;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  next_pull: number;
  pending_pusher: string | null;
}

interface DbRef {
  repository_id: string;
  ref: string;
  object_id: string;
  commit_id: string | null;
}

interface DbPush {
  sequence: string;
  id: string;
  repository_id: string;
  event: GitPushEvent;
  changed_paths: string[];
  created_at: Date;
  published_at: Date | null;
  attempts: number;
  last_error: string | null;
}

interface DbPull {
  repository_id: string;
  number: number;
  title: string;
  body: string;
  state: PullState;
  draft: boolean;
  source: string;
  target: string;
  head_commit: string;
  base_commit: string;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  merged_by: string | null;
  merged_at: Date | null;
  merge_commit: string | null;
  closed_by: string | null;
  closed_at: Date | null;
}

interface DbToken {
  id: string;
  user_ref: string;
  name: string;
  hash: string;
  hint: string;
  scopes: TokenScope[];
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: string } | undefined)?.code === UNIQUE_VIOLATION;
}

function toRepository(row: DbRepository): RepositoryRow {
  return {
    id: row.id,
    owner: row.owner,
    name: row.name,
    description: row.description,
    defaultBranch: row.default_branch,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    pendingPusher: row.pending_pusher ?? undefined,
  };
}

function toPull(row: DbPull): PullRow {
  return {
    repositoryId: row.repository_id,
    number: row.number,
    title: row.title,
    body: row.body,
    state: row.state,
    draft: row.draft,
    source: row.source,
    target: row.target,
    headCommit: row.head_commit,
    baseCommit: row.base_commit,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    mergedBy: row.merged_by ?? undefined,
    mergedAt: row.merged_at ?? undefined,
    mergeCommit: row.merge_commit ?? undefined,
    closedBy: row.closed_by ?? undefined,
    closedAt: row.closed_at ?? undefined,
  };
}

/** `undefined` in a change clears the column; a key that is left out keeps it. */
function fromPull(row: Partial<PullRow>): Record<string, unknown> {
  const columns: Record<keyof PullRow, string> = {
    repositoryId: 'repository_id',
    number: 'number',
    title: 'title',
    body: 'body',
    state: 'state',
    draft: 'draft',
    source: 'source',
    target: 'target',
    headCommit: 'head_commit',
    baseCommit: 'base_commit',
    createdBy: 'created_by',
    createdAt: 'created_at',
    updatedAt: 'updated_at',
    mergedBy: 'merged_by',
    mergedAt: 'merged_at',
    mergeCommit: 'merge_commit',
    closedBy: 'closed_by',
    closedAt: 'closed_at',
  };
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      columns[key as keyof PullRow],
      value === undefined ? null : value,
    ]),
  );
}

function toToken(row: DbToken): TokenRow {
  return {
    id: row.id,
    name: row.name,
    owner: row.user_ref,
    hash: row.hash,
    hint: row.hint,
    scopes: row.scopes,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString(),
    revokedAt: row.revoked_at?.toISOString(),
  };
}

/** Keeps the host's records in PostgreSQL. */
export class DatabaseGitStore implements GitStore {
  readonly #knex: Knex;
  readonly #lockGate = new Gate(MAX_LOCKS);
  /** The last waiter per repository: one connection waits, not one per push. */
  readonly #queues = new Map<string, Promise<void>>();

  private constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Connects and brings the tables up to date. */
  static async create(database: DatabaseService): Promise<DatabaseGitStore> {
    const knex = await database.getClient();
    if (!database.migrations?.skip) {
      await knex.migrate.latest({
        directory: resolvePackagePath(
          '@pavedroad/plugin-git-backend',
          'migrations',
        ),
      });
    }
    return new DatabaseGitStore(knex);
  }

  async insertRepository(row: RepositoryRow): Promise<void> {
    try {
      await this.#knex<DbRepository>('repositories').insert({
        id: row.id,
        owner: row.owner,
        name: row.name,
        description: row.description,
        default_branch: row.defaultBranch,
        created_by: row.createdBy,
        created_at: row.createdAt,
        updated_at: row.updatedAt,
      });
    } catch (error) {
      if (isUniqueViolation(error)) {
        throw new ConflictError(
          `There is already a repository '${row.owner}/${row.name}'`,
        );
      }
      throw error;
    }
  }

  async findRepository(slug: {
    owner: string;
    name: string;
  }): Promise<RepositoryRow | undefined> {
    const row = await this.#knex<DbRepository>('repositories')
      .whereRaw('lower(owner) = ? and lower(name) = ?', [
        slug.owner.toLowerCase(),
        slug.name.toLowerCase(),
      ])
      .first();
    return row && toRepository(row);
  }

  async getRepository(id: string): Promise<RepositoryRow | undefined> {
    const row = await this.#knex<DbRepository>('repositories')
      .where({ id })
      .first();
    return row && toRepository(row);
  }

  async listRepositories(filter: {
    owner?: string;
    query?: string;
    limit: number;
    cursor?: string;
  }): Promise<RowPage<RepositoryRow>> {
    const rows = await this.#knex<DbRepository>('repositories')
      .modify(builder => {
        if (filter.owner) {
          builder.whereRaw('lower(owner) = ?', [filter.owner.toLowerCase()]);
        }
        if (filter.query) {
          const pattern = `%${filter.query
            .toLowerCase()
            .replace(/[\\%_]/g, match => `\\${match}`)}%`;
          builder.whereRaw(
            "(lower(owner || '/' || name) like ? or lower(description) like ?)",
            [pattern, pattern],
          );
        }
        if (filter.cursor) {
          builder.whereRaw("lower(owner || '/' || name) > ?", [filter.cursor]);
        }
      })
      .orderByRaw("lower(owner || '/' || name)")
      .limit(filter.limit + 1);
    const page = rows.slice(0, filter.limit).map(toRepository);
    const last = page[page.length - 1];
    return {
      rows: page,
      nextCursor:
        rows.length > filter.limit
          ? `${last.owner}/${last.name}`.toLowerCase()
          : undefined,
    };
  }

  async listRepositoryIds(): Promise<string[]> {
    return this.#knex<DbRepository>('repositories').orderBy('id').pluck('id');
  }

  async deleteRepository(id: string): Promise<void> {
    await this.#knex<DbRepository>('repositories').where({ id }).delete();
  }

  async setPendingPusher(
    id: string,
    pusher: string | undefined,
  ): Promise<void> {
    await this.#knex<DbRepository>('repositories')
      .where({ id })
      .update({ pending_pusher: pusher ?? this.#knex.raw('NULL') });
  }

  async withRepositoryLock<T>(
    repositoryId: string,
    work: (transaction: RefTransaction) => Promise<T>,
  ): Promise<T> {
    const before = this.#queues.get(repositoryId) ?? Promise.resolve();
    const run = before.then(() =>
      this.#lockGate.run(() =>
        this.#knex.transaction(async transaction => {
          await transaction.raw(
            "SELECT pg_advisory_xact_lock(hashtextextended('git-repository:' || ?, 0))",
            [repositoryId],
          );
          return await work(
            new DatabaseRefTransaction(transaction, repositoryId),
          );
        }),
      ),
    );
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.#queues.set(repositoryId, settled);
    try {
      return await run;
    } finally {
      if (this.#queues.get(repositoryId) === settled) {
        this.#queues.delete(repositoryId);
      }
    }
  }

  async publishPending(
    publish: (push: PushRow) => Promise<void>,
  ): Promise<number> {
    let published = 0;
    for (;;) {
      const outcome = await this.#knex.transaction(async transaction => {
        // Skips what another backend is publishing at this moment.
        const row = await transaction<DbPush>('pushes')
          .whereNull('published_at')
          .orderBy('sequence')
          .forUpdate()
          .skipLocked()
          .first();
        if (!row) {
          return { done: true };
        }
        try {
          await publish({
            id: row.id,
            repositoryId: row.repository_id,
            event: row.event,
            changedPaths: row.changed_paths,
          });
        } catch (error) {
          await transaction<DbPush>('pushes')
            .where({ sequence: row.sequence })
            .update({
              attempts: row.attempts + 1,
              last_error: String(error).slice(0, 1000),
            });
          return { done: true, error };
        }
        await transaction<DbPush>('pushes')
          .where({ sequence: row.sequence })
          .update({ attempts: row.attempts + 1, published_at: new Date() });
        return { done: false };
      });
      if ('error' in outcome) {
        throw outcome.error;
      }
      if (outcome.done) {
        return published;
      }
      published += 1;
    }
  }

  async deletePublishedPushes(before: Date): Promise<number> {
    return this.#knex<DbPush>('pushes')
      .where('published_at', '<', before)
      .delete();
  }

  async getPull(
    repositoryId: string,
    number: number,
  ): Promise<PullRow | undefined> {
    const row = await this.#knex<DbPull>('pulls')
      .where({ repository_id: repositoryId, number })
      .first();
    return row && toPull(row);
  }

  async listPulls(filter: {
    repositoryId: string;
    state?: PullState;
    limit: number;
    cursor?: string;
  }): Promise<RowPage<PullRow>> {
    const rows = await this.#knex<DbPull>('pulls')
      .where({ repository_id: filter.repositoryId })
      .modify(builder => {
        if (filter.state) {
          builder.where({ state: filter.state });
        }
        if (filter.cursor) {
          builder.where('number', '<', Number(filter.cursor));
        }
      })
      .orderBy('number', 'desc')
      .limit(filter.limit + 1);
    const page = rows.slice(0, filter.limit).map(toPull);
    return {
      rows: page,
      nextCursor:
        rows.length > filter.limit
          ? String(page[page.length - 1].number)
          : undefined,
    };
  }

  async countOpenPulls(repositoryId: string): Promise<number> {
    const [{ count }] = await this.#knex('pulls')
      .where({ repository_id: repositoryId, state: 'open' })
      .count({ count: '*' });
    return Number(count);
  }

  async insertToken(row: TokenRow): Promise<void> {
    await this.#knex('tokens').insert({
      id: row.id,
      user_ref: row.owner,
      name: row.name,
      hash: row.hash,
      hint: row.hint,
      scopes: JSON.stringify(row.scopes),
      created_at: new Date(row.createdAt),
      expires_at: new Date(row.expiresAt),
    });
  }

  async findTokenByHash(hash: string): Promise<TokenRow | undefined> {
    const row = await this.#knex<DbToken>('tokens').where({ hash }).first();
    return row && toToken(row);
  }

  async getToken(id: string): Promise<TokenRow | undefined> {
    const row = await this.#knex<DbToken>('tokens').where({ id }).first();
    return row && toToken(row);
  }

  async listTokens(owner: string): Promise<TokenRow[]> {
    const rows = await this.#knex<DbToken>('tokens')
      .where({ user_ref: owner })
      .orderBy('created_at', 'desc');
    return rows.map(toToken);
  }

  async markTokenUsed(id: string, at: Date): Promise<void> {
    await this.#knex<DbToken>('tokens')
      .where({ id })
      .update({ last_used_at: at });
  }

  async revokeToken(id: string, at: Date): Promise<void> {
    await this.#knex<DbToken>('tokens')
      .where({ id })
      .whereNull('revoked_at')
      .update({ revoked_at: at });
  }
}

class DatabaseRefTransaction implements RefTransaction {
  readonly #transaction: Knex.Transaction;
  readonly #repositoryId: string;

  constructor(transaction: Knex.Transaction, repositoryId: string) {
    this.#transaction = transaction;
    this.#repositoryId = repositoryId;
  }

  async repository(): Promise<RepositoryRow | undefined> {
    const row = await this.#transaction<DbRepository>('repositories')
      .where({ id: this.#repositoryId })
      .first();
    return row && toRepository(row);
  }

  async recordedRefs(): Promise<DiskRef[]> {
    const rows = await this.#transaction<DbRef>('refs').where({
      repository_id: this.#repositoryId,
    });
    return rows.map(row => ({
      ref: row.ref,
      objectId: row.object_id,
      commitId: row.commit_id ?? undefined,
    }));
  }

  async replaceRefs(changed: DiskRef[], deleted: string[]): Promise<void> {
    for (let start = 0; start < deleted.length; start += INSERT_CHUNK) {
      await this.#transaction<DbRef>('refs')
        .where({ repository_id: this.#repositoryId })
        .whereIn('ref', deleted.slice(start, start + INSERT_CHUNK))
        .delete();
    }
    const rows = changed.map(({ ref, objectId, commitId }) => ({
      repository_id: this.#repositoryId,
      ref,
      object_id: objectId,
      commit_id: commitId,
    }));
    for (let start = 0; start < rows.length; start += INSERT_CHUNK) {
      await this.#transaction('refs')
        .insert(rows.slice(start, start + INSERT_CHUNK))
        .onConflict(['repository_id', 'ref'])
        .merge(['object_id', 'commit_id']);
    }
  }

  async insertPush(push: PushRow, at: Date): Promise<void> {
    await this.#transaction('pushes').insert({
      id: push.id,
      repository_id: push.repositoryId,
      event: jsonText(push.event),
      changed_paths: jsonText(push.changedPaths),
      created_at: at,
    });
  }

  async finish(movedAt: Date | undefined): Promise<void> {
    await this.#transaction<DbRepository>('repositories')
      .where({ id: this.#repositoryId })
      .update({
        ...(movedAt ? { updated_at: movedAt } : {}),
        pending_pusher: this.#transaction.raw('NULL'),
      });
  }

  async attempt<T>(
    work: (transaction: RefTransaction) => Promise<T>,
  ): Promise<T> {
    // A transaction inside a transaction is a savepoint.
    return this.#transaction.transaction(inner =>
      work(new DatabaseRefTransaction(inner, this.#repositoryId)),
    );
  }

  async openPulls(): Promise<PullRow[]> {
    const rows = await this.#transaction<DbPull>('pulls')
      .where({ repository_id: this.#repositoryId, state: 'open' })
      .orderBy('number');
    return rows.map(toPull);
  }

  async getPull(number: number): Promise<PullRow | undefined> {
    const row = await this.#transaction<DbPull>('pulls')
      .where({ repository_id: this.#repositoryId, number })
      .first();
    return row && toPull(row);
  }

  async insertPull(row: Omit<PullRow, 'number'>): Promise<PullRow> {
    const [{ next_pull: next }] = await this.#transaction<DbRepository>(
      'repositories',
    )
      .where({ id: this.#repositoryId })
      .update({ next_pull: this.#transaction.raw('next_pull + 1') })
      .returning('next_pull');
    const complete: PullRow = { ...row, number: next - 1 };
    try {
      await this.#transaction('pulls').insert(fromPull(complete));
    } catch (error) {
      if (isUniqueViolation(error)) {
        throw new ConflictError(
          `A pull request from '${row.source}' into '${row.target}' is already open`,
        );
      }
      throw error;
    }
    return complete;
  }

  async updatePull(number: number, changes: Partial<PullRow>): Promise<void> {
    try {
      await this.#transaction('pulls')
        .where({ repository_id: this.#repositoryId, number })
        .update(fromPull(changes));
    } catch (error) {
      if (isUniqueViolation(error)) {
        throw new ConflictError(
          'A pull request between the same two branches is already open',
        );
      }
      throw error;
    }
  }
}

/** JSON for a jsonb column, which cannot hold the NUL character. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(/\\u0000/g, '\\ufffd');
}
