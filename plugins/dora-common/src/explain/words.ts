import {
  DataQualityCode,
  DeploymentFrequency,
  MetricName,
  Metrics,
  Verdict,
} from '../api';
import { ExclusionReason, StageName } from '../facts';

/*
 * The numbers in words, for those who do not look at a screen: agents, and people who read a notification.
 */

export const METRIC_ORDER = [
  'changeLeadTime',
  'deploymentFrequency',
  'changeFailRate',
  'failedDeploymentRecoveryTime',
  'deploymentReworkRate',
] as const satisfies readonly MetricName[];

export const METRIC_NAMES_IN_WORDS: Record<MetricName, string> = {
  changeLeadTime: 'Change lead time',
  deploymentFrequency: 'Deployment frequency',
  changeFailRate: 'Change fail rate',
  failedDeploymentRecoveryTime: 'Failed deployment recovery time',
  deploymentReworkRate: 'Deployment rework rate',
};

/** Definition version 1, a sentence or two for each metric. */
export const DEFINITIONS_IN_WORDS: Record<MetricName, string> = {
  changeLeadTime:
    'Per change that a deployment brought: from the moment it was committed until the deployment finished. Percentiles over all changes in scope, whoever delivered them.',
  deploymentFrequency:
    'How many deployments brought a new revision; rollouts over several environments count once, redeploys and rollbacks not at all.',
  changeFailRate:
    'Of the deployments that brought a new revision while failures were reported, the share that at least one failure is put down to. A deployment fails at most once, however many incidents it caused.',
  failedDeploymentRecoveryTime:
    'Per failed deployment: from its finish until service was restored, which is when the last of its incidents was resolved or, without one, when the first repair that held finished. Those that are not recovered are counted apart.',
  deploymentReworkRate:
    'Of the deployments and rollbacks while failures were reported, the share that was not planned and made because of an incident in production: rollbacks, hotfixes, reverts, and fixes linked to an incident.',
};

export const STAGES_IN_WORDS: Record<StageName, string> = {
  commit_to_review: 'from commit to opening the pull request',
  review_to_approval: 'from opening the pull request to its last approval',
  approval_to_merge: 'from approval to merge',
  merge_to_build: 'from merge to the finished build',
  build_to_deploy: 'from the build to the finished deployment',
};

export const EXCLUSIONS_IN_WORDS: Record<ExclusionReason, string> = {
  first_deployment:
    'brought by the first deployment of a service, whose history is older than its deployments',
  negative_total_time:
    'committed after the deployment finished, as the source says',
  bot: 'made by a configured bot',
  unknown_history:
    'deployments whose history is unknown or rewritten: which changes they brought cannot be told',
  unattributed_incident: 'incidents that no deployment is known to have caused',
  no_failure_data: 'deployed while failures were not reported',
  release_backfill:
    'known from releases in git alone, which say nothing about failures',
};

/** What is missing behind numbers; codes that are added later stand for themselves. */
export const QUALITY_IN_WORDS: Partial<Record<DataQualityCode, string>> = {
  no_deployments: 'no deployments are known',
  no_incident_source:
    'failures are not reported, so fail rate, recovery and rework leave them out',
  release_tags_only: 'deployments are known from releases in git alone',
  no_commit_history: 'commits are not known',
  unknown_history: 'deployments cannot be placed in the commit history',
  no_pull_requests: 'pull requests are not known',
  no_builds: 'builds are not known',
  clamped_stage_times: 'stage times were out of order and were moved',
  unattributed_incidents: 'incidents are put down to no deployment',
  unmapped_events: 'events lead to no service of the catalog',
  facts_pending: 'the latest events are not counted yet',
  facts_failed: 'the latest events could not be counted',
};

export const VERDICTS_IN_WORDS: Record<Verdict, string> = {
  changed: 'changed by more than chance explains',
  no_evidence_of_change: 'no evidence of a change',
  insufficient_data: 'not enough data to say whether it changed',
};

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A duration in two units at most: `2 h 14 min`, `38 s`. @param seconds - rounded to the smaller unit shown */
export function durationInWords(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 && size >= 0.5 ? '−' : '';
  const unitOf = (value: number) => {
    const found = UNITS.findIndex(([, length]) => value >= length);
    return found < 0 ? UNITS.length - 1 : found;
  };
  const smaller = Math.min(unitOf(size) + 1, UNITS.length - 1);
  const rounded = Math.round(size / UNITS[smaller][1]) * UNITS[smaller][1];
  const unit = unitOf(rounded);
  const [name, length] = UNITS[unit];
  const whole = Math.floor(rounded / length);
  const next = UNITS[unit + 1];
  const rest = next ? Math.floor((rounded - whole * length) / next[1]) : 0;
  return `${sign}${whole} ${name}${rest > 0 ? ` ${rest} ${next[0]}` : ''}`;
}

/** `7.1 %`, `25 %`: a decimal only below ten. @param rate - 0–1 */
export function percentInWords(rate: number): string {
  const percent = rate * 100;
  return `${
    percent > 0 && percent < 10
      ? String(Math.round(percent * 10) / 10)
      : Math.round(percent)
  } %`;
}

/** `1 change`, `12,345 changes`. */
export function countInWords(
  count: number,
  singular: string,
  plural = `${singular}s`,
): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? singular : plural}`;
}

function rateInWords(hits: number, of: number): string {
  return `${hits.toLocaleString('en-US')} of ${of.toLocaleString(
    'en-US',
  )}, ${percentInWords(hits / of)}`;
}

function frequencyInWords(frequency: DeploymentFrequency): string {
  const { deployments = 0, perDay = 0 } = frequency;
  const round = (value: number) =>
    String(value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
  const pace =
    perDay >= 1 ? `${round(perDay)} a day` : `${round(perDay * 7)} a week`;
  return `${countInWords(deployments, 'deployment')}, ${pace}`;
}

/** A metric as one phrase, such as `3 of 42, 7.1 %`; undefined without data. */
export function figureInWords(
  name: MetricName,
  metrics: Metrics,
): string | undefined {
  if (name === 'deploymentFrequency') {
    const frequency = metrics.deploymentFrequency;
    return frequency.deployments === undefined
      ? undefined
      : frequencyInWords(frequency);
  }
  if (name === 'changeLeadTime' || name === 'failedDeploymentRecoveryTime') {
    const { p50Seconds } = metrics[name];
    return p50Seconds === undefined
      ? undefined
      : `${durationInWords(p50Seconds)} in the median`;
  }
  const { deployments } = metrics[name];
  const hits =
    name === 'changeFailRate'
      ? metrics.changeFailRate.failed
      : metrics.deploymentReworkRate.rework;
  return hits === undefined || !deployments
    ? undefined
    : rateInWords(hits, deployments);
}

/** The number that is compared: seconds, deployments a day, or a share from 0 to 1. */
export function figureOf(
  name: MetricName,
  metrics: Metrics,
): number | undefined {
  switch (name) {
    case 'deploymentFrequency':
      return metrics.deploymentFrequency.perDay;
    case 'changeLeadTime':
    case 'failedDeploymentRecoveryTime':
      return metrics[name].p50Seconds;
    default:
      return metrics[name].rate;
  }
}

/** Whether a larger number is the worse one. */
export function isLargerWorse(name: MetricName): boolean {
  return name !== 'deploymentFrequency';
}
