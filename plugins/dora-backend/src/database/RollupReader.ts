import {
  changesByQuarter,
  DAYS,
  EncodedSketch,
  Grid,
  HALF_HOURS,
  QUARTER,
  RollupSketch,
  slotOf,
  slotStart,
  Span,
  spanIndex,
  Term,
  termsUntil,
  WEEKS,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { query, SqlValue } from './query';
import {
  countedRowsOfDeployments,
  ROLLUP_ROWS_OF_DELTAS,
  rollupRow,
  rollupRowsOfDeployments,
  StoredRollupRow,
} from './rollupRows';
import { RollupDelta, rollupDelta } from './RollupStore';
import { SketchPool } from './SketchPool';

/** Cells over all services that are kept in memory, by their size. */
const CACHE_BYTES = 64_000_000;
/** Services whose weeks are read in one statement. */
const SERVICES_AT_ONCE = 200;

/** What waits to be folded is read this much at a time: after a long load it is more than memory holds. */
const DELTAS_AT_ONCE = 5_000;

/** Which services are summed up. */
export type RollupServices =
  /**
   * All that have facts, but for some. `asked` are the others: a service in neither list came meanwhile, and whether the asker
   * may see it is not known. `withFacts` is how many had facts when the lists were made.
   */
  { except: number[]; asked: number[]; withFacts: number } | { only: number[] };

/** Something to sum up. */
export interface RollupTarget {
  span: Span;
  /** How much of it is needed. */
  only: 'counts' | 'lead' | 'stages' | 'all';
}

export interface RollupQuestion {
  label: { id: number; isTier: boolean };
  services: RollupServices;
  targets: RollupTarget[];
  /** Spans of which to tell the quarter-hours with a `change` deployment. */
  activity: Span[];
}

export interface RollupAnswer {
  /** One per target. */
  sketches: RollupSketch[];
  /** Beginnings, in epoch milliseconds and by time, of the quarter-hours that have a `change` deployment. */
  activeQuarters: number[];
  /** Gives the memory of the sketches to the next answer, once nothing will be read from them or their summaries. */
  release(): void;
}

/** Of a target, which cells and stretches of time add up to it. */
interface Use {
  target: number;
  sign: number;
}

interface CachedCell extends EncodedSketch {
  version: string;
  /** Whether stages were read, too. */
  whole: boolean;
}

interface Partition {
  id?: number;
  tier_id: number | null;
  environment_id: number | null;
}

/** `change` deployments per quarter-hour of some spans, and a little around them. */
class Activity {
  private readonly first: number;
  private readonly counts: Int32Array;

  constructor(spans: Span[]) {
    const { from, to } = spans.length > 0 ? hull(spans) : { from: 0, to: 0 };
    this.first = Math.floor(from / QUARTER);
    this.counts = new Int32Array(Math.ceil(to / QUARTER) - this.first);
  }

  /** @param quarter - number of quarter-hours since 1970; outside the spans it is of no interest */
  add(quarter: number, changes: number): void {
    const index = quarter - this.first;
    if (index >= 0 && index < this.counts.length) {
      this.counts[index] += changes;
    }
  }

  /** Beginnings of those that have any. */
  quarters(): number[] {
    const found: number[] = [];
    this.counts.forEach((changes, index) => {
      if (changes > 0) {
        found.push((this.first + index) * QUARTER);
      }
    });
    return found;
  }
}

/**
 * Sums up rollups over any span: whole cells, the changes that are not folded into them yet, and at ragged ends the facts
 * themselves, all as of one moment.
 */
export class RollupReader {
  private readonly cells = new Map<string, CachedCell>();
  private cachedBytes = 0;
  private readonly pool = new SketchPool();

  static create(options: {
    knex: Knex;
    /** How much of what waits to be folded is read at a time. */
    deltasAtOnce?: number;
    /** How much of the sums over all services is kept in memory. */
    cacheBytes?: number;
  }): RollupReader {
    return new RollupReader(
      options.knex,
      options.deltasAtOnce ?? DELTAS_AT_ONCE,
      options.cacheBytes ?? CACHE_BYTES,
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly deltasAtOnce: number,
    private readonly cacheBytes: number,
  ) {}

  async read(question: RollupQuestion): Promise<RollupAnswer> {
    return this.knex.transaction(tx => this.readIn(tx, question), {
      isolationLevel: 'repeatable read',
      readOnly: true,
    });
  }

  private async readIn(
    tx: Knex,
    question: RollupQuestion,
  ): Promise<RollupAnswer> {
    const everything = 'except' in question.services;
    const grids = everything ? [DAYS, HALF_HOURS] : [WEEKS];
    const plan = planOf(question, grids);
    const sketches = question.targets.map(({ only }) =>
      this.pool.take(only === 'all' || only === 'stages'),
    );
    const activity = new Activity(question.activity);
    const partitions = await this.partitions(tx, question);
    const take = (grid: Grid, slot: number, cell: EncodedSketch) => {
      for (const { target, sign } of plan.cells.get(grid)!.get(slot) ?? []) {
        sketches[target].addEncoded(cell, sign, question.targets[target].only);
      }
      if (grid === grids[0] && plan.active.has(slot)) {
        const first = slotStart(grid, slot) / QUARTER;
        changesByQuarter(cell.counts, (quarter, changes) =>
          activity.add(first + quarter, changes),
        );
      }
    };
    const ids = partitions.flatMap(({ id }) => id ?? []);
    if ('except' in question.services) {
      await this.takeCells(tx, ids, plan, take);
    } else {
      await this.takeWeeks(tx, ids, question.services.only, plan, take);
    }
    await this.eachDelta(tx, question, partitions, ({ row, sign }) => {
      for (const grid of grids) {
        const slot = slotOf(grid, row.finishedAt);
        for (const use of plan.cells.get(grid)!.get(slot) ?? []) {
          sketches[use.target].addRow(
            row,
            sign * use.sign,
            question.targets[use.target].only,
          );
        }
      }
      if (row.kind === 'change') {
        activity.add(Math.floor(row.finishedAt / QUARTER), sign);
      }
    });

    const spans = plan.stretches.map(({ span }) => span);
    const counted = question.targets.every(({ only }) => only === 'counts');
    for (const stored of await rowsInSpans(tx, {
      label: question.label,
      partitions,
      spans,
      services:
        'only' in question.services ? question.services.only : undefined,
      counted,
    })) {
      const row = rollupRow(stored);
      for (const use of plan.stretches[spanIndex(spans, row.finishedAt)].uses) {
        sketches[use.target].addRow(
          row,
          use.sign,
          question.targets[use.target].only,
        );
      }
    }
    const except =
      'except' in question.services
        ? await exceptions(tx, question.services)
        : [];
    if (except.length > 0) {
      const windows = question.targets.map(({ span }) => span);
      for (const stored of await rowsInSpans(tx, {
        label: question.label,
        partitions,
        spans: [hull([...windows, ...question.activity])],
        services: except,
        counted,
      })) {
        const row = rollupRow(stored);
        windows.forEach(({ from, to }, target) => {
          if (row.finishedAt >= from && row.finishedAt < to) {
            sketches[target].addRow(row, -1, question.targets[target].only);
          }
        });
        if (row.kind === 'change') {
          activity.add(Math.floor(row.finishedAt / QUARTER), -1);
        }
      }
    }
    return {
      sketches,
      activeQuarters: activity.quarters(),
      release: () => this.pool.giveBack(sketches),
    };
  }

  /**
   * Sums up each service by itself over a span, counts and lead times, one after the other.
   *
   * @param take - called for every service; what it is given is not to be kept
   */
  async eachService(
    question: {
      label: RollupQuestion['label'];
      services: number[];
      span: Span;
    },
    take: (
      serviceId: number,
      sketch: RollupSketch,
      /** Beginnings of the quarter-hours with a `change` deployment, in any order; some may lie just outside the span. */
      activeQuarters: number[],
    ) => void,
  ): Promise<void> {
    const { services } = question;
    for (let start = 0; start < services.length; start += SERVICES_AT_ONCE) {
      const part = services.slice(start, start + SERVICES_AT_ONCE);
      const sums = await this.knex.transaction(
        tx => this.sumServices(tx, { ...question, services: part }),
        { isolationLevel: 'repeatable read', readOnly: true },
      );
      for (const id of part) {
        const { sketch, activity } = sums.get(id)!;
        const active = [...activity].filter(([, changes]) => changes > 0);
        take(
          id,
          sketch,
          active.map(([quarter]) => quarter * QUARTER),
        );
        this.pool.giveBack([sketch]);
      }
    }
  }

  private async sumServices(
    tx: Knex,
    {
      label,
      services,
      span,
    }: { label: RollupQuestion['label']; services: number[]; span: Span },
  ): Promise<
    Map<number, { sketch: RollupSketch; activity: Map<number, number> }>
  > {
    const question: RollupQuestion = {
      label,
      services: { only: services },
      targets: [{ span, only: 'lead' }],
      activity: [span],
    };
    const plan = planOf(question, [WEEKS]);
    const sums = new Map(
      services.map(id => [
        id,
        {
          sketch: this.pool.take(false),
          // Few quarter-hours of a long time: not one place for each.
          activity: new Map<number, number>(),
        },
      ]),
    );
    const signOf = (slot: number) =>
      plan.cells.get(WEEKS)!.get(slot)?.[0].sign ?? 0;
    const partitions = await this.partitions(tx, question);
    await this.takeWeeks(
      tx,
      partitions.flatMap(({ id }) => id ?? []),
      services,
      plan,
      (_grid, slot, cell, serviceId) => {
        const { sketch, activity } = sums.get(serviceId)!;
        sketch.addEncoded(cell, signOf(slot), 'lead');
        const first = slotStart(WEEKS, slot) / QUARTER;
        changesByQuarter(cell.counts, (quarter, changes) =>
          addTo(activity, first + quarter, changes),
        );
      },
    );
    await this.eachDelta(
      tx,
      question,
      partitions,
      ({ serviceId, row, sign }) => {
        const { sketch, activity } = sums.get(serviceId)!;
        const times = sign * signOf(slotOf(WEEKS, row.finishedAt));
        sketch.addRow(row, times, 'lead');
        if (row.kind === 'change') {
          addTo(activity, Math.floor(row.finishedAt / QUARTER), sign);
        }
      },
    );
    const spans = plan.stretches.map(stretch => stretch.span);
    for (const stored of await rowsInSpans(tx, {
      label,
      partitions,
      spans,
      services,
      counted: false,
    })) {
      const row = rollupRow(stored);
      const [use] = plan.stretches[spanIndex(spans, row.finishedAt)].uses;
      sums.get(stored.service_id)!.sketch.addRow(row, use.sign, 'lead');
    }
    return sums;
  }

  /** Calls `take` for everything that waits to be folded, and adds the partitions it is in to those that are known. */
  private async eachDelta(
    tx: Knex,
    { label, services }: RollupQuestion,
    partitions: Partition[],
    take: (delta: RollupDelta) => void,
  ): Promise<void> {
    const names = new Set(partitions.map(partitionName));
    let after = '0';
    for (;;) {
      const rows = await query<StoredRollupRow & { id: string; sign: number }>(
        tx,
        `${ROLLUP_ROWS_OF_DELTAS} WHERE ?? = ? AND id > ?
         ${'only' in services ? 'AND service_id = ANY(?::integer[])' : ''}
         ORDER BY id LIMIT ?`,
        [
          labelColumn(label),
          label.id,
          after,
          ...('only' in services ? [services.only] : []),
          this.deltasAtOnce,
        ],
      );
      for (const stored of rows) {
        const { tier_id, environment_id } = stored;
        const name = partitionName({ tier_id, environment_id });
        if (!names.has(name)) {
          names.add(name);
          partitions.push({ tier_id, environment_id });
        }
        take(rollupDelta(stored));
      }
      if (rows.length < this.deltasAtOnce) {
        return;
      }
      after = rows[rows.length - 1].id;
    }
  }

  private async partitions(
    tx: Knex,
    { label }: RollupQuestion,
  ): Promise<Partition[]> {
    return query<Partition>(
      tx,
      `SELECT id, tier_id, environment_id FROM rollup_partition WHERE ?? = ?`,
      [labelColumn(label), label.id],
    );
  }

  /** Cells over all services; only those that changed since they were read last are read again. */
  private async takeCells(
    tx: Knex,
    partitions: number[],
    plan: Plan,
    take: (grid: Grid, slot: number, cell: EncodedSketch) => void,
  ): Promise<void> {
    for (const [grid, uses] of plan.cells) {
      const slots = [
        ...new Set([
          ...uses.keys(),
          ...(grid === plan.coarsest ? plan.active : []),
        ]),
      ];
      const versions = await query<{
        partition_id: number;
        slot: number;
        version: string;
      }>(
        tx,
        `SELECT partition_id, slot, version FROM rollup_cell
         WHERE partition_id = ANY(?::smallint[]) AND level = ?
           AND slot = ANY(?::integer[])`,
        [partitions, grid.level, slots],
      );
      const nameOf = (cell: { partition_id: number; slot: number }) =>
        `${grid.level} ${cell.partition_id} ${cell.slot}`;
      // What is found in memory is held on to: other questions replace and evict it while the rest is read.
      const content = new Map<string, CachedCell>();
      const missing = versions.filter(cell => {
        const known = this.cells.get(nameOf(cell));
        if (
          known?.version !== cell.version ||
          (!known.whole && plan.whole.get(grid)!.has(cell.slot))
        ) {
          return true;
        }
        content.set(nameOf(cell), known);
        return false;
      });
      for (const whole of [true, false]) {
        const wanted = missing.filter(
          ({ slot }) => plan.whole.get(grid)!.has(slot) === whole,
        );
        if (wanted.length === 0) {
          continue;
        }
        for (const cell of await query<
          EncodedSketch & {
            partition_id: number;
            slot: number;
            version: string;
          }
        >(
          tx,
          `SELECT partition_id, slot, version, counts, lead,
             ${whole ? 'stages' : `''::bytea AS stages`}
           FROM rollup_cell
           JOIN unnest(?::smallint[], ?::integer[]) AS given (partition_id, slot)
             USING (partition_id, slot)
           WHERE level = ?`,
          [
            wanted.map(({ partition_id: id }) => id),
            wanted.map(({ slot }) => slot),
            grid.level,
          ],
        )) {
          const { version, counts, lead, stages } = cell;
          content.set(nameOf(cell), { version, counts, lead, stages, whole });
        }
      }
      for (const cell of versions) {
        const name = nameOf(cell);
        take(grid, cell.slot, content.get(name)!);
        this.remember(name, content.get(name)!);
      }
    }
  }

  private remember(name: string, cell: CachedCell): void {
    const size = (known: CachedCell) =>
      known.counts.length + known.lead.length + known.stages.length;
    const known = this.cells.get(name);
    if (known) {
      this.cachedBytes -= size(known);
      this.cells.delete(name);
    }
    this.cells.set(name, cell);
    this.cachedBytes += size(cell);
    for (const [oldest, content] of this.cells) {
      if (this.cachedBytes <= this.cacheBytes) {
        break;
      }
      this.cachedBytes -= size(content);
      this.cells.delete(oldest);
    }
  }

  private async takeWeeks(
    tx: Knex,
    partitions: number[],
    services: number[],
    plan: Plan,
    take: (
      grid: Grid,
      slot: number,
      cell: EncodedSketch,
      serviceId: number,
    ) => void,
  ): Promise<void> {
    const slots = [
      ...new Set([...plan.cells.get(WEEKS)!.keys(), ...plan.active]),
    ];
    for (let start = 0; start < services.length; start += SERVICES_AT_ONCE) {
      const rows = await query<
        EncodedSketch & { service_id: number; slot: number }
      >(
        tx,
        `SELECT service_id, slot, counts,
           ${
             plan.counted
               ? `''::bytea AS lead, ''::bytea AS stages`
               : `lead, ${
                   [...plan.whole.values()].some(({ size }) => size > 0)
                     ? 'stages'
                     : `''::bytea AS stages`
                 }`
           }
         FROM rollup_week
         WHERE service_id = ANY(?::integer[]) AND partition_id = ANY(?::smallint[])
           AND slot = ANY(?::integer[])`,
        [services.slice(start, start + SERVICES_AT_ONCE), partitions, slots],
      );
      for (const row of rows) {
        take(WEEKS, row.slot, row, row.service_id);
      }
    }
  }
}

interface Plan {
  coarsest: Grid;
  /** By division of time and number of the cell: what it is for. */
  cells: Map<Grid, Map<number, Use[]>>;
  /** Cells of which stages are needed. */
  whole: Map<Grid, Set<number>>;
  /** Disjoint, by time. */
  stretches: { span: Span; uses: Use[] }[];
  /** Of the coarsest division: cells of which the quarter-hours are asked. */
  active: Set<number>;
  /** Nothing but counts is asked. */
  counted: boolean;
}

/** Which cells and stretches add up to what is asked. Pure. */
function planOf(question: RollupQuestion, grids: Grid[]): Plan {
  const [coarsest] = grids;
  const cells = new Map(
    grids.map(grid => [grid, new Map<number, Map<number, number>>()]),
  );
  const stretches = new Map<
    string,
    { span: Span; uses: Map<number, number> }
  >();
  const add = (term: Term, target: number, sign: number) => {
    if ('grid' in term) {
      const bySlot = cells.get(term.grid)!;
      const uses = bySlot.get(term.slot) ?? new Map<number, number>();
      bySlot.set(term.slot, uses);
      addTo(uses, target, sign * term.sign);
    } else {
      const { from, to } = term;
      const stretch = stretches.get(`${from} ${to}`) ?? {
        span: { from, to },
        uses: new Map<number, number>(),
      };
      stretches.set(`${from} ${to}`, stretch);
      addTo(stretch.uses, target, sign * term.sign);
    }
  };
  question.targets.forEach(({ span }, target) => {
    const last = slotOf(coarsest, span.to);
    for (let slot = slotOf(coarsest, span.from); slot < last; slot++) {
      add({ sign: 1, grid: coarsest, slot }, target, 1);
    }
    termsUntil(span.to, grids).forEach(term => add(term, target, 1));
    termsUntil(span.from, grids).forEach(term => add(term, target, -1));
  });
  const usesOf = (uses: Map<number, number>): Use[] =>
    [...uses]
      .filter(([, sign]) => sign !== 0)
      .map(([target, sign]) => ({ target, sign }));
  const active = new Set<number>();
  for (const { from, to } of question.activity) {
    for (
      let slot = slotOf(coarsest, from);
      slot <= slotOf(coarsest, to - 1);
      slot++
    ) {
      active.add(slot);
    }
  }
  const planned = new Map(
    [...cells].map(([grid, bySlot]) => [
      grid,
      new Map(
        [...bySlot]
          .map(([slot, uses]) => [slot, usesOf(uses)] as const)
          .filter(([, uses]) => uses.length > 0),
      ),
    ]),
  );
  return {
    coarsest,
    cells: planned,
    whole: new Map(
      [...planned].map(([grid, bySlot]) => [
        grid,
        new Set(
          [...bySlot]
            .filter(([, uses]) =>
              uses.some(({ target }) =>
                ['all', 'stages'].includes(question.targets[target].only),
              ),
            )
            .map(([slot]) => slot),
        ),
      ]),
    ),
    stretches: disjoint(
      [...stretches.values()]
        .map(({ span, uses }) => ({ span, uses: usesOf(uses) }))
        .filter(({ uses }) => uses.length > 0),
    ),
    active,
    counted: question.targets.every(({ only }) => only === 'counts'),
  };
}

/** The same stretches cut where one begins or ends, so that none overlap; by time. */
function disjoint(
  stretches: { span: Span; uses: Use[] }[],
): { span: Span; uses: Use[] }[] {
  const cuts = [
    ...new Set(stretches.flatMap(({ span }) => [span.from, span.to])),
  ].sort((a, b) => a - b);
  return cuts.slice(1).flatMap((to, i) => {
    const from = cuts[i];
    const uses = stretches
      .filter(({ span }) => span.from <= from && span.to >= to)
      .flatMap(stretch => stretch.uses);
    return uses.length === 0 ? [] : [{ span: { from, to }, uses }];
  });
}

function addTo(counts: Map<number, number>, key: number, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount);
}

function hull(spans: Span[]): Span {
  return spans.reduce((a, b) => ({
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
  }));
}

/** Services to leave out: those that are to be, and those that came after the question was put. */
async function exceptions(
  tx: Knex,
  { except, asked, withFacts }: Exclude<RollupServices, { only: number[] }>,
): Promise<number[]> {
  const [{ count }] = await query<{ count: string }>(
    tx,
    'SELECT count(*) FROM service WHERE facts IS NOT NULL',
  );
  if (Number(count) === withFacts) {
    return except;
  }
  const others = await query<{ id: number }>(
    tx,
    `SELECT id FROM service
     WHERE facts IS NOT NULL AND NOT id = ANY(?::integer[])`,
    [asked],
  );
  return others.map(({ id }) => id);
}

/** Rollup rows of the facts in some spans; of some services, or of all through the index of their partitions. */
async function rowsInSpans(
  tx: Knex,
  question: {
    label: { id: number; isTier: boolean };
    partitions: Partition[];
    spans: Span[];
    services?: number[];
    counted: boolean;
  },
): Promise<StoredRollupRow[]> {
  const { label, partitions, spans, services } = question;
  if (spans.length === 0 || services?.length === 0) {
    return [];
  }
  const bounds = [spans.map(({ from }) => from), spans.map(({ to }) => to)];
  const inSpan =
    'deployment.finished_at >= span.lower AND deployment.finished_at < span.upper';
  const rows = question.counted
    ? countedRowsOfDeployments
    : rollupRowsOfDeployments;
  if (services) {
    return query<StoredRollupRow>(
      tx,
      rows(`unnest(?::integer[]) AS asked (id)
        CROSS JOIN unnest(?::bigint[], ?::bigint[]) AS span (lower, upper)
        JOIN deployment ON deployment.service_id = asked.id AND ${inSpan}
          AND deployment.?? = ?`),
      [services, ...bounds, labelColumn(label), label.id],
    );
  }
  const found: StoredRollupRow[] = [];
  for (const { tier_id: tier, environment_id: environment } of partitions) {
    const is = (column: string, id: number | null) =>
      id === null ? `deployment.${column} IS NULL` : `deployment.${column} = ?`;
    found.push(
      ...(await query<StoredRollupRow>(
        tx,
        // In the order of the index of partitions, or the planner takes that of services and searches each of them.
        rows(`unnest(?::bigint[], ?::bigint[]) AS span (lower, upper)
          CROSS JOIN LATERAL (
            SELECT * FROM deployment WHERE ${is('tier_id', tier)}
              AND ${is('environment_id', environment)} AND ${inSpan}
            ORDER BY deployment.finished_at, deployment.key COLLATE "C"
          ) AS deployment`),
        [
          ...bounds,
          ...[tier, environment].filter(id => id !== null),
        ] as SqlValue[],
      )),
    );
  }
  return found;
}

function labelColumn(label: { isTier: boolean }): string {
  return label.isTier ? 'tier_id' : 'environment_id';
}

function partitionName(partition: Partition): string {
  return `${partition.tier_id} ${partition.environment_id}`;
}
