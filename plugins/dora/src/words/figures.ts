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
  /** Against the period before. */
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

/** How a number is read against the period before: which way is longer, more or higher, without judging. */
function comparison(
  name: MetricName,
  { metrics, comparison: { metrics: before, verdicts } }: MetricsResponse,
): string {
  const verdict: Verdict = verdicts[name];
  const numbers = (m: Metrics): [number | undefined, string] => {
    switch (name) {
      case 'changeLeadTime':
      case 'failedDeploymentRecoveryTime': {
        const seconds = m[name].p50Seconds;
        return [
          seconds,
          seconds === undefined ? '' : formatDurationSeconds(seconds),
        ];
      }
      case 'deploymentFrequency': {
        const { perDay, deployments } = m.deploymentFrequency;
        return [
          perDay,
          perDay === undefined || deployments === undefined
            ? ''
            : `${formatPlural(deployments, 'deployment')}`,
        ];
      }
      default: {
        const { rate } = m[name];
        return [rate, rate === undefined ? '' : formatPercent(rate)];
      }
    }
  };
  const [now] = numbers(metrics);
  const [was, wasText] = numbers(before);
  const previously = wasText ? ` It was ${wasText} in the period before.` : '';
  if (verdict === 'insufficient_data') {
    return `Not enough data to compare with the period before.${previously}`;
  }
  if (verdict === 'no_evidence_of_change') {
    return `No evidence of change.${previously}`;
  }
  const rose = now !== undefined && was !== undefined && now > was;
  const words: Record<MetricName, [string, string]> = {
    changeLeadTime: ['longer', 'shorter'],
    failedDeploymentRecoveryTime: ['longer', 'shorter'],
    deploymentFrequency: ['more often', 'less often'],
    changeFailRate: ['higher', 'lower'],
    deploymentReworkRate: ['higher', 'lower'],
  };
  return `Changed beyond chance: ${words[name][rose ? 0 : 1]}.${previously}`;
}

/** The five figures in words, in the order in which they are shown. */
export function figureWords(
  name: MetricName,
  response: MetricsResponse,
): FigureWords {
  const words = {
    title: METRIC_TITLES[name],
    comparison: comparison(name, response),
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
