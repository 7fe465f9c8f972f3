import { ServiceFacts } from './facts';
import { environmentName } from './derive/environments';
import { ChangeRow, MetricsRows, ServiceRow } from './rows';

/** The part of `ServiceFacts` that the row of a service needs. */
export function serviceRow(facts: ServiceFacts): ServiceRow {
  return {
    ...facts.quality,
    serviceRef: facts.serviceRef,
    connectedSince: facts.connectedSince,
    sample: facts.sample,
  };
}

/**
 * Rows of whole facts for one environment or tier: what a backend selects from its tables, for tests and
 * small scopes. A name that is both means the tier.
 */
export function rowsFromFacts(
  services: readonly ServiceFacts[],
  environment: string,
): MetricsRows {
  const name = environmentName(environment);
  const rows = {
    services: services.map(serviceRow),
    deployments: [] as MetricsRows['deployments'][number][],
    changes: [] as ChangeRow[],
    incidents: [] as MetricsRows['incidents'][number][],
  };
  const isTier = services.some(s => s.environments.some(e => e.tier === name));
  for (const facts of services) {
    const finish = new Map<string, number>();
    for (const d of facts.deployments) {
      if ((isTier ? d.tier : d.environment) !== name) {
        continue;
      }
      finish.set(d.id, d.finishedAt);
      rows.deployments.push({
        id: d.id,
        finishedAt: d.finishedAt,
        kind: d.kind,
        failureData: d.failureData,
        failed: d.failed,
        rework: d.rework,
        origin: d.origin,
        first: d.first,
        unknownHistory: d.historyGap !== undefined,
        recoverySeconds: d.recoverySeconds,
        sample: d.sample,
      });
    }
    for (const c of facts.changes) {
      const finishedAt = finish.get(c.deploymentId);
      if (finishedAt !== undefined) {
        rows.changes.push({
          deploymentId: c.deploymentId,
          finishedAt,
          leadSeconds: c.leadSeconds,
          stages: c.stages,
          excluded: c.excluded,
        });
      }
    }
    const tiers = facts.environments
      .filter(e => (isTier ? e.tier : e.name) === name)
      .map(e => e.tier);
    for (const incident of facts.incidents) {
      if (tiers.includes(incident.tier) || incident.tier === name) {
        rows.incidents.push({
          openedAt: incident.openedAt,
          attributed: incident.blamed !== undefined || incident.noneToBlame,
        });
      }
    }
  }
  return rows;
}
