import { SubscriptionKind } from '@pavedroad/plugin-dora-common';

/** What each kind of notification is, for somebody who decides whether to have it. */
export const KIND_WORDS: Record<
  SubscriptionKind,
  { title: string; when: string }
> = {
  weekly_digest: {
    title: 'Weekly digest',
    when: 'Mondays at 08:00: the five figures of the week before, and what changed.',
  },
  change_beyond_chance: {
    title: 'Changes beyond chance',
    when: 'When a figure of the last 28 days differs from the 28 before by more than chance explains.',
  },
  failed_deployment: {
    title: 'Failed deployments',
    when: 'When a failure is put down to a deployment. For the group that owns the service, whoever is on call is told too.',
  },
};
