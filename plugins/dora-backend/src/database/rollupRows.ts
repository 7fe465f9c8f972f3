import { RollupRow } from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { KIND_OF_CODE } from './codes';
import { query } from './query';

/** Everything the rollups count about one deployment, as columns; the same in `rollup_delta` and selected from facts. */
const COLUMNS = `service_id, tier_id, environment_id, finished_at, kind, failed,
  rework, failure_data, first, unknown_history, release_tag, sample,
  recovery_seconds, lead, stage_1, stage_2, stage_3, stage_4, stage_5,
  excluded_first, excluded_negative, excluded_bot`;

const OF_DEPLOYMENT = `deployment.service_id, deployment.tier_id,
  deployment.environment_id, deployment.finished_at, deployment.kind,
  deployment.failed, deployment.rework, deployment.failure_data,
  deployment.first, deployment.unknown_history, deployment.release_tag,
  deployment.sample, deployment.recovery_seconds, delivered.*`;

const stage = (number: number) =>
  `array_agg(stage_${number}) FILTER (WHERE excluded = 0 AND stage_${number} IS NOT NULL) AS stage_${number}`;

const DELIVERED = `CROSS JOIN LATERAL (
  SELECT array_agg(lead_seconds ORDER BY lead_seconds) FILTER (WHERE excluded = 0) AS lead,
    ${[1, 2, 3, 4, 5].map(stage).join(', ')},
    count(*) FILTER (WHERE excluded = 1) AS excluded_first,
    count(*) FILTER (WHERE excluded = 2) AS excluded_negative,
    count(*) FILTER (WHERE excluded = 3) AS excluded_bot
  FROM change WHERE change.deployment_id = deployment.id
) AS delivered`;

const asText = (column: string) => `${column}::text AS ${column}`;
/** Arrays as text: taking them apart here is many times faster than in the driver. */
const READ_COLUMNS = COLUMNS.replace(/lead|stage_\d/g, asText);

/** A statement that reads the rollup rows of deployments. @param from - what to select from, `deployment` among it */
export function rollupRowsOfDeployments(from: string): string {
  return `SELECT ${READ_COLUMNS} FROM (
    SELECT ${OF_DEPLOYMENT} FROM ${from} ${DELIVERED}) AS counted`;
}

/** The same without what is counted about changes and recovery: enough to count deployments, and read from an index alone. */
export function countedRowsOfDeployments(from: string): string {
  return `SELECT deployment.service_id, deployment.tier_id,
      deployment.environment_id, deployment.finished_at, deployment.kind,
      deployment.failed, deployment.rework, deployment.failure_data,
      false AS first, false AS unknown_history, false AS release_tag, false AS sample,
      NULL AS recovery_seconds, NULL AS lead, NULL AS stage_1, NULL AS stage_2,
      NULL AS stage_3, NULL AS stage_4, NULL AS stage_5, 0 AS excluded_first,
      0 AS excluded_negative, 0 AS excluded_bot
    FROM ${from}`;
}

/** A statement part that reads rollup rows of what is not folded in yet. */
export const ROLLUP_ROWS_OF_DELTAS = `SELECT id, sign, ${READ_COLUMNS} FROM rollup_delta`;

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
       AND deployment.key = given.key
     ${DELIVERED}`,
    [
      deployments.map(({ serviceId }) => serviceId),
      deployments.map(({ key }) => key),
    ],
  );
}

/** Tells the rollups of deployments that were written in bulk, by their ids in the database. */
export async function logRollupsBetween(
  db: Knex,
  firstId: number,
  lastId: number,
): Promise<void> {
  await query(
    db,
    `INSERT INTO rollup_delta (sign, ${COLUMNS})
     SELECT 1, ${OF_DEPLOYMENT} FROM deployment ${DELIVERED}
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
  lead: string | null;
  stage_1: string | null;
  stage_2: string | null;
  stage_3: string | null;
  stage_4: string | null;
  stage_5: string | null;
  excluded_first: string | number;
  excluded_negative: string | number;
  excluded_bot: string | number;
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
    leadSeconds: numbers(row.lead),
    stageSeconds: [
      row.stage_1,
      row.stage_2,
      row.stage_3,
      row.stage_4,
      row.stage_5,
    ].map(numbers),
    excludedChanges: [
      Number(row.excluded_first),
      Number(row.excluded_negative),
      Number(row.excluded_bot),
    ],
  };
}

const NONE: number[] = [];

/** Numbers of an array as PostgreSQL writes it, `{1,2.5}`. */
function numbers(text: string | null): number[] {
  return text === null ? NONE : text.slice(1, -1).split(',').map(Number);
}
