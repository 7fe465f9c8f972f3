import {
  DeploymentFact,
  FailureAttribution,
} from '@pavedroad/plugin-dora-common';
import { StoredSubscription } from './SubscriptionStore';

/** A failed deployment of which nobody was told yet, and all that decides who is. */
export interface FailureCandidate {
  serviceRef: string;
  deployment: DeploymentFact;
  /** The live attributions that blame it. */
  attributions: FailureAttribution[];
}

/** Why nobody is told of a failure, now or ever. */
export type PassReason =
  | 'sample_data'
  | 'release_backfill'
  | 'too_old'
  | 'not_blamed'
  | 'nobody_asked';

export type FailureDecision =
  | { tell: string[]; alsoOnCall: boolean; attribution: FailureAttribution }
  | { pass: PassReason };

/**
 * Whom to tell of a failed deployment: who asked for it before it failed. Where the group that owns the service asked,
 * whoever is on call for it is told too.
 *
 * @param subscriptions - to failed deployments, of scopes that hold the service
 * @param owners - entity refs
 * @param limits.now - epoch milliseconds
 * @param limits.maxAge - milliseconds since the deployment finished, after which nobody is told: what is imported or
 *   replayed is no news
 */
export function decideFailure(
  { deployment, attributions }: FailureCandidate,
  subscriptions: Pick<StoredSubscription, 'subscriber' | 'createdAt'>[],
  owners: readonly string[],
  limits: { now: number; maxAge: number },
): FailureDecision {
  // Of the event, not of the service: what is really deployed to a service of the sample organisation is news.
  if (deployment.sample) {
    return { pass: 'sample_data' };
  }
  if (deployment.origin === 'release_tag') {
    return { pass: 'release_backfill' };
  }
  if (limits.now - deployment.finishedAt > limits.maxAge) {
    return { pass: 'too_old' };
  }
  const [attribution] = attributions
    .filter(({ state }) => state === 'live')
    .sort(
      (a, b) =>
        Date.parse(a.recordedAt) - Date.parse(b.recordedAt) ||
        (a.id < b.id ? -1 : 1),
    );
  if (!attribution) {
    return { pass: 'not_blamed' };
  }
  const asked = subscriptions
    .filter(
      ({ createdAt }) =>
        Date.parse(createdAt) <= Date.parse(attribution.recordedAt),
    )
    .map(({ subscriber }) => subscriber);
  return asked.length === 0
    ? { pass: 'nobody_asked' }
    : {
        tell: [...new Set(asked)].sort(),
        alsoOnCall: asked.some(
          ref => ref.startsWith('group:') && owners.includes(ref),
        ),
        attribution,
      };
}
