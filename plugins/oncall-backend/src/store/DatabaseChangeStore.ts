import { randomUUID } from 'crypto';
import type { Knex } from 'knex';

import {
  beginRequest,
  changeOfRequest,
  forgetRequests,
  keepRequest,
  type NamedRequest,
} from './changeRequests';
import type { Change, ChangeStore } from './ChangeStore';
import {
  readCurrent,
  toOverride,
  toOverrideRow,
  type OverrideRow,
} from './DatabaseOnCallStore';
import type { Decision } from './OnCallStore';
import { lockSchedules } from './scheduleLocks';

type ChangeRow = {
  id: string;
  kind: Change['kind'];
  reason: string | null;
  author: string;
  created_at: Date;
  undone_at: Date | null;
  undone_by: string | null;
};

/** Keeps changes in PostgreSQL. */
export class DatabaseChangeStore implements ChangeStore {
  constructor(private readonly db: Knex) {}

  async make(
    change: Parameters<ChangeStore['make']>[0],
    { endsAfter, decide }: Decision,
    request?: NamedRequest,
  ): Promise<{ change: Change; fresh: boolean }> {
    const id = randomUUID();
    const known = await this.db.transaction(async tx => {
      const before = request && (await beginRequest(tx, request));
      if (before !== undefined) {
        return before;
      }
      await lockSchedules(
        tx,
        change.overrides.map(o => o.scheduleRef),
      );
      decide(await readCurrent(tx, endsAfter));
      await tx<ChangeRow>('changes').insert({
        id,
        kind: change.kind,
        reason: change.reason ?? null,
        author: change.author,
      });
      // One after the other: each is later than the one before.
      for (const override of change.overrides) {
        await tx('override_versions').insert({
          ...toOverrideRow(override, change.author),
          change_id: id,
        });
      }
      if (request) {
        await keepRequest(tx, request, id);
      }
      return undefined;
    });
    return {
      change: (await this.byId(known ?? id))!,
      fresh: known === undefined,
    };
  }

  async byRequest(request: NamedRequest): Promise<Change | undefined> {
    const id = await changeOfRequest(this.db, request);
    return id === undefined ? undefined : await this.byId(id);
  }

  async forgetRequests(before: number): Promise<void> {
    await forgetRequests(this.db, before);
  }

  async byId(id: string): Promise<Change | undefined> {
    const row = await this.db<ChangeRow>('changes').where({ id }).first();
    return row && (await this.#withOverrides([row]))[0];
  }

  async undo(
    id: string,
    author: string,
    request?: NamedRequest,
    decision?: Decision,
  ): Promise<boolean> {
    return await this.db.transaction(async tx => {
      if (request && (await beginRequest(tx, request)) !== undefined) {
        return false;
      }
      await lockSchedules(
        tx,
        await tx<OverrideRow>('override_versions')
          .where({ change_id: id })
          .pluck('schedule_ref'),
      );
      const row = await tx<ChangeRow>('changes')
        .where({ id })
        .forUpdate()
        .first();
      if (!row || row.undone_at) {
        return false;
      }
      decision?.decide(await readCurrent(tx, decision.endsAfter));
      // What has ended is history and stays as it is.
      const { rows } = await tx.raw<{ rows: unknown[] }>(
        `insert into override_versions
           (override_id, number, schedule_ref, removed, type, person, with_person, starts_at, ends_at, level, reason, author, change_id)
         select override_id, number + 1, schedule_ref, true, type, person, with_person, starts_at, ends_at, level, reason, ?, change_id
           from (
             select distinct on (override_id) * from override_versions
              where change_id = ? order by override_id, number desc
           ) latest
          where not removed and ends_at > clock_timestamp()
         on conflict (override_id, number) do nothing
         returning override_id`,
        [author, id],
      );
      if (rows.length === 0) {
        return false;
      }
      await tx('changes')
        .where({ id })
        .update({ undone_at: tx.raw('clock_timestamp()'), undone_by: author });
      if (request) {
        await keepRequest(tx, request, id);
      }
      return true;
    });
  }

  async list(query: {
    scheduleRef?: string;
    limit: number;
    after?: string;
  }): Promise<Change[]> {
    const { scheduleRef, limit, after } = query;
    const rows = await this.db<ChangeRow>('changes')
      .modify(builder => {
        if (scheduleRef !== undefined) {
          builder.whereIn(
            'id',
            this.db('override_versions')
              .select('change_id')
              .where({ schedule_ref: scheduleRef }),
          );
        }
        if (after !== undefined) {
          // By the row itself, so that times keep all their digits.
          builder.whereRaw(
            '(created_at, id) < (select created_at, id from changes where id = ?)',
            [after],
          );
        }
      })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(limit);
    return await this.#withOverrides(rows);
  }

  async #withOverrides(rows: ChangeRow[]): Promise<Change[]> {
    const versions = await this.db<OverrideRow>('override_versions')
      .whereIn(
        'change_id',
        rows.map(row => row.id),
      )
      .orderBy(['id']);
    const gone = new Set(
      versions.filter(v => v.removed).map(v => v.override_id),
    );
    return rows.map(row => ({
      id: row.id,
      kind: row.kind,
      ...(row.reason === null ? {} : { reason: row.reason }),
      author: row.author,
      createdAt: row.created_at.getTime(),
      ...(row.undone_at ? { undoneAt: row.undone_at.getTime() } : {}),
      ...(row.undone_by === null ? {} : { undoneBy: row.undone_by }),
      overrides: versions
        .filter(v => v.change_id === row.id && v.number === 1)
        .map(v => ({ ...toOverride(v), takenBack: gone.has(v.override_id) })),
    }));
  }
}
