import { ExclusionReason, MetricName } from '@pavedroad/plugin-dora-common';

/** One metric's definition, in the words of the definitions page. */
export interface DefinitionWords {
  /** What is counted or measured. */
  means: string;
  /** What is left out of it, and said so. */
  leftOut: ExclusionReason[];
  /** How sure the number is. */
  sure: string;
}

const MEDIAN_SURE =
  'The interval holds the true median 19 times out of 20. It is found by drawing deployments again and again, since the commits of one deployment are not independent. Below 6 values it is marked “few values”.';
const RATE_SURE =
  'Wilson’s 95 % interval: it holds the true rate 19 times out of 20. Below 5 deployments it is marked “few values”.';

export const DEFINITIONS: Record<MetricName, DefinitionWords> = {
  changeLeadTime: {
    means:
      'For each change, the time from its commit (committer time of the original commit) to the finish of the deployment that first brought it. Median and percentiles over changes, never an average.',
    leftOut: [
      'first_deployment',
      'negative_total_time',
      'bot',
      'unknown_history',
    ],
    sure: MEDIAN_SURE,
  },
  deploymentFrequency: {
    means:
      'Deployments that brought a change of revision. Repeating a revision and rolling back do not count. A typical week is the median over whole weeks, Monday to Sunday, weeks without deployments included.',
    leftOut: [],
    sure: 'It is a count, so it has no interval. Two counts are compared by the exact binomial test.',
  },
  changeFailRate: {
    means:
      'Of these deployments, the share to which at least one failure in production is attributed. A deployment fails at most once, however many incidents it caused.',
    leftOut: ['no_failure_data', 'release_backfill', 'unattributed_incident'],
    sure: RATE_SURE,
  },
  failedDeploymentRecoveryTime: {
    means:
      'For each failed deployment, the time from its finish until service was restored: its last incident resolved or, without incidents, the first repair that did not itself fail. Deployments not recovered yet are counted apart.',
    leftOut: ['no_failure_data', 'release_backfill', 'unattributed_incident'],
    sure: MEDIAN_SURE,
  },
  deploymentReworkRate: {
    means:
      'Of these deployments and rollbacks, the share that was unplanned and made because of an incident in production: rollbacks, hotfixes, reverts and fixes linked to an incident.',
    leftOut: ['no_failure_data', 'release_backfill'],
    sure: RATE_SURE,
  },
};

/** What holds for every metric. */
export const COMMON_DEFINITIONS: { title: string; text: string }[] = [
  {
    title: 'Changed or not',
    text: '“Changed” is said only when chance alone would show such a difference less than once in twenty times.',
  },
  {
    title: 'Failures',
    text: 'Counted only from the moment a source reports them. A service without such a source is left out, and never counts as 0 %.',
  },
  {
    title: 'Several regions',
    text: 'Deployments of one revision to several production environments are one, at the first finish; the failure of any of them fails it.',
  },
];
