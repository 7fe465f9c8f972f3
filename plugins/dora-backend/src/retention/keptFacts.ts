import { ServiceFacts } from '@pavedroad/plugin-dora-common';

/**
 * The facts that are kept when history before a moment is not: deployments and attempts that finished, and incidents that
 * opened, from then on; with them what failures of kept deployments refer to. They say the same as before, because they are
 * derived from all events. Pure.
 *
 * @param from - epoch milliseconds; undefined: everything is kept
 */
export function keptFacts(
  facts: ServiceFacts,
  from: number | undefined,
): ServiceFacts {
  if (from === undefined) {
    return facts;
  }
  const deployments = facts.deployments.filter(
    ({ finishedAt }) => finishedAt >= from,
  );
  if (
    deployments.length === facts.deployments.length &&
    facts.attempts.every(({ finishedAt }) => isKept(finishedAt, from)) &&
    facts.incidents.every(({ openedAt }) => openedAt >= from)
  ) {
    return facts;
  }
  const rows = new Set(deployments.map(({ id }) => id));
  const attempts = facts.attempts.filter(({ finishedAt }) =>
    isKept(finishedAt, from),
  );
  const attempted = new Set(attempts.map(({ id }) => id));
  const incidents = facts.incidents.filter(
    ({ openedAt, blamed }) =>
      openedAt >= from || (blamed !== undefined && attempted.has(blamed)),
  );
  const opened = new Set(incidents.map(({ id }) => id));
  return {
    ...facts,
    attempts,
    deployments,
    changes: facts.changes.filter(({ deploymentId }) => rows.has(deploymentId)),
    incidents,
    attributions: facts.attributions.filter(
      ({ cause, blamed }) =>
        (blamed !== undefined && attempted.has(blamed)) ||
        (cause.kind === 'incident'
          ? opened.has(cause.id)
          : attempted.has(cause.id.split(':')[0])),
    ),
  };
}

/** An attempt that has not finished may yet. */
function isKept(finishedAt: string | undefined, from: number): boolean {
  return finishedAt === undefined || Date.parse(finishedAt) >= from;
}
