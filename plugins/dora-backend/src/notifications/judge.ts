import {
  conditionalBinomialTest,
  ConfidenceInterval,
  figureOf,
  MetricName,
  MetricsResponse,
  newcombeInterval,
  METRIC_ORDER,
} from '@pavedroad/plugin-dora-common';

/** What one look at a metric says. */
export interface Judgement {
  /**
   * - `strong`: changed at 99 %, the level at which five tests together say "changed" by chance one time in twenty
   * - `weak`: changed at 95 % only
   * - `none`: no evidence of a change
   * - `unknown`: not enough data
   */
  evidence: 'strong' | 'weak' | 'none' | 'unknown';
  direction?: 'up' | 'down';
}

/** What is remembered of a metric between looks. */
export interface WatchState {
  changed: boolean;
  /** Which way; only when changed. */
  direction?: 'up' | 'down';
  /** Looks in a row without evidence since it changed. */
  calm: number;
}

/** 0.05 shared between five tests (Bonferroni). */
const LEVEL = 0.05 / METRIC_ORDER.length;
/** The two-sided 99 % point of the standard normal distribution. */
const Z99 = 2.5758293035489004;
const Z95 = 1.959963984540054;
/** Looks in a row without evidence after which a change is over. */
export const CALM_LOOKS = 3;

/** What an answer says about each metric, from its numbers and verdicts. */
export function judge(
  response: MetricsResponse,
): Record<MetricName, Judgement> {
  const entries = METRIC_ORDER.map(name => [name, judgeOne(name, response)]);
  return Object.fromEntries(entries);
}

function judgeOne(name: MetricName, response: MetricsResponse): Judgement {
  const { metrics, comparison } = response;
  const verdict = comparison.verdicts[name];
  if (verdict === 'insufficient_data') {
    return { evidence: 'unknown' };
  }
  const now = figureOf(name, metrics);
  const before = figureOf(name, comparison.metrics);
  if (verdict === 'no_evidence_of_change') {
    return { evidence: 'none' };
  }
  if (now === undefined || before === undefined || now === before) {
    return { evidence: 'unknown' };
  }
  return {
    evidence: isStrong(name, response) ? 'strong' : 'weak',
    direction: now > before ? 'up' : 'down',
  };
}

function isStrong(name: MetricName, response: MetricsResponse): boolean {
  const { metrics, comparison, window } = response;
  const other = comparison.metrics;
  switch (name) {
    case 'deploymentFrequency': {
      const length = (span: { from: string; to: string }) =>
        Date.parse(span.to) - Date.parse(span.from);
      return (
        conditionalBinomialTest(
          [
            metrics.deploymentFrequency.deployments ?? 0,
            other.deploymentFrequency.deployments ?? 0,
          ],
          [length(window), length(comparison.window)],
        ) < LEVEL
      );
    }
    case 'changeLeadTime':
    case 'failedDeploymentRecoveryTime':
      return mediansDiffer(metrics[name], other[name]);
    default: {
      const counts = (side: typeof metrics) => ({
        successes:
          (name === 'changeFailRate'
            ? side.changeFailRate.failed
            : side.deploymentReworkRate.rework) ?? 0,
        trials: side[name].deployments ?? 0,
      });
      const interval = newcombeInterval(counts(metrics), counts(other), Z99);
      return interval !== undefined && (interval[0] > 0 || interval[1] < 0);
    }
  }
}

/**
 * The verdict rests on a bootstrap at 95 %. For the stricter level the spread of each median is read from its interval and
 * taken for normal.
 */
function mediansDiffer(
  now: { p50Seconds?: number; p50ConfidenceInterval?: ConfidenceInterval },
  before: { p50Seconds?: number; p50ConfidenceInterval?: ConfidenceInterval },
): boolean {
  if (
    now.p50Seconds === undefined ||
    before.p50Seconds === undefined ||
    !now.p50ConfidenceInterval ||
    !before.p50ConfidenceInterval
  ) {
    return false;
  }
  const error = ([lower, upper]: ConfidenceInterval) =>
    (upper - lower) / (2 * Z95);
  return (
    Math.abs(now.p50Seconds - before.p50Seconds) >
    Z99 *
      Math.hypot(
        error(now.p50ConfidenceInterval),
        error(before.p50ConfidenceInterval),
      )
  );
}

/**
 * What is remembered after a look, and whether it is news.
 *
 * It takes strong evidence to become changed, and three looks in a row without any to become unchanged again: what lies
 * between moves nothing, so a metric on the edge does not flap. The first look is where a watch begins, never news; nor
 * are looks without enough data, which leave everything as it was. A strong change the other way is news.
 */
export function nextWatchState(
  previous: WatchState | undefined,
  { evidence, direction }: Judgement,
): { state: WatchState | undefined; isNews: boolean } {
  if (evidence === 'unknown') {
    return { state: previous, isNews: false };
  }
  if (evidence === 'strong') {
    const isNews =
      previous !== undefined &&
      !(previous.changed && previous.direction === direction);
    return { state: { changed: true, direction, calm: 0 }, isNews };
  }
  if (!previous?.changed) {
    return { state: { changed: false, calm: 0 }, isNews: false };
  }
  if (evidence === 'weak') {
    return {
      state:
        direction === previous.direction ? { ...previous, calm: 0 } : previous,
      isNews: false,
    };
  }
  const calm = previous.calm + 1;
  return {
    state:
      calm >= CALM_LOOKS ? { changed: false, calm: 0 } : { ...previous, calm },
    isNews: false,
  };
}
