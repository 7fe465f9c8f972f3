import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { DiskRef } from '../git/GitRepository';
import { PullRow, PushRow, RefTransaction, RepositoryRow } from './GitStore';
import {
  DbPull,
  DbRef,
  DbRepository,
  fromPull,
  isUniqueViolation,
  toPull,
  toRepository,
} from './rows';

const INSERT_CHUNK = 1000;

/** JSON for a jsonb column, which cannot hold the NUL character. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(/\\u0000/g, '\\ufffd');
}

/** Changes to one repository inside one database transaction. */
export class DatabaseRefTransaction implements RefTransaction {
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
