import {
  resolvePackagePath,
  type DatabaseService,
} from '@backstage/backend-plugin-api';
import { createHash, randomUUID } from 'crypto';
import type { Knex } from 'knex';

import { beginRequest, keepRequest, type NamedRequest } from './changeRequests';
import type {
  CalendarFeed,
  Decision,
  History,
  OnCallStore,
  OverrideDefinition,
  OverrideVersion,
  ScheduleDefinition,
  ScheduleVersion,
} from './OnCallStore';
import { Revisions } from './Revisions';
import { lockSchedules } from './scheduleLocks';

type ScheduleRow = {
  schedule_ref: string;
  number: number;
  removed: boolean;
  title: string;
  owner_ref: string;
  spec: ScheduleDefinition['schedule'];
  digest: string;
  taken_up_at: Date;
};

/** A row of `override_versions`. */
export type OverrideRow = {
  override_id: string;
  number: number;
  schedule_ref: string;
  removed: boolean;
  type: OverrideDefinition['type'];
  person: string;
  with_person: string | null;
  starts_at: Date;
  ends_at: Date;
  level: number | null;
  reason: string | null;
  author: string;
  change_id: string;
  taken_up_at: Date;
};

type FeedRow = {
  id: string;
  token_hash: string;
  owner_ref: string;
  schedule_ref: string | null;
  created_at: Date;
  revoked_at: Date | null;
};

const migrationsDir = resolvePackagePath(
  '@pavedroad/plugin-oncall-backend',
  'migrations',
);

/** Two back ends that take up the same change must not both add it. */
const TAKE_UP_LOCK = 7_150_001;

/** Keeps versions in PostgreSQL. */
export class DatabaseOnCallStore implements OnCallStore {
  private constructor(
    private readonly db: Knex,
    /** What other back ends have changed. */
    readonly revisions: Revisions,
  ) {}

  /** Runs the migrations, unless they are to be skipped, and opens the store. */
  static async create(database: DatabaseService): Promise<DatabaseOnCallStore> {
    const db = await database.getClient();
    if (!database.migrations?.skip) {
      await db.migrate.latest({ directory: migrationsDir });
    }
    return new DatabaseOnCallStore(db, new Revisions(db));
  }

  async revision(): Promise<string> {
    return await this.revisions.ofSchedules();
  }

  async takeUp(
    definitions: ScheduleDefinition[],
    keep: string[] = [],
  ): Promise<number> {
    return await this.db.transaction(async tx => {
      await tx.raw('select pg_advisory_xact_lock(?)', [TAKE_UP_LOCK]);
      const latest = new Map(
        (
          await tx<ScheduleRow>('schedule_versions')
            .distinctOn('schedule_ref')
            .orderBy([
              { column: 'schedule_ref' },
              { column: 'number', order: 'desc' },
            ])
        ).map(row => [row.schedule_ref, row]),
      );
      const added: Record<string, unknown>[] = [];
      for (const definition of definitions) {
        const row = latest.get(definition.scheduleRef);
        latest.delete(definition.scheduleRef);
        const digest = digestOf(definition);
        if (!row || row.removed || row.digest !== digest) {
          added.push({
            schedule_ref: definition.scheduleRef,
            number: (row?.number ?? 0) + 1,
            removed: false,
            title: definition.title,
            owner_ref: definition.ownerRef,
            spec: JSON.stringify(definition.schedule),
            digest,
          });
        }
      }
      for (const row of latest.values()) {
        if (!row.removed && !keep.includes(row.schedule_ref)) {
          added.push({
            schedule_ref: row.schedule_ref,
            number: row.number + 1,
            removed: true,
            title: row.title,
            owner_ref: row.owner_ref,
            spec: JSON.stringify(row.spec),
            digest: row.digest,
          });
        }
      }
      if (added.length > 0) {
        await tx.batchInsert('schedule_versions', added, 200);
      }
      return added.length;
    });
  }

  async current(endsAfter: number): Promise<History> {
    return await readCurrent(this.db, endsAfter);
  }

  async inForceAt(instant: number): Promise<History> {
    const at = new Date(instant);
    // Versions taken up by then come first, newest first; failing that, the oldest of all.
    const schedules = await this.db<ScheduleRow>('schedule_versions')
      .distinctOn('schedule_ref')
      .orderByRaw(
        `schedule_ref, taken_up_at <= ? desc,
         case when taken_up_at <= ? then -number else number end`,
        [at, at],
      );
    const overrides = await this.db<OverrideRow>('override_versions')
      .where('ends_at', '>', at)
      .where('taken_up_at', '<=', at)
      .orderBy(['override_id', 'number']);
    return {
      schedules: schedules.map(toSchedule),
      overrides: overrides.map(toOverride),
    };
  }

  async historyOf(
    scheduleRefs: string[] | undefined,
    since: number,
    endsAfter = since,
  ): Promise<History> {
    const only = (query: Knex.QueryBuilder) => {
      if (scheduleRefs) {
        query.whereIn('schedule_ref', scheduleRefs);
      }
    };
    // A schedule that follows a calendar has a version for each time it changed: those of long ago are many, and of no use.
    const schedules = await this.db<ScheduleRow>('schedule_versions')
      .modify(only)
      .where(kept =>
        kept
          .where('number', 1)
          .orWhereNotExists(
            this.db('schedule_versions as next')
              .whereRaw('next.schedule_ref = schedule_versions.schedule_ref')
              .whereRaw('next.number = schedule_versions.number + 1')
              .where('next.taken_up_at', '<=', new Date(since)),
          ),
      )
      .orderBy(['schedule_ref', 'number']);
    const overrides = await this.db<OverrideRow>('override_versions')
      .modify(only)
      .where('ends_at', '>', new Date(endsAfter))
      .orderBy(['override_id', 'number']);
    return {
      schedules: schedules.map(toSchedule),
      overrides: overrides.map(toOverride),
    };
  }

  async override(id: string): Promise<OverrideVersion | undefined> {
    const row = await this.db<OverrideRow>('override_versions')
      .where({ override_id: id })
      .orderBy('number', 'desc')
      .first();
    return row && toOverride(row);
  }

  async removeOverride(
    id: string,
    author: string,
    request?: NamedRequest,
    decision?: Decision,
  ): Promise<boolean> {
    return await this.db.transaction(async tx => {
      if (request && (await beginRequest(tx, request)) !== undefined) {
        return false;
      }
      // As undoing the whole change does, and in the same order, so that the two never wait for each other.
      await lockSchedules(
        tx,
        await tx<OverrideRow>('override_versions')
          .where({ override_id: id })
          .pluck('schedule_ref'),
      );
      await tx('changes')
        .whereIn(
          'id',
          tx('override_versions')
            .select('change_id')
            .where({ override_id: id }),
        )
        .forUpdate()
        .select('id');
      const rows = await tx<OverrideRow>('override_versions')
        .where({ override_id: id })
        .orderBy('number', 'desc')
        .forUpdate();
      if (rows.length === 0 || rows[0].removed) {
        return false;
      }
      decision?.decide(await readCurrent(tx, decision.endsAfter));
      const { override_id, number, taken_up_at: _, ...rest } = rows[0];
      const { id: __, ...columns } = rest as typeof rest & { id: string };
      const inserted = await tx('override_versions')
        .insert({
          ...columns,
          override_id,
          number: number + 1,
          removed: true,
          author,
        })
        .onConflict(['override_id', 'number'])
        .ignore()
        .returning('number');
      // A change is undone when the last of its overrides is.
      await tx('changes')
        .where({ id: columns.change_id })
        .whereNotExists(
          tx('override_versions as made')
            .where({ 'made.change_id': columns.change_id, 'made.number': 1 })
            .whereNotExists(
              tx('override_versions as gone')
                .whereRaw('gone.override_id = made.override_id')
                .where({ 'gone.removed': true }),
            ),
        )
        .whereNull('undone_at')
        .update({ undone_at: tx.raw('clock_timestamp()'), undone_by: author });
      if (request && inserted.length > 0) {
        await keepRequest(tx, request, columns.change_id);
      }
      return inserted.length > 0;
    });
  }

  async addFeed(
    feed: { ownerRef: string; scheduleRef?: string },
    tokenHash: string,
  ): Promise<CalendarFeed> {
    const [row] = await this.db<FeedRow>('calendar_feeds')
      .insert({
        id: randomUUID(),
        token_hash: tokenHash,
        owner_ref: feed.ownerRef,
        schedule_ref: feed.scheduleRef ?? null,
      })
      .returning('*');
    return toFeed(row);
  }

  async feedsOf(ownerRef: string): Promise<CalendarFeed[]> {
    const rows = await this.db<FeedRow>('calendar_feeds')
      .where({ owner_ref: ownerRef })
      .whereNull('revoked_at')
      .orderBy('created_at');
    return rows.map(toFeed);
  }

  async feedByTokenHash(tokenHash: string): Promise<CalendarFeed | undefined> {
    const row = await this.db<FeedRow>('calendar_feeds')
      .where({ token_hash: tokenHash })
      .whereNull('revoked_at')
      .first();
    return row && toFeed(row);
  }

  async revokeFeed(id: string, ownerRef: string): Promise<boolean> {
    const changed = await this.db<FeedRow>('calendar_feeds')
      .where({ id, owner_ref: ownerRef })
      .whereNull('revoked_at')
      .update({ revoked_at: this.db.fn.now() as unknown as Date });
    return changed > 0;
  }
}

/** What `current` of the store answers, as it is within a transaction. */
export async function readCurrent(
  db: Knex,
  endsAfter: number,
): Promise<History> {
  const schedules = await db<ScheduleRow>('schedule_versions')
    .distinctOn('schedule_ref')
    .orderBy([{ column: 'schedule_ref' }, { column: 'number', order: 'desc' }]);
  const overrides = await db<OverrideRow>('override_versions')
    .where('ends_at', '>', new Date(endsAfter))
    .orderBy(['override_id', 'number']);
  return {
    schedules: schedules.map(toSchedule),
    overrides: overrides.map(toOverride),
  };
}

function digestOf(definition: ScheduleDefinition): string {
  // The parser builds its objects in one order of keys, so equal schedules have equal text.
  return createHash('sha256')
    .update(
      JSON.stringify([
        definition.title,
        definition.ownerRef,
        definition.schedule,
      ]),
    )
    .digest('hex');
}

function toSchedule(row: ScheduleRow): ScheduleVersion {
  return {
    scheduleRef: row.schedule_ref,
    number: row.number,
    removed: row.removed,
    title: row.title,
    ownerRef: row.owner_ref,
    schedule: row.spec,
    takenUpAt: row.taken_up_at.getTime(),
  };
}

/** An override as the database has it. Pure. */
export function toOverride(row: OverrideRow): OverrideVersion {
  return {
    id: row.override_id,
    number: row.number,
    scheduleRef: row.schedule_ref,
    removed: row.removed,
    type: row.type,
    person: row.person,
    with: row.with_person ?? undefined,
    from: row.starts_at.getTime(),
    to: row.ends_at.getTime(),
    level: row.level ?? undefined,
    reason: row.reason ?? undefined,
    author: row.author,
    changeId: row.change_id,
    takenUpAt: row.taken_up_at.getTime(),
  };
}

/** The first version of an override as the database keeps it, but for the change it belongs to. */
export function toOverrideRow(
  definition: OverrideDefinition,
  author: string,
): Omit<OverrideRow, 'change_id' | 'taken_up_at'> {
  return {
    override_id: randomUUID(),
    number: 1,
    schedule_ref: definition.scheduleRef,
    removed: false,
    type: definition.type,
    person: definition.person,
    with_person: definition.with ?? null,
    starts_at: new Date(definition.from),
    ends_at: new Date(definition.to),
    level: definition.level ?? null,
    reason: definition.reason ?? null,
    author,
  };
}

function toFeed(row: FeedRow): CalendarFeed {
  return {
    id: row.id,
    ownerRef: row.owner_ref,
    scheduleRef: row.schedule_ref ?? undefined,
    createdAt: row.created_at.getTime(),
  };
}
