import { InputError } from '@backstage/errors';
import { MetricName, Metrics, MetricsResponse } from './api';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** A twelfth of a year; the surveys speak of months. */
const MONTH = 365.25 * (DAY / 12);

/** Levels of the published clusters, best first. */
export const CLUSTER_LEVELS = ['elite', 'high', 'medium', 'low'] as const;
export type ClusterLevel = (typeof CLUSTER_LEVELS)[number];
export type ClusterYear = 2023 | 2024;

/** Where a figure comes from. */
export interface BenchmarkSource {
  title: string;
  url: string;
}

/** What a cluster of respondents answered to one question. */
export interface PublishedFigure {
  level: ClusterLevel;
  /** As published. */
  text: string;
  /** Smallest and largest value it covers: seconds, deployments per day, or a share of 1. */
  from: number;
  to: number;
}

/** One question of one survey, with the answer of each cluster. */
export interface ClusterBenchmark {
  year: ClusterYear;
  metric: Exclude<MetricName, 'deploymentReworkRate'>;
  figures: PublishedFigure[];
  source: BenchmarkSource;
  /** False where the figures do not rise from level to level, so that no value stands for a level. */
  setsLevel: boolean;
  /** What to know when reading it. */
  note?: string;
}

const SOURCES: Record<ClusterYear, BenchmarkSource> = {
  2023: {
    title: 'DORA, Accelerate State of DevOps Report 2023',
    url: 'https://dora.dev/research/2023/dora-report/',
  },
  2024: {
    title: 'DORA, Accelerate State of DevOps Report 2024, page 13',
    url: 'https://dora.dev/research/2024/dora-report/',
  },
};

const span = (text: string, from: number, to: number) => ({ text, from, to });
const UNDER_HOUR = span('less than one hour', 0, HOUR);
const UNDER_DAY = span('less than one day', 0, DAY);
const DAY_TO_WEEK = span('between one day and one week', DAY, WEEK);
const WEEK_TO_MONTH = span('between one week and one month', WEEK, MONTH);
const MONTH_TO_HALF_YEAR = span(
  'between one month and six months',
  MONTH,
  6 * MONTH,
);

/** Deployments per day. */
const ON_DEMAND = span('on demand (several a day)', 1, Infinity);
const DAILY_TO_WEEKLY = span(
  'between once a day and once a week',
  DAY / WEEK,
  1,
);
const WEEKLY_TO_MONTHLY = span(
  'between once a week and once a month',
  DAY / MONTH,
  DAY / WEEK,
);
const MONTHLY_TO_HALF_YEARLY = span(
  'between once a month and once every six months',
  DAY / (6 * MONTH),
  DAY / MONTH,
);

type Answer = Omit<PublishedFigure, 'level'>;
const byLevel = (answers: [Answer, Answer, Answer, Answer]) =>
  CLUSTER_LEVELS.map((level, i) => ({ level, ...answers[i] }));

/** A cluster's average rate. What is at most that high, and higher than the average of the level above, is covered by it. */
const rates = (percent: [number, number, number, number]) =>
  byLevel(
    percent.map((value, i) =>
      span(
        `${value} %`,
        i === 0 ? 0 : percent[i - 1] / 100,
        i === 3 ? 1 : value / 100,
      ),
    ) as [Answer, Answer, Answer, Answer],
  );

/**
 * The clusters of 2023 and 2024, the last ones that DORA published. They describe groups of respondents, not goals, and
 * are held against one metric at a time: a scope has no level of its own.
 */
export const CLUSTER_BENCHMARKS: readonly ClusterBenchmark[] = [
  {
    year: 2023,
    metric: 'changeLeadTime',
    figures: byLevel([UNDER_DAY, DAY_TO_WEEK, WEEK_TO_MONTH, WEEK_TO_MONTH]),
    source: SOURCES[2023],
    setsLevel: true,
    note: 'Medium and low gave the same answer.',
  },
  {
    year: 2023,
    metric: 'deploymentFrequency',
    figures: byLevel([
      ON_DEMAND,
      DAILY_TO_WEEKLY,
      WEEKLY_TO_MONTHLY,
      WEEKLY_TO_MONTHLY,
    ]),
    source: SOURCES[2023],
    setsLevel: true,
    note: 'Medium and low gave the same answer.',
  },
  {
    year: 2023,
    metric: 'changeFailRate',
    figures: rates([5, 10, 15, 64]),
    source: SOURCES[2023],
    setsLevel: true,
    note: 'The report gives one average for each level, not a range.',
  },
  {
    year: 2023,
    metric: 'failedDeploymentRecoveryTime',
    figures: byLevel([UNDER_HOUR, UNDER_DAY, DAY_TO_WEEK, MONTH_TO_HALF_YEAR]),
    source: SOURCES[2023],
    setsLevel: true,
  },
  {
    year: 2024,
    metric: 'changeLeadTime',
    figures: byLevel([
      UNDER_DAY,
      DAY_TO_WEEK,
      WEEK_TO_MONTH,
      MONTH_TO_HALF_YEAR,
    ]),
    source: SOURCES[2024],
    setsLevel: true,
  },
  {
    year: 2024,
    metric: 'deploymentFrequency',
    figures: byLevel([
      ON_DEMAND,
      DAILY_TO_WEEKLY,
      WEEKLY_TO_MONTHLY,
      MONTHLY_TO_HALF_YEARLY,
    ]),
    source: SOURCES[2024],
    setsLevel: true,
  },
  {
    year: 2024,
    metric: 'changeFailRate',
    figures: rates([5, 20, 10, 40]).map(figure => ({
      ...figure,
      // In the original the high level failed more often than the medium one, so the averages bound nothing.
      from: 0,
      to: 1,
    })),
    source: SOURCES[2024],
    setsLevel: false,
    note: 'In the original, the high level fails more often (20 %) than the medium one (10 %). So this metric alone says nothing about a level.',
  },
  {
    year: 2024,
    metric: 'failedDeploymentRecoveryTime',
    figures: byLevel([UNDER_HOUR, UNDER_DAY, UNDER_DAY, WEEK_TO_MONTH]),
    source: SOURCES[2024],
    setsLevel: true,
    note: 'High and medium gave the same answer.',
  },
];

/**
 * The levels of one year whose published answer covers a value: several where clusters gave the same answer, none where the
 * value lies outside of every answer or the metric sets no level.
 *
 * Where answers overlap ("less than one day" includes "less than one hour"), the narrower one is meant.
 *
 * @param value - seconds, deployments per day of one service, or a share of 1
 * @throws InputError when the value is not a number of 0 or more
 */
export function clusterLevels(
  { figures, metric, setsLevel }: ClusterBenchmark,
  value: number,
): ClusterLevel[] {
  checkValue(value);
  if (!setsLevel) {
    return [];
  }
  const isDuration =
    metric === 'changeLeadTime' || metric === 'failedDeploymentRecoveryTime';
  const covering = figures.filter(({ from, to }) =>
    isDuration
      ? value >= from && value < to
      : // Once a day is "between once a day and once a week", not several a day; an average rate covers what reaches it.
        (value > from || from === 0) && value <= to,
  );
  const narrowest = Math.min(...covering.map(({ from, to }) => to - from));
  return covering
    .filter(({ from, to }) => to - from === narrowest)
    .map(({ level }) => level);
}

function checkValue(value: number): void {
  if (!(value >= 0)) {
    throw new InputError('A benchmark needs a value of 0 or more');
  }
}

/** DORA's Quick Check of 2025, one metric: the average over all industries. */
export interface QuickCheckBenchmark {
  metric: MetricName;
  /** 0–10 as DORA displays it: higher is better for every metric. */
  average: number;
  /** One standard deviation of the respondents, in the same unit. */
  standardDeviation: number;
}

/** Where the averages, the answers and the scale are from. */
export const QUICK_CHECK_SOURCE: BenchmarkSource = {
  title: 'DORA Quick Check, edition 2025, all industries',
  url: 'https://dora.dev/quickcheck/',
};

/**
 * Averages over all industries of the 2025 edition (dora-team/dora.dev,
 * `svelte/quick-check/src/lib/data/editions/2025/industry_metrics.json` at fcaf07b4).
 *
 * The file holds the two rates raw, where higher is worse (1.9 and 2.2). DORA displays 10 minus that, so that the right end
 * is the better one for every metric; so are they given here.
 */
export const QUICK_CHECK_BENCHMARKS: readonly QuickCheckBenchmark[] = [
  { metric: 'changeLeadTime', average: 5.5, standardDeviation: 2.4 },
  { metric: 'deploymentFrequency', average: 4.8, standardDeviation: 2.8 },
  {
    metric: 'failedDeploymentRecoveryTime',
    average: 7.4,
    standardDeviation: 2.1,
  },
  { metric: 'changeFailRate', average: 8.1, standardDeviation: 2.1 },
  { metric: 'deploymentReworkRate', average: 7.8, standardDeviation: 2.2 },
];

/** Where a value stands on the scale of the Quick Check. */
export interface QuickCheckPosition {
  /** 0–10; lower and upper differ where two of DORA's answers fit. */
  from: number;
  to: number;
  /** The answers somebody with this value would give, worse first; none for rates, which are a percentage. */
  answers: string[];
}

/** DORA's answers to "how long", worst first: each is a step of 2 on the scale of 0–10. */
const DURATION_ANSWERS: { answer: string; under: number }[] = [
  { answer: 'More than six months', under: Infinity },
  { answer: 'One to six months', under: 6 * MONTH },
  { answer: 'One week to one month', under: MONTH },
  { answer: 'One day to one week', under: WEEK },
  { answer: 'Less than one day', under: DAY },
  { answer: 'Less than one hour', under: HOUR },
];

/** DORA's answers to "how often", worst first, with the deployments per day they begin at. */
const FREQUENCY_ANSWERS: { answer: string; from: number }[] = [
  { answer: 'Less than once per six months', from: 0 },
  {
    answer: 'Between once per month and once every six months',
    from: DAY / (6 * MONTH),
  },
  { answer: 'Between once per week and once per month', from: DAY / MONTH },
  { answer: 'Between once per day and once per week', from: DAY / WEEK },
  { answer: 'Between once per hour and once per day', from: 1 },
  { answer: 'On demand (multiple deploys per day)', from: 24 },
];

/**
 * The position of a value on the 0–10 scale of the Quick Check, higher being better, computed as DORA's own page does: the
 * six answers lie 2 apart, a rate counts 10 at 0 % and 0 at 100 %.
 *
 * Between once a day and once an hour two of the answers about frequency fit ("between once per hour and once per day" and
 * "on demand, multiple deploys per day"): the position is the range of both.
 *
 * @param value - seconds, deployments per day of one service, or a share of 1
 * @throws InputError when the value is not a number of 0 or more
 */
export function quickCheckPosition(
  metric: MetricName,
  value: number,
): QuickCheckPosition {
  checkValue(value);
  if (metric === 'changeFailRate' || metric === 'deploymentReworkRate') {
    const position = 10 * (1 - Math.min(1, value));
    return { from: position, to: position, answers: [] };
  }
  if (metric === 'deploymentFrequency') {
    const step = lastIndex(FREQUENCY_ANSWERS, ({ from }) => value >= from);
    const top = value > 1 ? FREQUENCY_ANSWERS.length - 1 : step;
    return {
      from: 2 * step,
      to: 2 * top,
      answers: FREQUENCY_ANSWERS.slice(step, top + 1).map(a => a.answer),
    };
  }
  const step = lastIndex(DURATION_ANSWERS, ({ under }) => value < under);
  return {
    from: 2 * step,
    to: 2 * step,
    answers: [DURATION_ANSWERS[step].answer],
  };
}

function lastIndex<T>(items: readonly T[], test: (item: T) => boolean): number {
  for (let i = items.length - 1; i > 0; i--) {
    if (test(items[i])) {
      return i;
    }
  }
  return 0;
}

/**
 * The numbers of a scope that benchmarks are held against. DORA asks about one application or service, so the frequency of a
 * scope with several is that of one of them on average: of those whose deployments are known, for the others are not connected,
 * which is never 0. What is not known is left out.
 *
 * @param scope - of the answer
 */
export function benchmarkValues(
  metrics: Metrics,
  { services, withoutDeployments = 0 }: MetricsResponse['scope'],
): Partial<Record<MetricName, { value: number; enough: boolean }>> {
  const { perDay } = metrics.deploymentFrequency;
  const values: Record<MetricName, number | undefined> = {
    changeLeadTime: metrics.changeLeadTime.p50Seconds,
    deploymentFrequency:
      perDay === undefined
        ? undefined
        : perDay / Math.max(1, services - withoutDeployments),
    changeFailRate: metrics.changeFailRate.rate,
    failedDeploymentRecoveryTime:
      metrics.failedDeploymentRecoveryTime.p50Seconds,
    deploymentReworkRate: metrics.deploymentReworkRate.rate,
  };
  return Object.fromEntries(
    (Object.keys(values) as MetricName[]).flatMap(name => {
      const value = values[name];
      const { status } = metrics[name];
      return value === undefined || status === 'no_data'
        ? []
        : [[name, { value: Math.max(0, value), enough: status === 'ok' }]];
    }),
  );
}
