import fc from 'fast-check';
import { MetricName, Metrics } from './api';
import {
  benchmarkValues,
  CLUSTER_BENCHMARKS,
  clusterLevels,
  ClusterYear,
  QUICK_CHECK_BENCHMARKS,
  quickCheckPosition,
} from './benchmarks';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const benchmark = (year: ClusterYear, metric: MetricName) =>
  CLUSTER_BENCHMARKS.find(b => b.year === year && b.metric === metric)!;

describe('the published clusters', () => {
  it.each<[ClusterYear, MetricName, string[]]>([
    [
      2023,
      'changeLeadTime',
      [
        'less than one day',
        'between one day and one week',
        'between one week and one month',
        'between one week and one month',
      ],
    ],
    [
      2023,
      'deploymentFrequency',
      [
        'on demand (several a day)',
        'between once a day and once a week',
        'between once a week and once a month',
        'between once a week and once a month',
      ],
    ],
    [2023, 'changeFailRate', ['5 %', '10 %', '15 %', '64 %']],
    [
      2023,
      'failedDeploymentRecoveryTime',
      [
        'less than one hour',
        'less than one day',
        'between one day and one week',
        'between one month and six months',
      ],
    ],
    [
      2024,
      'changeLeadTime',
      [
        'less than one day',
        'between one day and one week',
        'between one week and one month',
        'between one month and six months',
      ],
    ],
    [
      2024,
      'deploymentFrequency',
      [
        'on demand (several a day)',
        'between once a day and once a week',
        'between once a week and once a month',
        'between once a month and once every six months',
      ],
    ],
    [2024, 'changeFailRate', ['5 %', '20 %', '10 %', '40 %']],
    [
      2024,
      'failedDeploymentRecoveryTime',
      [
        'less than one hour',
        'less than one day',
        'less than one day',
        'between one week and one month',
      ],
    ],
  ])('of %d for %s are as printed', (year, metric, texts) => {
    const { figures, source } = benchmark(year, metric);
    expect(figures.map(({ text }) => text)).toEqual(texts);
    expect(figures.map(({ level }) => level)).toEqual([
      'elite',
      'high',
      'medium',
      'low',
    ]);
    expect(source.title).toContain(String(year));
    expect(source.url).toContain(String(year));
  });

  it('say nothing of rework, which was not asked for, and end with 2024', () => {
    expect(
      CLUSTER_BENCHMARKS.map(({ metric, year }) => `${year} ${metric}`).filter(
        key => /Rework|2025/.test(key),
      ),
    ).toEqual([]);
  });
});

describe('clusterLevels', () => {
  it.each<[ClusterYear, MetricName, number, string[]]>([
    [2023, 'changeLeadTime', 0, ['elite']],
    [2023, 'changeLeadTime', 20 * HOUR, ['elite']],
    // "Less than one day" is less.
    [2023, 'changeLeadTime', DAY, ['high']],
    [2023, 'changeLeadTime', 3 * DAY, ['high']],
    // Two clusters gave this answer; it cannot tell them apart.
    [2023, 'changeLeadTime', 10 * DAY, ['medium', 'low']],
    // No cluster was this slow.
    [2023, 'changeLeadTime', 60 * DAY, []],
    [2024, 'changeLeadTime', 60 * DAY, ['low']],
    [2024, 'changeLeadTime', 300 * DAY, []],
    [2023, 'deploymentFrequency', 4, ['elite']],
    [2023, 'deploymentFrequency', 1, ['high']],
    [2023, 'deploymentFrequency', 0.2, ['high']],
    [2023, 'deploymentFrequency', 0.1, ['medium', 'low']],
    [2023, 'deploymentFrequency', 0.01, []],
    [2024, 'deploymentFrequency', 0.01, ['low']],
    [2024, 'deploymentFrequency', 0, []],
    [2023, 'changeFailRate', 0, ['elite']],
    [2023, 'changeFailRate', 0.05, ['elite']],
    [2023, 'changeFailRate', 0.07, ['high']],
    [2023, 'changeFailRate', 0.13, ['medium']],
    [2023, 'changeFailRate', 0.5, ['low']],
    [2023, 'failedDeploymentRecoveryTime', 40 * MINUTE, ['elite']],
    [2023, 'failedDeploymentRecoveryTime', HOUR, ['high']],
    [2023, 'failedDeploymentRecoveryTime', 5 * HOUR, ['high']],
    [2023, 'failedDeploymentRecoveryTime', 2 * DAY, ['medium']],
    // Between the answers of medium and low.
    [2023, 'failedDeploymentRecoveryTime', 14 * DAY, []],
    [2024, 'failedDeploymentRecoveryTime', 5 * HOUR, ['high', 'medium']],
    [2024, 'failedDeploymentRecoveryTime', 14 * DAY, ['low']],
  ])('of %d puts %s %d with %j', (year, metric, value, levels) => {
    expect(clusterLevels(benchmark(year, metric), value)).toEqual(levels);
  });

  it('never sets a level by the inverted change fail rates of 2024', () => {
    const inverted = benchmark(2024, 'changeFailRate');
    expect(inverted.note).toMatch(/20 %.*10 %/);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), rate => {
        expect(clusterLevels(inverted, rate)).toEqual([]);
      }),
    );
  });

  it.each([NaN, -1])('refuses %d', value => {
    expect(() =>
      clusterLevels(benchmark(2023, 'changeLeadTime'), value),
    ).toThrow('0 or more');
  });
});

describe('the Quick Check of 2025', () => {
  it('has the averages in the direction in which DORA displays them: 10 is best', () => {
    expect(
      Object.fromEntries(
        QUICK_CHECK_BENCHMARKS.map(b => [b.metric, b.average]),
      ),
    ).toEqual({
      changeLeadTime: 5.5,
      deploymentFrequency: 4.8,
      failedDeploymentRecoveryTime: 7.4,
      changeFailRate: 8.1,
      deploymentReworkRate: 7.8,
    });
  });

  it.each<[MetricName, number, number, number, string[]]>([
    ['changeLeadTime', 30 * MINUTE, 10, 10, ['Less than one hour']],
    ['changeLeadTime', 2 * HOUR, 8, 8, ['Less than one day']],
    ['changeLeadTime', DAY, 6, 6, ['One day to one week']],
    ['changeLeadTime', 10 * DAY, 4, 4, ['One week to one month']],
    ['changeLeadTime', 90 * DAY, 2, 2, ['One to six months']],
    ['changeLeadTime', 400 * DAY, 0, 0, ['More than six months']],
    ['failedDeploymentRecoveryTime', 0, 10, 10, ['Less than one hour']],
    [
      'deploymentFrequency',
      30,
      10,
      10,
      ['On demand (multiple deploys per day)'],
    ],
    [
      'deploymentFrequency',
      3,
      8,
      10,
      [
        'Between once per hour and once per day',
        'On demand (multiple deploys per day)',
      ],
    ],
    [
      'deploymentFrequency',
      1,
      8,
      8,
      ['Between once per hour and once per day'],
    ],
    [
      'deploymentFrequency',
      0.5,
      6,
      6,
      ['Between once per day and once per week'],
    ],
    [
      'deploymentFrequency',
      0.1,
      4,
      4,
      ['Between once per week and once per month'],
    ],
    [
      'deploymentFrequency',
      0.01,
      2,
      2,
      ['Between once per month and once every six months'],
    ],
    ['deploymentFrequency', 0, 0, 0, ['Less than once per six months']],
    ['changeFailRate', 0, 10, 10, []],
    ['changeFailRate', 0.25, 7.5, 7.5, []],
    ['deploymentReworkRate', 1, 0, 0, []],
  ])('puts %s %d between %d and %d', (metric, value, from, to, answers) => {
    expect(quickCheckPosition(metric, value)).toEqual({ from, to, answers });
  });

  it('is never left by a position, and faster is never worse', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<MetricName>(
          'changeLeadTime',
          'failedDeploymentRecoveryTime',
          'changeFailRate',
          'deploymentReworkRate',
        ),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (metric, a, b) => {
          const [less, more] = [Math.min(a, b), Math.max(a, b)].map(value =>
            quickCheckPosition(metric, value),
          );
          expect(less.from).toBeGreaterThanOrEqual(more.from);
          expect(more.from).toBeGreaterThanOrEqual(0);
          expect(less.to).toBeLessThanOrEqual(10);
        },
      ),
    );
  });
});

describe('benchmarkValues', () => {
  const metrics: Metrics = {
    changeLeadTime: { status: 'ok', p50Seconds: 60 },
    deploymentFrequency: { status: 'ok', deployments: 40, perDay: 8 },
    changeFailRate: { status: 'insufficient_data', rate: 0.5 },
    failedDeploymentRecoveryTime: { status: 'no_data' },
    deploymentReworkRate: { status: 'no_data' },
  };

  it('counts deployments for one service, and leaves out what is not known', () => {
    expect(benchmarkValues(metrics, { services: 4 })).toEqual({
      changeLeadTime: { value: 60, enough: true },
      deploymentFrequency: { value: 2, enough: true },
      changeFailRate: { value: 0.5, enough: false },
    });
  });

  it.each([
    [{ services: 10, withoutDeployments: 6 }, 2],
    [{ services: 1, withoutDeployments: 0 }, 8],
    [{ services: 3, withoutDeployments: 3 }, 8],
  ])('takes %j for services of which deployments are known', (scope, value) => {
    expect(benchmarkValues(metrics, scope).deploymentFrequency).toEqual({
      value,
      enough: true,
    });
  });
});
