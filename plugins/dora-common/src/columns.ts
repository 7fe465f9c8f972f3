import { CHANGE_EXCLUSIONS, eachChangeTime, STAGES } from './changeTimes';
import { DeploymentKind } from './facts';
import {
  ChangeRow,
  DeploymentRow,
  IncidentRow,
  MetricsRows,
  ServiceRow,
} from './rows';
import { float64, int32, uint16, uint8 } from './scratch';

/** Kinds of deployments by the number that stands for them where facts are stored. */
const KINDS: readonly (DeploymentKind | undefined)[] = [
  undefined,
  'change',
  'redeploy',
  'rollback',
];

/** What is said about a deployment in one number: the lowest two bits are its kind (1 change, 2 redeploy, 3 rollback). */
export const DEPLOYMENT_FLAGS = {
  kind: 3,
  failed: 4,
  rework: 8,
  failureData: 16,
  first: 32,
  unknownHistory: 64,
  releaseTag: 128,
  sample: 256,
} as const;

/** The flags of {@link DEPLOYMENT_FLAGS}. */
export function flagsOf(row: DeploymentRow): number {
  return (
    KINDS.indexOf(row.kind) +
    Number(row.failed) * DEPLOYMENT_FLAGS.failed +
    Number(row.rework) * DEPLOYMENT_FLAGS.rework +
    Number(row.failureData) * DEPLOYMENT_FLAGS.failureData +
    Number(row.first) * DEPLOYMENT_FLAGS.first +
    Number(row.unknownHistory) * DEPLOYMENT_FLAGS.unknownHistory +
    Number(row.origin === 'release_tag') * DEPLOYMENT_FLAGS.releaseTag +
    Number(row.sample) * DEPLOYMENT_FLAGS.sample
  );
}

/**
 * Deployments and their changes column by column: thousands of them without an object each. In the order of their finish, and of
 * their id where two finish at once, so that any span of time is a stretch of every column.
 */
export interface DeploymentColumns {
  count: number;
  /** Epoch milliseconds, ascending. */
  finishedAt: Float64Array;
  /** See {@link DEPLOYMENT_FLAGS}. */
  flags: Uint16Array;
  /** Seconds; NaN where there is none. */
  recovery: Float64Array;
  /** Where the changes of each deployment begin; one more than there are deployments. */
  firstChange: Int32Array;
  /** Seconds, per change. */
  lead: Float64Array;
  /** Seconds, five per change; NaN where a stage is not known. */
  stages: Float64Array;
  /** Place in `CHANGE_EXCLUSIONS`, per change; 0 counts. */
  exclusion: Uint8Array;
}

/** What metrics are computed from: those of `MetricsRows`, with deployments and changes column by column. */
export interface MetricsColumns {
  services: readonly ServiceRow[];
  deployments: DeploymentColumns;
  incidents: readonly IncidentRow[];
}

/** Collects deployments in any order, and answers them as columns. */
export class ColumnsBuilder {
  private count = 0;
  private changes = 0;
  private sorted = true;
  private finishedAt = float64(64);
  private order = float64(64);
  private flags = uint16(64);
  private recovery = float64(64);
  private firstChange = int32(65);
  private lead = float64(256);
  private stages = float64(256 * STAGES);
  private exclusion = uint8(256);

  /**
   * Makes room for as many more at once. Without it the columns double whenever they are full, and what is thrown away then is what
   * garbage collection waits for.
   */
  expect(deployments: number, changes: number): void {
    if (this.count + deployments > this.finishedAt.length) {
      this.holdDeployments(this.count + deployments);
    }
    if (this.changes + changes > this.lead.length) {
      this.holdChanges(this.changes + changes);
    }
  }

  /**
   * @param order - breaks the tie between deployments that finish at once
   * @param recovery - seconds; NaN where there is none
   */
  addDeployment(
    finishedAt: number,
    order: number,
    flags: number,
    recovery: number,
  ): void {
    const at = this.count++;
    if (at === this.finishedAt.length) {
      this.holdDeployments(2 * at);
    }
    this.finishedAt[at] = finishedAt;
    this.order[at] = order;
    this.flags[at] = flags;
    this.recovery[at] = recovery;
    this.firstChange[at + 1] = this.changes;
    this.sorted = this.sorted && (at === 0 || this.compare(at - 1, at) <= 0);
  }

  /** Of the deployment that was added last. @param stages - NaN where one is not known */
  readonly addChange = (
    lead: number,
    stages: ArrayLike<number>,
    exclusion: number,
  ): void => {
    const at = this.changes++;
    if (at === this.lead.length) {
      this.holdChanges(2 * at);
    }
    this.lead[at] = lead;
    for (let stage = 0; stage < STAGES; stage++) {
      this.stages[at * STAGES + stage] = stages[stage];
    }
    this.exclusion[at] = exclusion;
    this.firstChange[this.count] = this.changes;
  };

  /** What `packChangeTimes` packed, of the deployment that was added last. */
  addChangeTimes(view: DataView, from = 0, to = view.byteLength): void {
    eachChangeTime(view, this.addChange, from, to);
  }

  build(): DeploymentColumns {
    const { count, changes } = this;
    const columns = {
      count,
      finishedAt: this.finishedAt.subarray(0, count),
      flags: this.flags.subarray(0, count),
      recovery: this.recovery.subarray(0, count),
      firstChange: this.firstChange.subarray(0, count + 1),
      lead: this.lead.subarray(0, changes),
      stages: this.stages.subarray(0, changes * STAGES),
      exclusion: this.exclusion.subarray(0, changes),
    };
    return this.sorted ? columns : this.inOrder(columns);
  }

  private holdDeployments(many: number): void {
    this.finishedAt = larger(this.finishedAt, float64(many));
    this.order = larger(this.order, float64(many));
    this.flags = larger(this.flags, uint16(many));
    this.recovery = larger(this.recovery, float64(many));
    this.firstChange = larger(this.firstChange, int32(many + 1));
  }

  private holdChanges(many: number): void {
    this.lead = larger(this.lead, float64(many));
    this.stages = larger(this.stages, float64(many * STAGES));
    this.exclusion = larger(this.exclusion, uint8(many));
  }

  private compare(a: number, b: number): number {
    return (
      this.finishedAt[a] - this.finishedAt[b] || this.order[a] - this.order[b]
    );
  }

  private inOrder(columns: DeploymentColumns): DeploymentColumns {
    const places = Int32Array.from(columns.finishedAt, (_, i) => i).sort(
      (a, b) => this.compare(a, b),
    );
    const built = new ColumnsBuilder();
    for (const place of places) {
      built.addDeployment(
        columns.finishedAt[place],
        this.order[place],
        columns.flags[place],
        columns.recovery[place],
      );
      for (
        let change = columns.firstChange[place];
        change < columns.firstChange[place + 1];
        change++
      ) {
        built.addChange(
          columns.lead[change],
          columns.stages.subarray(change * STAGES, (change + 1) * STAGES),
          columns.exclusion[change],
        );
      }
    }
    return built.build();
  }
}

function larger<T extends Float64Array | Int32Array | Uint16Array | Uint8Array>(
  from: T,
  to: T,
): T {
  to.set(from);
  return to;
}

/** The same as columns. Changes of deployments that are not among the rows are left out. */
export function columnsOfRows(
  deployments: readonly DeploymentRow[],
  changes: readonly ChangeRow[],
): DeploymentColumns {
  const delivered = new Map<string, ChangeRow[]>(
    deployments.map(({ id }) => [id, []]),
  );
  for (const change of changes) {
    delivered.get(change.deploymentId)?.push(change);
  }
  const builder = new ColumnsBuilder();
  [...deployments]
    .sort(
      (a, b) =>
        a.finishedAt - b.finishedAt ||
        Number(a.id > b.id) - Number(a.id < b.id),
    )
    .forEach((row, order) => {
      builder.addDeployment(
        row.finishedAt,
        order,
        flagsOf(row),
        row.recoverySeconds ?? NaN,
      );
      for (const { leadSeconds, stages, excluded } of delivered.get(row.id)!) {
        builder.addChange(
          leadSeconds,
          Array.from({ length: STAGES }, (_, stage) => stages[stage] ?? NaN),
          CHANGE_EXCLUSIONS.indexOf(excluded),
        );
      }
    });
  return builder.build();
}

/** The same as columns. */
export function metricsColumns(rows: MetricsRows): MetricsColumns {
  return {
    services: rows.services,
    deployments: columnsOfRows(rows.deployments, rows.changes),
    incidents: rows.incidents,
  };
}

/** The first deployment that finished at a moment or later; their number when none did. */
export function firstFrom(
  { finishedAt, count }: DeploymentColumns,
  moment: number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (finishedAt[middle] < moment) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
