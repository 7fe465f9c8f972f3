import {
  CHANGE_EXCLUSIONS,
  DeploymentKind,
  MetricsRows,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { ResolvedScope } from '../database/QueryStore';

const KINDS: DeploymentKind[] = ['change', 'redeploy', 'rollback'];

/**
 * Everything of a scope, row by row from the tables: changes from their own table and not from what deployments keep of them. So that
 * the way figures are read is held against another one.
 */
export async function factRows(
  knex: Knex,
  scope: ResolvedScope,
): Promise<MetricsRows> {
  const column = scope.label?.isTier ? 'tier_id' : 'environment_id';
  const deployments = await knex('deployment')
    .whereIn('service_id', scope.serviceIds)
    .where(column, scope.label?.id ?? 0)
    .orderBy('key');
  const changes = await knex('change')
    .whereIn(
      'deployment_id',
      deployments.map(({ id }) => id),
    )
    .orderBy('commit');
  const incidents = await knex('incident')
    .whereIn('service_id', scope.serviceIds)
    .whereIn('tier_id', scope.tierIds);
  // Ids are numbers, and here are compared as words.
  const named = (id: string) => id.padStart(20, '0');
  const finish = new Map(
    deployments.map(({ id, finished_at: at }) => [id, Number(at)]),
  );
  return {
    services: scope.services,
    deployments: deployments.map(row => ({
      id: named(row.id),
      finishedAt: Number(row.finished_at),
      kind: KINDS[row.kind - 1],
      failureData: row.failure_data,
      failed: row.failed,
      rework: row.rework,
      origin: row.release_tag ? 'release_tag' : 'event',
      first: row.first,
      unknownHistory: row.unknown_history,
      recoverySeconds: row.recovery_seconds ?? undefined,
      sample: row.sample,
    })),
    changes: changes
      .map(row => ({
        deploymentId: named(row.deployment_id),
        finishedAt: finish.get(row.deployment_id)!,
        leadSeconds: row.lead_seconds as number,
        stages: [1, 2, 3, 4, 5].map(
          stage => (row[`stage_${stage}`] as number | null) ?? undefined,
        ),
        excluded: CHANGE_EXCLUSIONS[row.excluded],
      }))
      // The bytes have an order of their own, in which sums are made.
      .sort((a, b) => a.leadSeconds - b.leadSeconds),
    incidents: incidents.map(row => ({
      openedAt: Number(row.opened_at),
      attributed: row.attributed,
    })),
  };
}
