import { Exclusion } from '../api';
import { DeploymentKind, ExclusionReason, STAGE_NAMES } from '../facts';
import { Summary } from '../metrics/summary';
import { bucketOf, BUCKETS } from './buckets';
import { ByteReader, ByteWriter } from './bytes';
import { Grid } from './grid';
import {
  distributionOfBuckets,
  groupedOfBuckets,
  independentOfBuckets,
} from './durations';

/** Everything that counts about one deployment. */
export interface RollupRow {
  /** Epoch milliseconds. */
  finishedAt: number;
  kind: DeploymentKind;
  failed: boolean;
  rework: boolean;
  failureData: boolean;
  first: boolean;
  unknownHistory: boolean;
  releaseTag: boolean;
  sample: boolean;
  recoverySeconds?: number;
  /** Of its changes that count for lead time, ascending. */
  leadSeconds: readonly number[];
  /** Per stage in the order of `STAGE_NAMES`, of the same changes where the stage is known; in any order. */
  stageSeconds: readonly (readonly number[])[];
  /** Changes left out: of a first deployment, of negative total time, of bots. */
  excludedChanges: readonly [number, number, number];
}

/** A sketch as it is stored: what is always read, what lead times need, what stages need. */
export interface EncodedSketch {
  counts: Uint8Array;
  lead: Uint8Array;
  stages: Uint8Array;
}

/** Which deployments to count. */
export interface DeploymentFilter {
  kind?: DeploymentKind;
  failed?: boolean;
  failureData?: boolean;
  rework?: boolean;
}

const KINDS: DeploymentKind[] = ['change', 'redeploy', 'rollback'];
const COMBINATIONS = KINDS.length * 16;
const EXCLUDED: ExclusionReason[] = [
  'first_deployment',
  'negative_total_time',
  'bot',
];
const SCALARS = 8;
/** Positions among the scalars. */
const FIRST = 0;
const UNKNOWN_HISTORY = 1;
const SAMPLE = 2;
const EXCLUDED_CHANGES = 3;
const GROUPS = 6;
const SQUARES = 7;
/** Positions among the lists of numbers. */
const COMBINATIONS_PART = 0;
const SCALARS_PART = 1;
const QUARTERS_PART = 2;
const LEAD_PART = 3;
const SPREAD_PART = 4;
const RECOVERY_PART = 5;
const SUMS_PART = 6;

const writer = new ByteWriter();
const filledPlaces = new Int32Array(BUCKETS);

/** A quarter-hour in milliseconds: days begin at one in every time zone since 1972. */
export const QUARTER = 900_000;

/** The combination of kind and flags, as one number. */
function combinationOf(row: RollupRow): number {
  return (
    KINDS.indexOf(row.kind) * 16 +
    Number(row.failed) +
    2 * Number(row.failureData) +
    4 * Number(row.rework) +
    8 * Number(row.releaseTag)
  );
}

const milliseconds = (seconds: number) => Math.round(seconds * 1_000);

/**
 * Counts and histograms of deployments and their changes. All are sums of whole numbers over deployments, so sketches of disjoint
 * spans or services add up, and what goes is subtracted without a trace.
 *
 * For the interval of the median, which must resample deployments, there is a second histogram beside that of lead times: the
 * j-th of the n lead times of a deployment, from 0, adds 2j + 1 − n to its bucket. Summed up to a value m it is Σ b² − b·n, b being
 * how many of each deployment's lead times are at most m; see `groupedOfBuckets`.
 */
export class RollupSketch {
  private readonly combinations = new Float64Array(COMBINATIONS);
  private readonly scalars = new Float64Array(SCALARS);
  private readonly quarters: Float64Array;
  private readonly lead = new Float64Array(BUCKETS);
  private readonly spread = new Float64Array(BUCKETS);
  private readonly recovery = new Float64Array(BUCKETS);
  private readonly stages: Float64Array[];
  private readonly sums = new Float64Array(1 + STAGE_NAMES.length);
  /** Every list of numbers: of counts, of lead times, of stages. */
  private readonly parts: Float64Array[];
  /** Where each of them may have something: most of a histogram is empty, and cells are written by the ten thousand. */
  private readonly low: Int32Array;
  private readonly high: Int32Array;

  /**
   * @param cell - the sketch is of one cell of this division of time, and keeps in which quarter-hours of it something was deployed
   * @param stages - whether to keep stages
   */
  constructor(private readonly cell?: Grid, stages = true) {
    this.quarters = new Float64Array(cell ? cell.unit / QUARTER : 0);
    this.stages = stages
      ? STAGE_NAMES.map(() => new Float64Array(BUCKETS))
      : [];
    this.parts = [
      this.combinations,
      this.scalars,
      this.quarters,
      this.lead,
      this.spread,
      this.recovery,
      this.sums,
      ...this.stages,
    ];
    this.low = new Int32Array(this.parts.length).fill(BUCKETS);
    this.high = new Int32Array(this.parts.length).fill(-1);
  }

  /** Whether it keeps stages. */
  get hasStages(): boolean {
    return this.stages.length > 0;
  }

  clear(): void {
    this.parts.forEach((part, p) => {
      part.fill(0, this.low[p], this.high[p] + 1);
    });
    this.low.fill(BUCKETS);
    this.high.fill(-1);
  }

  /** Whether nothing is in it. */
  get empty(): boolean {
    for (let p = COMBINATIONS_PART; p < LEAD_PART; p++) {
      for (let i = this.low[p]; i <= this.high[p]; i++) {
        if (this.parts[p][i] !== 0) {
          return false;
        }
      }
    }
    return true;
  }

  private add(part: number, place: number, amount: number): void {
    this.parts[part][place] += amount;
    this.reach(part, place, place);
  }

  private reach(part: number, from: number, to: number): void {
    if (from < this.low[part]) {
      this.low[part] = from;
    }
    if (to > this.high[part]) {
      this.high[part] = to;
    }
  }

  /** Adds a deployment, or with −1 takes it away. @param only - how much of it */
  addRow(
    row: RollupRow,
    sign: number,
    only: 'counts' | 'lead' | 'stages' | 'all' = 'all',
  ): void {
    if (only === 'all' || only === 'stages') {
      this.addStages(row, sign);
    }
    if (only === 'stages') {
      return;
    }
    this.add(COMBINATIONS_PART, combinationOf(row), sign);
    if (row.kind === 'change' && this.cell) {
      const since = row.finishedAt - this.cell.phase;
      this.add(
        QUARTERS_PART,
        Math.floor(since / QUARTER) % this.quarters.length,
        sign,
      );
    }
    this.add(SCALARS_PART, FIRST, sign * Number(row.first));
    this.add(SCALARS_PART, UNKNOWN_HISTORY, sign * Number(row.unknownHistory));
    this.add(SCALARS_PART, SAMPLE, sign * Number(row.sample));
    for (let i = 0; i < EXCLUDED.length; i++) {
      this.add(
        SCALARS_PART,
        EXCLUDED_CHANGES + i,
        sign * row.excludedChanges[i],
      );
    }
    const n = row.leadSeconds.length;
    if (n > 0) {
      this.add(SCALARS_PART, GROUPS, sign);
      this.add(SCALARS_PART, SQUARES, sign * n * n);
      for (let j = 0; j < n; j++) {
        const bucket = bucketOf(row.leadSeconds[j]);
        this.add(LEAD_PART, bucket, sign);
        this.add(SPREAD_PART, bucket, sign * (2 * j + 1 - n));
      }
    }
    if (
      row.kind === 'change' &&
      row.failureData &&
      row.failed &&
      row.recoverySeconds !== undefined
    ) {
      this.add(RECOVERY_PART, bucketOf(row.recoverySeconds), sign);
    }
  }

  private addStages(row: RollupRow, sign: number): void {
    for (const seconds of row.leadSeconds) {
      this.add(SUMS_PART, 0, sign * milliseconds(seconds));
    }
    for (let stage = 0; stage < this.stages.length; stage++) {
      for (const seconds of row.stageSeconds[stage]) {
        this.add(SUMS_PART + 1 + stage, bucketOf(seconds), sign);
        this.add(SUMS_PART, 1 + stage, sign * milliseconds(seconds));
      }
    }
  }

  /** Adds what another sketch has of counts and lead times. */
  addLead(other: RollupSketch): void {
    for (const part of [
      COMBINATIONS_PART,
      SCALARS_PART,
      LEAD_PART,
      SPREAD_PART,
      RECOVERY_PART,
    ]) {
      const low = other.low[part];
      const high = other.high[part];
      for (let i = low; i <= high; i++) {
        this.parts[part][i] += other.parts[part][i];
      }
      this.reach(part, low, high);
    }
  }

  /** Adds a stored sketch, or with −1 takes it away. @param only - how much of it */
  addEncoded(
    encoded: EncodedSketch,
    sign: number,
    only: 'counts' | 'lead' | 'stages' | 'all' = 'all',
  ): void {
    if (only === 'stages') {
      this.addParts(encoded.stages, SUMS_PART, this.parts.length, sign);
      return;
    }
    this.addParts(
      encoded.counts,
      COMBINATIONS_PART,
      this.cell ? LEAD_PART : QUARTERS_PART,
      sign,
    );
    if (only !== 'counts') {
      this.addParts(encoded.lead, LEAD_PART, SUMS_PART, sign);
    }
    if (only === 'all') {
      this.addParts(encoded.stages, SUMS_PART, this.parts.length, sign);
    }
  }

  /** Reads what `encodeParts` wrote. Written out, because every answer about many services spends most of its time here. */
  private addParts(
    bytes: Uint8Array,
    first: number,
    end: number,
    sign: number,
  ): void {
    let at = 0;
    const read = () => {
      let byte = bytes[at++];
      if (byte < 0x80) {
        return byte;
      }
      let number = byte - 0x80;
      let scale = 0x80;
      do {
        byte = bytes[at++];
        number += (byte & 0x7f) * scale;
        scale *= 0x80;
      } while (byte >= 0x80);
      return number;
    };
    for (let p = first; p < end; p++) {
      const values = this.parts[p];
      // Positions and how many there are, are never below 0: half of what is written.
      const filled = read() / 2;
      let position = 0;
      for (let k = 0; k < filled; k++) {
        position += read() / 2;
        if (k === 0) {
          this.reach(p, position, position);
        }
        const zigzag = read();
        values[position] +=
          sign * (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
      }
      if (filled > 0) {
        this.reach(p, position, position);
      }
    }
  }

  encode(): EncodedSketch {
    return {
      counts: this.encodeParts(COMBINATIONS_PART, LEAD_PART),
      lead: this.encodeParts(LEAD_PART, SUMS_PART),
      stages: this.encodeParts(SUMS_PART, this.parts.length),
    };
  }

  /** For each list how many numbers are not 0; then each with its distance from the one before. */
  private encodeParts(first: number, end: number): Uint8Array {
    for (let p = first; p < end; p++) {
      const values = this.parts[p];
      let filled = 0;
      for (let i = this.low[p]; i <= this.high[p]; i++) {
        if (values[i] !== 0) {
          filledPlaces[filled++] = i;
        }
      }
      writer.write(filled);
      let last = 0;
      for (let k = 0; k < filled; k++) {
        const place = filledPlaces[k];
        writer.write(place - last);
        writer.write(values[place]);
        last = place;
      }
    }
    return writer.take();
  }

  /** Deployments of some sort. */
  count(filter: DeploymentFilter): number {
    return this.countWhere(
      (kind, failed, failureData, rework) =>
        (filter.kind === undefined || filter.kind === kind) &&
        (filter.failed === undefined || filter.failed === failed) &&
        (filter.failureData === undefined ||
          filter.failureData === failureData) &&
        (filter.rework === undefined || filter.rework === rework),
    );
  }

  private countWhere(
    applies: (
      kind: DeploymentKind,
      failed: boolean,
      failureData: boolean,
      rework: boolean,
      releaseTag: boolean,
    ) => boolean,
  ): number {
    let sum = 0;
    for (let i = 0; i < COMBINATIONS; i++) {
      const bit = (mask: number) => (i & mask) !== 0;
      if (applies(KINDS[i >> 4], bit(1), bit(2), bit(4), bit(8))) {
        sum += this.combinations[i];
      }
    }
    return sum;
  }

  /** Changes per bucket of lead time, as far as there are any. */
  get leadBuckets(): Map<number, number> {
    const counts = new Map<number, number>();
    this.lead.forEach((count, bucket) => {
      if (count !== 0) {
        counts.set(bucket, count);
      }
    });
    return counts;
  }

  summary(options: { stages: boolean }): Summary {
    const covered = this.count({ kind: 'change', failureData: true });
    return {
      deployments: this.count({ kind: 'change' }),
      covered,
      failed: this.count({ kind: 'change', failureData: true, failed: true }),
      recovery: independentOfBuckets(this.recovery),
      reworkBase: covered + this.count({ kind: 'rollback', failureData: true }),
      rework: this.countWhere(
        (kind, _failed, failureData, rework) =>
          kind !== 'redeploy' && failureData && rework,
      ),
      lead: groupedOfBuckets(this.lead, this.spread, {
        groups: this.scalars[GROUPS],
        squares: this.scalars[SQUARES],
      }),
      ...(options.stages && {
        stages: this.stages.map((counts, stage) => ({
          ...distributionOfBuckets(counts),
          sum: this.sums[1 + stage] / 1_000,
        })),
      }),
      leadSum: this.sums[0] / 1_000,
      excluded: this.exclusions(),
      sample: this.scalars[SAMPLE] > 0,
    };
  }

  private exclusions(): Exclusion[] {
    const exclusion = (
      reason: ExclusionReason,
      changes: number,
      deployments: number,
    ) => ({ reason, changes, deployments, incidents: 0 });
    return [
      ...EXCLUDED.map((reason, i) =>
        exclusion(
          reason,
          this.scalars[EXCLUDED_CHANGES + i],
          reason === 'first_deployment' ? this.scalars[FIRST] : 0,
        ),
      ),
      exclusion('unknown_history', 0, this.scalars[UNKNOWN_HISTORY]),
      exclusion(
        'release_backfill',
        0,
        this.countWhere(
          (kind, _failed, _failureData, _rework, releaseTag) =>
            kind !== 'redeploy' && releaseTag,
        ),
      ),
      exclusion(
        'no_failure_data',
        0,
        this.countWhere(
          (kind, _failed, failureData, _rework, releaseTag) =>
            kind !== 'redeploy' && !releaseTag && !failureData,
        ),
      ),
    ].filter(({ changes, deployments }) => changes + deployments > 0);
  }
}

/**
 * Counts `change` deployments per quarter-hour.
 *
 * @param counts - of a stored sketch of a cell
 * @param add - takes the number of the quarter-hour within the cell, and how many
 */
export function changesByQuarter(
  counts: Uint8Array,
  add: (quarter: number, changes: number) => void,
): void {
  const reader = new ByteReader(counts);
  readSparse(reader, () => {});
  readSparse(reader, () => {});
  readSparse(reader, add);
}

function readSparse(
  reader: ByteReader,
  take: (position: number, value: number) => void,
): void {
  const filled = reader.read();
  let position = 0;
  for (let k = 0; k < filled; k++) {
    position += reader.read();
    take(position, reader.read());
  }
}
