import {
  DatabaseService,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { PullState } from '@pavedroad/plugin-git-common';
import { Knex } from 'knex';
import { Gate } from '../util/Gate';
import { DatabaseRefTransaction } from './DatabaseRefTransaction';
import {
  GitStore,
  PullRow,
  PushRow,
  RefTransaction,
  RepositoryRow,
  RowPage,
  TokenRow,
} from './GitStore';
import {
  DbPull,
  DbPush,
  DbRepository,
  DbToken,
  isUniqueViolation,
  toPull,
  toRepository,
  toToken,
} from './rows';

/** Locks hold a connection each, and reads need some too. */
const MAX_LOCKS = 4;

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
