import { ServiceFacts } from './facts';
import { environmentName, PRODUCTION } from './derive/environments';
import { ChangeRow, MetricsRows, ServiceRow } from './rows';

/**
 * From when on deployments of a service to an environment, or a tier of them, are known. Whoever reports deployments reports those to
 * production, which there may be none of yet. Of any other environment nothing is connected that no source ever named: never, which is
 * infinity.
 *
 * @param name - as {@link environmentName} gives it
 */
export function connectedSinceIn(
  facts: Pick<ServiceFacts, 'connectedSince' | 'environments'>,
  name: string,
  isTier: boolean,
): number | undefined {
  return name === PRODUCTION ||
    facts.environments.some(e => (isTier ? e.tier : e.name) === name)
    ? facts.connectedSince
    : Infinity;
}

/** The part of `ServiceFacts` that the row of a service needs. */
export function serviceRow(
  facts: ServiceFacts,
  name: string,
  isTier: boolean,
): ServiceRow {
  return {
    ...facts.quality,
    serviceRef: facts.serviceRef,
    connectedSince: connectedSinceIn(facts, name, isTier),
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
  const isTier = services.some(s => s.environments.some(e => e.tier === name));
  const rows = {
    services: services.map(facts => serviceRow(facts, name, isTier)),
    deployments: [] as MetricsRows['deployments'][number][],
    changes: [] as ChangeRow[],
    incidents: [] as MetricsRows['incidents'][number][],
  };
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
