import {
  DAYS,
  EncodedSketch,
  Grid,
  HALF_HOURS,
  RollupRow,
  RollupSketch,
  slotOf,
  WEEKS,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { hexOf } from './factBytes';
import { query } from './query';
import {
  ROLLUP_ROWS_OF_DELTAS,
  rollupRow,
  StoredRollupRow,
} from './rollupRows';

/** Cells that are read, changed and written together; others are served in between. */
const CELLS_AT_ONCE = 250;
/** Deltas that are held in memory together. */
const DELTAS_AT_ONCE = 5_000;
/** Names the one transaction that folds at a time. */
const FOLD_LOCK = 7_203_118_640;

/** A change to the rollups that is not folded in yet. */
export interface RollupDelta {
  sign: number;
  serviceId: number;
  tierId: number | null;
  environmentId: number | null;
  row: RollupRow;
}

type StoredDelta = StoredRollupRow & { sign: number };

interface Taken {
  id: string;
  service_id: number;
}

export function rollupDelta(stored: StoredDelta): RollupDelta {
  return {
    sign: stored.sign,
    serviceId: stored.service_id,
    tierId: stored.tier_id,
    environmentId: stored.environment_id,
    row: rollupRow(stored),
  };
}

interface StoredCell {
  service_id: number;
  partition_id: number;
  slot: number;
  counts: Buffer;
  lead: Buffer;
  stages: Buffer;
}

/** The cells of one division of time that a batch of deltas changes. */
interface CellChange {
  serviceId: number;
  partitionId: number;
  slot: number;
  deltas: RollupDelta[];
}

/** Where cells of a kind are kept. */
interface CellTable {
  perService: boolean;
  read(tx: Knex, grid: Grid, cells: CellChange[]): Promise<StoredCell[]>;
  write(
    tx: Knex,
    grid: Grid,
    cells: (CellChange & EncodedSketch)[],
  ): Promise<void>;
  remove(tx: Knex, grid: Grid, cells: CellChange[]): Promise<void>;
}

/** Over all services, by level. */
const CELLS: CellTable = {
  perService: false,
  read: (tx, grid, cells) =>
    query<StoredCell>(
      tx,
      `SELECT 0 AS service_id, partition_id, slot, counts, lead, stages
       FROM rollup_cell
       JOIN unnest(?::smallint[], ?::integer[]) AS given (partition_id, slot)
         USING (partition_id, slot)
       WHERE level = ?`,
      [
        cells.map(({ partitionId }) => partitionId),
        cells.map(({ slot }) => slot),
        grid.level,
      ],
    ),
  write: async (tx, grid, cells) => {
    await query(
      tx,
      `INSERT INTO rollup_cell (partition_id, level, slot, version, counts, lead, stages)
       SELECT partition_id, ?, slot, nextval('rollup_version'), counts, lead, stages
       FROM unnest(?::smallint[], ?::integer[], ?::bytea[], ?::bytea[], ?::bytea[])
         AS given (partition_id, slot, counts, lead, stages)
       ON CONFLICT (partition_id, level, slot) DO UPDATE SET
         version = excluded.version, counts = excluded.counts,
         lead = excluded.lead, stages = excluded.stages`,
      [
        grid.level,
        cells.map(({ partitionId }) => partitionId),
        cells.map(({ slot }) => slot),
        cells.map(({ counts }) => hexOf(counts)),
        cells.map(({ lead }) => hexOf(lead)),
        cells.map(({ stages }) => hexOf(stages)),
      ],
    );
  },
  remove: async (tx, grid, cells) => {
    await query(
      tx,
      `DELETE FROM rollup_cell
       USING unnest(?::smallint[], ?::integer[]) AS gone (partition_id, slot)
       WHERE rollup_cell.partition_id = gone.partition_id
         AND rollup_cell.slot = gone.slot AND level = ?`,
      [
        cells.map(({ partitionId }) => partitionId),
        cells.map(({ slot }) => slot),
        grid.level,
      ],
    );
  },
};

/** Per service, by week. */
const SERVICE_WEEKS: CellTable = {
  perService: true,
  read: (tx, _grid, cells) =>
    query<StoredCell>(
      tx,
      `SELECT service_id, partition_id, slot, counts, lead, stages
       FROM rollup_week
       JOIN unnest(?::integer[], ?::smallint[], ?::integer[])
         AS given (service_id, partition_id, slot)
         USING (service_id, partition_id, slot)`,
      keys(cells),
    ),
  write: async (tx, _grid, cells) => {
    await query(
      tx,
      `INSERT INTO rollup_week (service_id, partition_id, slot, version, counts, lead, stages)
       SELECT service_id, partition_id, slot, nextval('rollup_version'), counts, lead, stages
       FROM unnest(?::integer[], ?::smallint[], ?::integer[], ?::bytea[], ?::bytea[], ?::bytea[])
         AS given (service_id, partition_id, slot, counts, lead, stages)
       ON CONFLICT (service_id, partition_id, slot) DO UPDATE SET
         version = excluded.version, counts = excluded.counts,
         lead = excluded.lead, stages = excluded.stages`,
      [
        ...keys(cells),
        cells.map(({ counts }) => hexOf(counts)),
        cells.map(({ lead }) => hexOf(lead)),
        cells.map(({ stages }) => hexOf(stages)),
      ],
    );
  },
  remove: async (tx, _grid, cells) => {
    await query(
      tx,
      `DELETE FROM rollup_week
       USING unnest(?::integer[], ?::smallint[], ?::integer[])
         AS gone (service_id, partition_id, slot)
       WHERE rollup_week.service_id = gone.service_id
         AND rollup_week.partition_id = gone.partition_id
         AND rollup_week.slot = gone.slot`,
      keys(cells),
    );
  },
};

/**
 * Keeps the cells of the rollups. Whoever changes facts appends what that changes about them (`logRollups`); this folds it into
 * the cells, in the background, and changes no answer by it: readers add up cells and what waits.
 */
export class RollupStore {
  private readonly partitions = new Map<string, number>();

  static create(options: {
    knex: Knex;
    /** How much of what waits to be folded is held in memory together. */
    deltasAtOnce?: number;
  }): RollupStore {
    return new RollupStore(
      options.knex,
      options.deltasAtOnce ?? DELTAS_AT_ONCE,
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly deltasAtOnce: number,
  ) {}

  /**
   * Folds what has waited longest into the cells, unless another backend is at it.
   *
   * @param limit - most deltas to fold
   * @returns how many were folded
   */
  async fold(limit: number): Promise<number> {
    return this.knex.transaction(async tx => {
      const [{ locked }] = await query<{ locked: boolean }>(
        tx,
        'SELECT pg_try_advisory_xact_lock(?) AS locked',
        [FOLD_LOCK],
      );
      if (!locked) {
        return 0;
      }
      const taken = await query<Taken>(
        tx,
        'SELECT id, service_id FROM rollup_delta ORDER BY id LIMIT ?',
        [limit],
      );
      const read = async (part: Taken[]) => {
        const deltas = (
          await query<StoredDelta>(
            tx,
            `${ROLLUP_ROWS_OF_DELTAS} WHERE id = ANY(?::bigint[])`,
            [part.map(({ id }) => id)],
          )
        ).map(rollupDelta);
        await this.internPartitions(deltas);
        return deltas;
      };
      for (let start = 0; start < taken.length; start += this.deltasAtOnce) {
        const deltas = await read(
          taken.slice(start, start + this.deltasAtOnce),
        );
        for (const grid of [DAYS, HALF_HOURS]) {
          await this.foldInto(tx, CELLS, grid, deltas);
        }
        if (taken.length <= this.deltasAtOnce) {
          await this.foldInto(tx, SERVICE_WEEKS, WEEKS, deltas);
        }
      }
      if (taken.length > this.deltasAtOnce) {
        // Service by service, so that the weeks of each are written once and not for every part.
        taken.sort((a, b) => a.service_id - b.service_id);
        for (let start = 0; start < taken.length; start += this.deltasAtOnce) {
          const deltas = await read(
            taken.slice(start, start + this.deltasAtOnce),
          );
          await this.foldInto(tx, SERVICE_WEEKS, WEEKS, deltas);
        }
      }
      await query(tx, 'DELETE FROM rollup_delta WHERE id = ANY(?::bigint[])', [
        taken.map(({ id }) => id),
      ]);
      return taken.length;
    });
  }

  /** Partitions are added, never removed, so their ids may be kept in memory. */
  private async internPartitions(deltas: RollupDelta[]): Promise<void> {
    for (const { tierId, environmentId } of deltas) {
      const name = partitionName(tierId, environmentId);
      if (this.partitions.has(name)) {
        continue;
      }
      // Outside the transaction: its roll-back must not leave ids in memory that nobody else ever sees.
      await query(
        this.knex,
        `INSERT INTO rollup_partition (tier_id, environment_id)
         SELECT given.* FROM (VALUES (?::smallint, ?::smallint)) AS given (tier_id, environment_id)
         WHERE NOT EXISTS (SELECT FROM rollup_partition AS known
           WHERE known.tier_id IS NOT DISTINCT FROM given.tier_id
             AND known.environment_id IS NOT DISTINCT FROM given.environment_id)
         ON CONFLICT DO NOTHING`,
        [tierId, environmentId],
      );
      const [{ id }] = await query<{ id: number }>(
        this.knex,
        `SELECT id FROM rollup_partition
         WHERE tier_id IS NOT DISTINCT FROM ?::smallint
           AND environment_id IS NOT DISTINCT FROM ?::smallint`,
        [tierId, environmentId],
      );
      this.partitions.set(name, id);
    }
  }

  private async foldInto(
    tx: Knex,
    table: CellTable,
    grid: Grid,
    deltas: RollupDelta[],
  ): Promise<void> {
    const cells = new Map<string, CellChange>();
    for (const delta of deltas) {
      const serviceId = table.perService ? delta.serviceId : 0;
      const partitionId = this.partitions.get(
        partitionName(delta.tierId, delta.environmentId),
      )!;
      const slot = slotOf(grid, delta.row.finishedAt);
      const name = cellName({ serviceId, partitionId, slot });
      const cell = cells.get(name);
      if (cell) {
        cell.deltas.push(delta);
      } else {
        cells.set(name, { serviceId, partitionId, slot, deltas: [delta] });
      }
    }
    const sketch = new RollupSketch(grid);
    const all = [...cells.values()];
    for (let start = 0; start < all.length; start += CELLS_AT_ONCE) {
      const part = all.slice(start, start + CELLS_AT_ONCE);
      const stored = new Map(
        (await table.read(tx, grid, part)).map(cell => [
          cellName({
            serviceId: cell.service_id,
            partitionId: cell.partition_id,
            slot: cell.slot,
          }),
          cell,
        ]),
      );
      const kept: (CellChange & EncodedSketch)[] = [];
      const empty: CellChange[] = [];
      for (const cell of part) {
        sketch.clear();
        const before = stored.get(cellName(cell));
        if (before) {
          sketch.addEncoded(before, 1);
        }
        for (const { row, sign } of cell.deltas) {
          sketch.addRow(row, sign);
        }
        if (sketch.empty) {
          empty.push(cell);
        } else {
          kept.push({ ...cell, ...sketch.encode() });
        }
      }
      await table.write(tx, grid, kept);
      await table.remove(tx, grid, empty);
    }
  }
}

function keys(cells: CellChange[]): number[][] {
  return [
    cells.map(({ serviceId }) => serviceId),
    cells.map(({ partitionId }) => partitionId),
    cells.map(({ slot }) => slot),
  ];
}

function cellName(cell: Omit<CellChange, 'deltas'>): string {
  return `${cell.serviceId} ${cell.partitionId} ${cell.slot}`;
}

function partitionName(
  tierId: number | null,
  environmentId: number | null,
): string {
  return `${tierId} ${environmentId}`;
}
