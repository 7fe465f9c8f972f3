import {
  ConfidenceInterval,
  DataQualityNote,
  DeploymentListItem,
  Exclusion,
  MetricName,
  Metrics,
  MetricsResponse,
  MetricStatus,
  Verdict,
} from '../api';
import { LIMIT_GROUPS } from '../statistics';
import { ExclusionReason, StageName } from '../facts';
import {
  countInWords,
  DEFINITIONS_IN_WORDS,
  durationInWords,
  EXCLUSIONS_IN_WORDS,
  figureInWords,
  figureOf,
  METRIC_NAMES_IN_WORDS,
  percentInWords,
  QUALITY_IN_WORDS,
  STAGES_IN_WORDS,
  VERDICTS_IN_WORDS,
} from './words';

/** A filter of `GET /api/dora/deployments` that gives the rows behind a metric. */
export interface RowFilter {
  kind?: 'change';
  outcome?: 'failed';
  failureData?: boolean;
  rework?: boolean;
}

/** Rows behind each metric: for counts and rates its numerator; for times the deployments whose changes or recovery it measures. */
export const ROWS_BEHIND: Record<MetricName, RowFilter> = {
  deploymentFrequency: { kind: 'change' },
  changeLeadTime: { kind: 'change' },
  changeFailRate: { kind: 'change', outcome: 'failed', failureData: true },
  failedDeploymentRecoveryTime: {
    kind: 'change',
    outcome: 'failed',
    failureData: true,
  },
  deploymentReworkRate: { rework: true, failureData: true },
};

const FAILURE_EXCLUSIONS: ExclusionReason[] = [
  'no_failure_data',
  'release_backfill',
  'unattributed_incident',
];
const EXCLUSIONS: Record<MetricName, ExclusionReason[]> = {
  deploymentFrequency: [],
  changeLeadTime: [
    'first_deployment',
    'negative_total_time',
    'bot',
    'unknown_history',
  ],
  changeFailRate: FAILURE_EXCLUSIONS,
  failedDeploymentRecoveryTime: FAILURE_EXCLUSIONS,
  deploymentReworkRate: ['no_failure_data', 'release_backfill'],
};

/** `GET /api/dora/explain`: one number and everything it rests on. Durations are seconds, rates from 0 to 1. */
export interface MetricExplanation {
  metric: MetricName;
  title: string;
  /** The answer in a sentence or two. */
  summary: string;
  scope: MetricsResponse['scope'];
  window: MetricsResponse['window'];
  definition: { version: number; environment: string; text: string };
  sampleData: boolean;
  status: MetricStatus;
  unit: 'seconds' | 'deployments per day' | 'share';
  /** Absent without data. */
  value?: number;
  /** For rates. */
  numerator?: number;
  denominator?: number;
  /** How many values it was computed from, and of what. */
  sample?: { size: number; of: 'changes' | 'deployments' };
  confidenceInterval?: {
    lower: number;
    upper: number;
    level: 0.95;
    method: string;
  };
  /** 0 when exact. */
  maxRelativeError: number;
  comparison: {
    window: { from: string; to: string };
    verdict: Verdict;
    /** How that was decided. */
    test: string;
    value?: number;
    summary: string;
  };
  /** What this metric leaves out, and why. */
  excluded: (Exclusion & { text: string })[];
  dataQuality: (DataQualityNote & { text: string })[];
  /** The stage that takes the largest part of lead time; only of lead time. */
  bottleneck?: {
    stage: StageName;
    text: string;
    /** 0–1. */
    shareOfTotal: number;
    p50Seconds?: number;
  };
  /** The deployments behind it, newest first. */
  rows: {
    filter: RowFilter;
    /** All of them, of which the items are the first. */
    total?: number;
    items: (DeploymentListItem & { link: string })[];
    link: string;
  };
  /** The view of the portal that shows it. */
  link: string;
}

/** Explains one metric of an answer. Links are added by who knows where the portal is. */
export function explainMetric(
  metric: MetricName,
  response: MetricsResponse,
): Omit<MetricExplanation, 'rows' | 'link'> {
  const { metrics, comparison, definition } = response;
  const { status } = metrics[metric];
  const verdict = comparison.verdicts[metric];
  const before = figureOf(metric, comparison.metrics);
  return {
    metric,
    title: METRIC_NAMES_IN_WORDS[metric],
    summary: summaryOf(metric, response),
    scope: response.scope,
    window: response.window,
    definition: { ...definition, text: DEFINITIONS_IN_WORDS[metric] },
    sampleData: response.sampleData,
    status,
    unit: unitOf(metric),
    ...defined('value', figureOf(metric, metrics)),
    ...countsOf(metric, metrics),
    ...intervalOf(metric, metrics),
    maxRelativeError:
      metric === 'changeLeadTime' || metric === 'failedDeploymentRecoveryTime'
        ? metrics[metric].maxRelativeError ?? 0
        : 0,
    comparison: {
      window: comparison.window,
      verdict,
      test: testInWords(metric, metrics, comparison.metrics),
      ...defined('value', before),
      summary: comparisonOf(metric, response),
    },
    excluded: response.excluded
      .filter(({ reason }) => EXCLUSIONS[metric].includes(reason))
      .map(entry => ({ ...entry, text: EXCLUSIONS_IN_WORDS[entry.reason] })),
    dataQuality: response.dataQuality.map(note => ({
      ...note,
      text: qualityInWords(note),
    })),
    ...(metric === 'changeLeadTime' && bottleneckOf(metrics)),
  };
}

/** As of when the numbers are is known of events that wait, and not while all are read anew. */
function qualityInWords({ code, since }: DataQualityNote): string {
  const words = QUALITY_IN_WORDS[code] ?? code;
  return code === 'facts_pending' && since
    ? `${words}: the numbers are as of ${since}`
    : words;
}

function defined<K extends string, V>(name: K, value: V | undefined) {
  return (value === undefined ? {} : { [name]: value }) as Partial<
    Record<K, V>
  >;
}

function unitOf(metric: MetricName): MetricExplanation['unit'] {
  switch (metric) {
    case 'deploymentFrequency':
      return 'deployments per day';
    case 'changeLeadTime':
    case 'failedDeploymentRecoveryTime':
      return 'seconds';
    default:
      return 'share';
  }
}

function countsOf(
  metric: MetricName,
  metrics: Metrics,
): Pick<MetricExplanation, 'numerator' | 'denominator' | 'sample'> {
  switch (metric) {
    case 'deploymentFrequency': {
      const { deployments } = metrics.deploymentFrequency;
      return deployments === undefined
        ? {}
        : { sample: { size: deployments, of: 'deployments' } };
    }
    case 'changeLeadTime': {
      const { changes } = metrics.changeLeadTime;
      return changes === undefined
        ? {}
        : { sample: { size: changes, of: 'changes' } };
    }
    case 'failedDeploymentRecoveryTime': {
      const { recovered, unrecovered } = metrics.failedDeploymentRecoveryTime;
      return recovered === undefined || unrecovered === undefined
        ? {}
        : {
            numerator: recovered,
            denominator: recovered + unrecovered,
            sample: { size: recovered, of: 'deployments' },
          };
    }
    default: {
      const { deployments } = metrics[metric];
      const hits =
        metric === 'changeFailRate'
          ? metrics.changeFailRate.failed
          : metrics.deploymentReworkRate.rework;
      return deployments === undefined || hits === undefined
        ? {}
        : {
            numerator: hits,
            denominator: deployments,
            sample: { size: deployments, of: 'deployments' },
          };
    }
  }
}

function intervalOf(
  metric: MetricName,
  metrics: Metrics,
): Pick<MetricExplanation, 'confidenceInterval'> {
  const given = (
    interval: ConfidenceInterval | undefined,
    method: string,
  ): Pick<MetricExplanation, 'confidenceInterval'> =>
    interval
      ? {
          confidenceInterval: {
            lower: interval[0],
            upper: interval[1],
            level: 0.95,
            method,
          },
        }
      : {};
  switch (metric) {
    case 'deploymentFrequency':
      return {};
    case 'changeLeadTime':
      return given(
        metrics.changeLeadTime.p50ConfidenceInterval,
        leadIntervalInWords(metrics.changeLeadTime),
      );
    case 'failedDeploymentRecoveryTime':
      return given(
        metrics.failedDeploymentRecoveryTime.p50ConfidenceInterval,
        'of the median: order-statistic interval',
      );
    default:
      return given(metrics[metric].confidenceInterval, 'Wilson');
  }
}

/** How the interval of a lead time was found, as `medianInterval` and `groupedOfBuckets` find it. */
function leadIntervalInWords({
  changes = 0,
  deployments = 0,
  maxRelativeError = 0,
}: Metrics['changeLeadTime']): string {
  if (changes === deployments) {
    return 'of the median: order-statistic interval, with one change per deployment';
  }
  if (deployments === 1) {
    return 'of the median: the range of the changes of the only deployment';
  }
  return `of the median: ${resamplingInWords(deployments, maxRelativeError)}`;
}

/** How medians of resamples were come by. */
function resamplingInWords(groups: number, maxRelativeError: number): string {
  if (groups >= LIMIT_GROUPS) {
    return 'the distribution that a bootstrap over deployments tends to when they are many; nothing is drawn at random';
  }
  return maxRelativeError > 0
    ? `the distribution that a bootstrap over deployments tends to when they are many, taken for ${groups}, because a sketch holds sums only: rougher than drawing`
    : 'seeded bootstrap that resamples deployments';
}

/** How it was decided whether a metric changed. */
function testInWords(
  metric: MetricName,
  metrics: Metrics,
  before: Metrics,
): string {
  const medians = (
    sides: { groups: number; maxRelativeError: number }[],
  ): string => {
    const [now, then] = sides.map(({ groups, maxRelativeError }) =>
      groups >= LIMIT_GROUPS || maxRelativeError > 0
        ? 'drawn, seeded, from the distribution that a bootstrap over deployments tends to'
        : 'of a seeded bootstrap that resamples deployments',
    );
    return now === then
      ? `the difference of medians ${now}, at 95 %`
      : `the difference of medians, those asked for ${now}, those compared with ${then}, at 95 %`;
  };
  switch (metric) {
    case 'changeLeadTime':
      return medians(
        [metrics, before].map(({ changeLeadTime }) => ({
          groups: changeLeadTime.deployments ?? 0,
          maxRelativeError: changeLeadTime.maxRelativeError ?? 0,
        })),
      );
    case 'failedDeploymentRecoveryTime':
      // A failed deployment has one recovery time: however many they are, their medians are drawn as `independentMedians` does.
      return 'the difference of medians of a seeded bootstrap that resamples recovery times, at 95 %';
    case 'deploymentFrequency':
      return 'the conditional binomial test of two counts, at 95 %';
    default:
      return "Newcombe's interval for the difference of two rates, at 95 %";
  }
}

function bottleneckOf(metrics: Metrics): Pick<MetricExplanation, 'bottleneck'> {
  const [largest] = [...(metrics.changeLeadTime.stages ?? [])].sort(
    (a, b) => b.shareOfTotal - a.shareOfTotal,
  );
  return largest && largest.shareOfTotal > 0
    ? {
        bottleneck: {
          stage: largest.name,
          text: `${percentInWords(
            largest.shareOfTotal,
          )} of the lead time passes ${STAGES_IN_WORDS[largest.name]}`,
          shareOfTotal: largest.shareOfTotal,
          ...defined('p50Seconds', largest.p50Seconds),
        },
      }
    : {};
}

function summaryOf(metric: MetricName, response: MetricsResponse): string {
  const { metrics } = response;
  const figure = figureInWords(metric, metrics);
  const title = METRIC_NAMES_IN_WORDS[metric];
  if (metric === 'failedDeploymentRecoveryTime') {
    const { recovered, unrecovered } = metrics.failedDeploymentRecoveryTime;
    if (figure === undefined && recovered === 0 && unrecovered === 0) {
      return `${title}: no deployment failed, so there is nothing to measure.`;
    }
    if (unrecovered) {
      return `${title}: ${figure ?? 'none has recovered'}; ${countInWords(
        unrecovered,
        'failed deployment',
      )} not recovered yet.`;
    }
  }
  if (figure === undefined) {
    return `${title}: no data, which is not the same as zero.`;
  }
  const rests =
    metrics[metric].status === 'insufficient_data'
      ? ' There is too little data to rely on it.'
      : '';
  return `${title}: ${figure}.${rests}`;
}

function comparisonOf(metric: MetricName, response: MetricsResponse): string {
  const { metrics, comparison } = response;
  const now = figureOf(metric, metrics);
  const before = figureOf(metric, comparison.metrics);
  const words = VERDICTS_IN_WORDS[comparison.verdicts[metric]];
  const was = figureInWords(metric, comparison.metrics);
  if (now === undefined || before === undefined || was === undefined) {
    return `${capital(words)}.`;
  }
  if (comparison.scope) {
    const differs =
      comparison.verdicts[metric] === 'changed'
        ? 'differs by more than chance explains'
        : words
            .replace('it changed', 'it differs')
            .replace('a change', 'a difference');
    return `${capital(differs)}: ${comparison.scope.entityRef} has ${was}.`;
  }
  return `${capital(words)}: it was ${was} before.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A difference in words, for a digest: `rose from … to …`. */
export function changeInWords(
  metric: MetricName,
  response: MetricsResponse,
): string | undefined {
  const now = figureOf(metric, response.metrics);
  const before = figureOf(metric, response.comparison.metrics);
  if (now === undefined || before === undefined) {
    return undefined;
  }
  const phrase = (metrics: Metrics, value: number) =>
    unitOf(metric) === 'seconds'
      ? durationInWords(value)
      : figureInWords(metric, metrics)!;
  return `${now > before ? 'rose' : 'fell'} from ${phrase(
    response.comparison.metrics,
    before,
  )} to ${phrase(response.metrics, now)}`;
}
