import {
  eachChangeTime,
  RollupRow,
  STAGES,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { KIND_OF_CODE } from './codes';
import { CHANGE_TIMES, viewOf } from './factBytes';
import { query } from './query';

/** Everything the rollups count about one deployment, as columns; the same in `rollup_delta` and selected from facts. */
const COLUMNS = `service_id, tier_id, environment_id, finished_at, kind, failed,
  rework, failure_data, first, unknown_history, release_tag, sample,
  recovery_seconds, change_times`;

const OF_DEPLOYMENT = `deployment.service_id, deployment.tier_id,
  deployment.environment_id, deployment.finished_at, deployment.kind,
  deployment.failed, deployment.rework, deployment.failure_data,
  deployment.first, deployment.unknown_history, deployment.release_tag,
  deployment.sample, deployment.recovery_seconds, ${CHANGE_TIMES} AS change_times`;

/** A statement that reads the rollup rows of deployments. @param from - what to select from, `deployment` among it */
export function rollupRowsOfDeployments(from: string): string {
  return `SELECT ${OF_DEPLOYMENT} FROM ${from}`;
}

/** The same without what is counted about changes and recovery: enough to count deployments, and read from an index alone. */
export function countedRowsOfDeployments(from: string): string {
  return `SELECT deployment.service_id, deployment.tier_id,
      deployment.environment_id, deployment.finished_at, deployment.kind,
      deployment.failed, deployment.rework, deployment.failure_data,
      false AS first, false AS unknown_history, false AS release_tag, false AS sample,
      NULL AS recovery_seconds, NULL AS change_times
    FROM ${from}`;
}

/** A statement part that reads rollup rows of what is not folded in yet. */
export const ROLLUP_ROWS_OF_DELTAS = `SELECT id, sign, ${COLUMNS} FROM rollup_delta`;

/**
 * Tells the rollups that deployments are about to go (-1), before they and their changes are deleted or overwritten, or
 * that they are there (1), after they and their changes are written. Once each for every deployment that is written,
 * in the same transaction: then the rollups are right whenever the facts are.
 */
export async function logRollups(
  tx: Knex,
  sign: 1 | -1,
  deployments: { serviceId: number; key: string }[],
): Promise<void> {
  if (deployments.length === 0) {
    return;
  }
  await query(
    tx,
    `INSERT INTO rollup_delta (sign, ${COLUMNS})
     SELECT ${sign}, ${OF_DEPLOYMENT}
     FROM unnest(?::integer[], ?::text[]) AS given (service_id, key)
     JOIN deployment ON deployment.service_id = given.service_id
       AND deployment.key = given.key`,
    [
      deployments.map(({ serviceId }) => serviceId),
      deployments.map(({ key }) => key),
    ],
  );
}

/** The part of a statement that tells the rollups of deployments that are there now: those that its part `written` wrote. */
export const LOG_WRITTEN = `INSERT INTO rollup_delta (sign, ${COLUMNS})
  SELECT 1, ${COLUMNS.replace(
    'change_times',
    'coalesce(change_times, many_change_times)',
  )} FROM written`;

/** Tells the rollups of deployments that were written in bulk, by their ids in the database. */
export async function logRollupsBetween(
  db: Knex,
  firstId: number,
  lastId: number,
): Promise<void> {
  await query(
    db,
    `INSERT INTO rollup_delta (sign, ${COLUMNS})
     SELECT 1, ${OF_DEPLOYMENT} FROM deployment
     WHERE deployment.id BETWEEN ? AND ? ORDER BY deployment.id`,
    [firstId, lastId],
  );
}

/** A rollup row as the database answers it. */
export interface StoredRollupRow {
  service_id: number;
  tier_id: number | null;
  environment_id: number | null;
  finished_at: string;
  kind: number;
  failed: boolean;
  rework: boolean;
  failure_data: boolean;
  first: boolean;
  unknown_history: boolean;
  release_tag: boolean;
  sample: boolean;
  recovery_seconds: number | null;
  /** See `packChangeTimes`; NULL when only deployments are counted. */
  change_times: Buffer | null;
}

export function rollupRow(row: StoredRollupRow): RollupRow {
  return {
    finishedAt: Number(row.finished_at),
    kind: KIND_OF_CODE.get(row.kind)!,
    failed: row.failed,
    rework: row.rework,
    failureData: row.failure_data,
    first: row.first,
    unknownHistory: row.unknown_history,
    releaseTag: row.release_tag,
    sample: row.sample,
    recoverySeconds: row.recovery_seconds ?? undefined,
    ...countedChanges(row.change_times),
  };
}

type CountedChanges = Pick<
  RollupRow,
  'leadSeconds' | 'stageSeconds' | 'excludedChanges'
>;

const NONE: CountedChanges = {
  leadSeconds: [],
  stageSeconds: Array.from({ length: STAGES }, () => []),
  excludedChanges: [0, 0, 0],
};

function countedChanges(times: Buffer | null): CountedChanges {
  if (times === null || times.length === 1) {
    return NONE;
  }
  const leadSeconds: number[] = [];
  const stageSeconds: number[][] = Array.from({ length: STAGES }, () => []);
  const excludedChanges: [number, number, number] = [0, 0, 0];
  eachChangeTime(viewOf(times), (lead, stages, exclusion) => {
    if (exclusion !== 0) {
      excludedChanges[exclusion - 1]++;
      return;
    }
    leadSeconds.push(lead);
    for (let stage = 0; stage < STAGES; stage++) {
      if (!Number.isNaN(stages[stage])) {
        stageSeconds[stage].push(stages[stage]);
      }
    }
  });
  return { leadSeconds, stageSeconds, excludedChanges };
}
