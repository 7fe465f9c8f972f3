import { computeMetrics } from '../computeMetrics';
import { deriveServiceFacts } from '../derive/deriveServiceFacts';
import {
  CommitRecord,
  DeploymentEvent,
  DomainEvent,
  IncidentEvent,
} from '../events';
import { ServiceFactsConfig } from '../facts';
import { rowsFromFacts } from '../rowsFromFacts';

const START = Date.UTC(2026, 0, 5);

/** ISO instant so many hours after Monday 5 January 2026, 00:00 UTC. */
export const hour = (h: number) =>
  new Date(START + h * 3_600_000).toISOString();

export const commit = (
  id: string,
  parents: string,
  h: number,
  more: Partial<CommitRecord> = {},
): CommitRecord => ({
  id,
  parents: parents.split(' ').filter(Boolean),
  committedAt: hour(h),
  ...more,
});

export const commits = (...list: CommitRecord[]): DomainEvent => ({
  type: 'commits',
  repository: 'acme/shop',
  commits: list,
});

export const deploy = (
  deploymentId: string,
  revision: string | undefined,
  h: number,
  more: Partial<DeploymentEvent> = {},
): DeploymentEvent => ({
  type: 'deployment',
  deploymentId,
  revision,
  at: hour(h),
  status: 'succeeded',
  environment: 'production',
  ...more,
});

export const incident = (
  incidentId: string,
  action: IncidentEvent['action'],
  h: number,
  more: Partial<IncidentEvent> = {},
): IncidentEvent => ({
  type: 'incident',
  incidentId,
  action,
  at: hour(h),
  ...more,
});

export const failureData: DomainEvent = {
  type: 'failure_data',
  provides: 'incidents',
  since: hour(-1000),
};

/** A straight line of commits c1 … cn, one per hour from hour 1. */
export const line = (n: number) =>
  commits(
    ...Array.from({ length: n }, (_, i) =>
      commit(`c${i + 1}`, i === 0 ? '' : `c${i}`, i + 1),
    ),
  );

/** Facts by the ids the scenario uses, so that expectations read like the definitions. */
export function story(events: DomainEvent[], config?: ServiceFactsConfig) {
  const facts = deriveServiceFacts({
    serviceRef: 'component:default/shop',
    events,
    config,
  });
  const name = new Map(facts.attempts.map(a => [a.id, a.deploymentId]));
  const nameOf = (id: string | undefined) =>
    id === undefined ? 'none' : name.get(id.replace(/^r/, '')) ?? id;
  const tier = facts.deployments.filter(d => d.tier === 'production');
  const label = (cause: { kind: string; id: string }) =>
    `${cause.kind} ${nameOf(cause.id.split(':')[0])}`;
  return {
    facts,
    kinds: Object.fromEntries(tier.map(d => [nameOf(d.id), d.kind])),
    failed: tier.filter(d => d.failed).map(d => nameOf(d.id)),
    rework: Object.fromEntries(
      tier.filter(d => d.rework).map(d => [nameOf(d.id), d.reworkReason]),
    ),
    recovery: Object.fromEntries(
      tier.filter(d => d.failed).map(d => [nameOf(d.id), d.recoverySeconds]),
    ),
    changes: Object.fromEntries(
      tier.map(d => [
        nameOf(d.id),
        facts.changes
          .filter(c => c.deploymentId === d.id)
          .map(c => c.commit)
          .join(' '),
      ]),
    ),
    live: Object.fromEntries(
      facts.attributions
        .filter(a => a.state === 'live')
        .map(a => [label(a.cause), `${a.method} ${nameOf(a.blamed)}`]),
    ),
    idOf: (deploymentId: string) =>
      facts.attempts.find(a => a.deploymentId === deploymentId)!.id,
    metrics: (
      fromHour = -10_000,
      toHour = 10_000,
      environment = 'production',
    ) =>
      computeMetrics(rowsFromFacts([facts], environment), {
        from: Date.parse(hour(fromHour)),
        to: Date.parse(hour(toHour)),
        compareFrom: Date.parse(hour(2 * fromHour - toHour)),
        compareTo: Date.parse(hour(fromHour)),
        timeZone: 'UTC',
        interval: 'month',
        environment,
      }),
  };
}
