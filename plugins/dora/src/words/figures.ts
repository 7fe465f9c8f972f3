import {
  ConfidenceInterval,
  Metrics,
  MetricName,
  MetricsResponse,
  MetricStatus,
  StageName,
  StageSummary,
  Verdict,
} from '@pavedroad/plugin-dora-common';
import {
  formatCount,
  formatDurationSeconds,
  formatPercent,
  formatPlural,
  formatRate,
} from '@pavedroad/portal-ui';
import { Against, PERIOD_BEFORE } from './against';

/** One figure in words. */
export interface FigureWords {
  title: string;
  status: MetricStatus;
  /** The answer, as a sentence. */
  answer: string;
  /** The number by itself, for a table or a reader who scans. Absent without data. */
  value?: string;
  /** What the number rests on. */
  facts: string[];
  /** Against another period or scope. */
  comparison: string;
}

export const METRIC_NAMES = [
  'changeLeadTime',
  'deploymentFrequency',
  'changeFailRate',
  'failedDeploymentRecoveryTime',
  'deploymentReworkRate',
] as const satisfies readonly MetricName[];

export const METRIC_TITLES: Record<MetricName, string> = {
  changeLeadTime: 'Change lead time',
  deploymentFrequency: 'Deployment frequency',
  changeFailRate: 'Change fail rate',
  failedDeploymentRecoveryTime: 'Failed deployment recovery time',
  deploymentReworkRate: 'Deployment rework rate',
};

export const STAGE_WORDS: Record<
  StageName,
  { title: string; between: string }
> = {
  commit_to_review: {
    title: 'Commit to review',
    between: 'between the commit and opening its pull request',
  },
  review_to_approval: {
    title: 'Review to approval',
    between: 'between opening the pull request and its last approval',
  },
  approval_to_merge: {
    title: 'Approval to merge',
    between: 'between approval and merge',
  },
  merge_to_build: {
    title: 'Merge to build',
    between: 'between the merge and the finished build',
  },
  build_to_deploy: {
    title: 'Build to deployment',
    between: 'between the build and the finished deployment',
  },
};

/** `42 a day`, `3 a week`, `2 a month`: the rate in the unit in which it can be pictured. */
export function perTime(perDay: number): string {
  const round = (n: number) =>
    n >= 10 ? formatCount(Math.round(n)) : String(Math.round(n * 10) / 10);
  if (perDay >= 1) {
    return `${round(perDay)} a day`;
  }
  return perDay * 7 >= 1
    ? `${round(perDay * 7)} a week`
    : `${round(perDay * 30.44)} a month`;
}

const durationInterval = (interval: ConfidenceInterval | undefined) =>
  interval &&
  `95 % interval: ${formatDurationSeconds(
    interval[0],
  )} to ${formatDurationSeconds(interval[1])}`;
const rateInterval = (interval: ConfidenceInterval | undefined) =>
  interval &&
  `95 % interval: ${formatPercent(interval[0])} to ${formatPercent(
    interval[1],
  )}`;

const known = (facts: (string | undefined)[]) =>
  facts.filter((fact): fact is string => fact !== undefined);

/** One metric of one side of a comparison: its number, and the words for it. */
export function sideOf(
  name: MetricName,
  metrics: Metrics,
): { value?: number; text?: string } {
  switch (name) {
    case 'changeLeadTime':
    case 'failedDeploymentRecoveryTime': {
      const value = metrics[name].p50Seconds;
      return value === undefined
        ? {}
        : { value, text: formatDurationSeconds(value) };
    }
    case 'deploymentFrequency': {
      const { perDay, deployments } = metrics.deploymentFrequency;
      return perDay === undefined || deployments === undefined
        ? {}
        : {
            value: perDay,
            text:
              deployments === 0
                ? formatPlural(0, 'deployment')
                : `${formatPlural(deployments, 'deployment')} (${perTime(
                    perDay,
                  )})`,
          };
    }
    default: {
      const { rate } = metrics[name];
      return rate === undefined
        ? {}
        : { value: rate, text: formatPercent(rate) };
    }
  }
}

const DIRECTIONS: Record<MetricName, [string, string]> = {
  changeLeadTime: ['longer', 'shorter'],
  failedDeploymentRecoveryTime: ['longer', 'shorter'],
  deploymentFrequency: ['more often', 'less often'],
  changeFailRate: ['higher', 'lower'],
  deploymentReworkRate: ['higher', 'lower'],
};

/** The verdict about two sides in words: which way is longer, more or higher, without judging. */
export function verdictWords(
  name: MetricName,
  { metrics, comparison: { metrics: other, verdicts } }: MetricsResponse,
  against: Against,
): string {
  const verdict: Verdict = verdicts[name];
  if (verdict === 'insufficient_data') {
    return `Not enough data to compare with ${against.name}.`;
  }
  if (verdict === 'no_evidence_of_change') {
    return against.isScope
      ? 'No evidence of a difference.'
      : 'No evidence of change.';
  }
  const [now, was] = [metrics, other].map(side => sideOf(name, side).value);
  const rose = now !== undefined && was !== undefined && now > was;
  const direction = DIRECTIONS[name][rose ? 0 : 1];
  return against.isScope
    ? `Differs beyond chance: ${direction} here.`
    : `Changed beyond chance: ${direction}.`;
}

/** How a number is read against another period or scope. */
function comparison(
  name: MetricName,
  response: MetricsResponse,
  against: Against,
): string {
  const { text } = sideOf(name, response.comparison.metrics);
  const was = against.isScope ? 'is' : 'was';
  return `${verdictWords(name, response, against)}${
    text ? ` It ${was} ${text} ${against.when}.` : ''
  }`;
}

/** The five figures in words, in the order in which they are shown. */
export function figureWords(
  name: MetricName,
  response: MetricsResponse,
  against: Against = PERIOD_BEFORE,
): FigureWords {
  const words = {
    title: METRIC_TITLES[name],
    comparison: comparison(name, response, against),
  };
  const where = response.definition.environment;
  const { metrics } = response;
  switch (name) {
    case 'changeLeadTime': {
      const m = metrics.changeLeadTime;
      if (m.status === 'no_data') {
        return {
          ...words,
          status: m.status,
          answer: `No changes with a known lead time reached ${where} in this period.`,
          facts: [],
        };
      }
      return {
        ...words,
        status: m.status,
        answer: `Half of the changes reached ${where} within ${formatDurationSeconds(
          m.p50Seconds!,
        )}.`,
        value: formatDurationSeconds(m.p50Seconds!),
        facts: known([
          `Median of ${formatPlural(m.changes!, 'change')} in ${formatPlural(
            m.deployments ?? 0,
            'deployment',
          )}`,
          durationInterval(m.p50ConfidenceInterval),
          `Three quarters within ${formatDurationSeconds(
            m.p75Seconds!,
          )}, nine in ten within ${formatDurationSeconds(m.p90Seconds!)}`,
        ]),
      };
    }
    case 'deploymentFrequency': {
      const m = metrics.deploymentFrequency;
      if (m.status === 'no_data') {
        return {
          ...words,
          status: m.status,
          answer: `No deployments to ${where} are known for this period.`,
          facts: [],
        };
      }
      const days = m.medianDeployingDaysPerWeek;
      return {
        ...words,
        status: m.status,
        answer:
          m.deployments === 0
            ? `Nothing was deployed to ${where} in this period.`
            : `${formatPlural(
                m.deployments!,
                'deployment',
              )} brought changes to ${where}, ${perTime(m.perDay!)}.`,
        value: m.deployments === 0 ? '0' : perTime(m.perDay!),
        facts: known([
          days === undefined
            ? 'The period holds no whole week'
            : `Deployed on ${formatPlural(
                days,
                'day',
              )} of a typical week (median of ${formatPlural(
                m.wholeWeeks ?? 0,
                'whole week',
              )})`,
        ]),
      };
    }
    case 'changeFailRate': {
      const m = metrics.changeFailRate;
      return m.status === 'no_data'
        ? {
            ...words,
            status: m.status,
            answer:
              'Not known: no deployments in this period whose failures would be reported.',
            facts: [],
          }
        : {
            ...words,
            status: m.status,
            answer: `${formatRate(
              m.failed!,
              m.deployments!,
            )} of deployments failed in ${where}.`,
            value: formatPercent(m.rate!),
            facts: known([
              `${formatPlural(m.deployments!, 'deployment')} with failure data`,
              rateInterval(m.confidenceInterval),
            ]),
          };
    }
    case 'failedDeploymentRecoveryTime': {
      const m = metrics.failedDeploymentRecoveryTime;
      const open =
        m.unrecovered === undefined || m.unrecovered === 0
          ? undefined
          : `${formatPlural(
              m.unrecovered,
              'failed deployment',
            )} not recovered yet`;
      if (m.p50Seconds === undefined) {
        return {
          ...words,
          status: 'no_data',
          answer:
            m.recovered === undefined
              ? 'Not known: no deployments in this period whose failures would be reported.'
              : open ?? 'No deployment failed in this period.',
          facts: [],
        };
      }
      return {
        ...words,
        status: m.status,
        answer: `Half of the failed deployments were recovered within ${formatDurationSeconds(
          m.p50Seconds,
        )}.`,
        value: formatDurationSeconds(m.p50Seconds),
        facts: known([
          `Median of ${formatPlural(m.recovered ?? 0, 'recovered deployment')}`,
          durationInterval(m.p50ConfidenceInterval),
          open,
        ]),
      };
    }
    default: {
      const m = metrics.deploymentReworkRate;
      return m.status === 'no_data'
        ? {
            ...words,
            status: m.status,
            answer:
              'Not known: no deployments in this period whose failures would be reported.',
            facts: [],
          }
        : {
            ...words,
            status: m.status,
            answer: `${formatRate(
              m.rework!,
              m.deployments!,
            )} of deployments were unplanned repairs.`,
            value: formatPercent(m.rate!),
            facts: known([
              `${formatPlural(
                m.deployments!,
                'deployment',
              )} with failure data, rollbacks included`,
              rateInterval(m.confidenceInterval),
            ]),
          };
    }
  }
}

/** Where most of the lead time goes, as a sentence; undefined when the stages are not known. */
export function bottleneck(
  stages: readonly StageSummary[],
): string | undefined {
  const partly = stages.filter(stage => stage.changes > 0);
  if (partly.length < 2) {
    return undefined;
  }
  const [worst] = [...partly].sort((a, b) => b.shareOfTotal - a.shareOfTotal);
  if (worst.shareOfTotal <= 0) {
    return undefined;
  }
  const share = formatPercent(worst.shareOfTotal);
  return worst.shareOfTotal > 0.5
    ? `Most of the lead time, ${share}, passes ${
        STAGE_WORDS[worst.name].between
      }.`
    : `The largest part of the lead time, ${share}, passes ${
        STAGE_WORDS[worst.name].between
      }.`;
}
