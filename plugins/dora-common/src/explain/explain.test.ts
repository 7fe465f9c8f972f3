import fc from 'fast-check';
import { DataQualityNote, MetricName, Metrics, MetricsResponse } from '../api';
import { explainMetric, ROWS_BEHIND } from './explainMetric';
import { deliveryViewPath } from './viewLink';
import {
  countInWords,
  durationInWords,
  METRIC_ORDER,
  percentInWords,
} from './words';

describe('words', () => {
  it.each([
    [0, '0 s'],
    [38, '38 s'],
    [60, '1 min'],
    [8040, '2 h 14 min'],
    [3599.6, '1 h'],
    [86_399, '1 d'],
    [100_000, '1 d 4 h'],
    [-90, '−1 min 30 s'],
  ])('%d seconds are %s', (seconds, expected) => {
    expect(durationInWords(seconds)).toBe(expected);
  });

  it('never use more than two units, nor sixty of one', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), seconds => {
        expect(durationInWords(seconds)).toMatch(
          /^(\d+ d( (1?\d|2[0-3]) h)?|(1?\d|2[0-3]) h( [1-5]?\d min)?|[1-5]?\d min( [1-5]?\d s)?|[1-5]?\d s)$/,
        );
      }),
    );
  });

  it.each([
    [0, '0 %'],
    [0.0714, '7.1 %'],
    [0.25, '25 %'],
    [1, '100 %'],
  ])('a share of %d is %s', (rate, expected) => {
    expect(percentInWords(rate)).toBe(expected);
  });

  it('count', () => {
    expect(countInWords(1, 'change')).toBe('1 change');
    expect(countInWords(12_345, 'change')).toBe('12,345 changes');
  });
});

const metrics: Metrics = {
  deploymentFrequency: { status: 'ok', deployments: 42, perDay: 1.4 },
  changeLeadTime: {
    status: 'ok',
    changes: 130,
    deployments: 40,
    p50Seconds: 5400,
    p50ConfidenceInterval: [4700, 6600],
    maxRelativeError: 0.01,
    stages: [
      {
        name: 'commit_to_review',
        changes: 100,
        p50Seconds: 60,
        shareOfTotal: 0.2,
      },
      {
        name: 'review_to_approval',
        changes: 90,
        p50Seconds: 900,
        shareOfTotal: 0.6,
      },
      { name: 'approval_to_merge', changes: 0, shareOfTotal: 0 },
    ],
  },
  changeFailRate: {
    status: 'ok',
    failed: 3,
    deployments: 42,
    rate: 3 / 42,
    confidenceInterval: [0.025, 0.191],
  },
  failedDeploymentRecoveryTime: {
    status: 'insufficient_data',
    recovered: 2,
    unrecovered: 1,
    p50Seconds: 1260,
    p50ConfidenceInterval: [300, 9000],
    maxRelativeError: 0.005,
  },
  deploymentReworkRate: { status: 'no_data' },
};
const response = (change: Partial<MetricsResponse> = {}): MetricsResponse => ({
  scope: { entityRef: 'group:default/payments', services: 12 },
  window: {
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-31T23:00:00Z',
    timeZone: 'Europe/Lisbon',
    interval: 'week',
  },
  definition: { version: 1, environment: 'production' },
  sampleData: false,
  metrics,
  comparison: {
    window: { from: '2026-02-01T00:00:00Z', to: '2026-03-01T00:00:00Z' },
    metrics: {
      ...metrics,
      changeFailRate: { status: 'ok', failed: 0, deployments: 40, rate: 0 },
    },
    verdicts: {
      deploymentFrequency: 'no_evidence_of_change',
      changeLeadTime: 'no_evidence_of_change',
      changeFailRate: 'changed',
      failedDeploymentRecoveryTime: 'insufficient_data',
      deploymentReworkRate: 'insufficient_data',
    },
  },
  series: [],
  excluded: [
    { reason: 'bot', changes: 4, deployments: 0, incidents: 0 },
    { reason: 'no_failure_data', changes: 0, deployments: 2, incidents: 0 },
    {
      reason: 'unattributed_incident',
      changes: 0,
      deployments: 0,
      incidents: 1,
    },
  ],
  dataQuality: [
    { code: 'no_incident_source', services: ['component:default/ledger'] },
  ],
  ...change,
});

describe('explainMetric', () => {
  it.each<[MetricName, string, string]>([
    [
      'changeLeadTime',
      'Change lead time: 1 h 30 min in the median.',
      'No evidence of a change: it was 1 h 30 min in the median before.',
    ],
    [
      'deploymentFrequency',
      'Deployment frequency: 42 deployments, 1.4 a day.',
      'No evidence of a change: it was 42 deployments, 1.4 a day before.',
    ],
    [
      'changeFailRate',
      'Change fail rate: 3 of 42, 7.1 %.',
      'Changed by more than chance explains: it was 0 of 40, 0 % before.',
    ],
    [
      'failedDeploymentRecoveryTime',
      'Failed deployment recovery time: 21 min in the median; 1 failed deployment not recovered yet.',
      'Not enough data to say whether it changed: it was 21 min in the median before.',
    ],
    [
      'deploymentReworkRate',
      'Deployment rework rate: no data, which is not the same as zero.',
      'Not enough data to say whether it changed.',
    ],
  ])('says of %s: %s', (metric, summary, compared) => {
    const explanation = explainMetric(metric, response());
    expect(explanation.summary).toBe(summary);
    expect(explanation.comparison.summary).toBe(compared);
    expect(explanation.definition).toMatchObject({ version: 1 });
    expect(explanation.definition.text.length).toBeGreaterThan(60);
  });

  it.each<[MetricName, string[]]>([
    ['changeLeadTime', ['bot']],
    ['deploymentFrequency', []],
    ['changeFailRate', ['no_failure_data', 'unattributed_incident']],
    ['deploymentReworkRate', ['no_failure_data']],
  ])('names what %s leaves out, and no more', (metric, reasons) => {
    expect(
      explainMetric(metric, response()).excluded.map(({ reason }) => reason),
    ).toEqual(reasons);
  });

  it.each<[MetricName, number]>([
    ['changeLeadTime', 0.01],
    ['failedDeploymentRecoveryTime', 0.005],
    ['deploymentFrequency', 0],
    ['changeFailRate', 0],
  ])('says how far %s may be off', (metric, error) => {
    expect(explainMetric(metric, response()).maxRelativeError).toBe(error);
  });

  it('names the stage that takes longest, of lead time only', () => {
    expect(explainMetric('changeLeadTime', response())).toMatchObject({
      maxRelativeError: 0.01,
      bottleneck: {
        stage: 'review_to_approval',
        text: '60 % of the lead time passes from opening the pull request to its last approval',
        p50Seconds: 900,
      },
    });
    expect(
      explainMetric('changeFailRate', response()).bottleneck,
    ).toBeUndefined();
  });

  it('speaks of another scope as of another scope', () => {
    const { comparison } = response();
    const explanation = explainMetric(
      'changeFailRate',
      response({
        comparison: {
          ...comparison,
          scope: { entityRef: 'group:default/shop', services: 2 },
        },
      }),
    );
    expect(explanation.comparison.summary).toBe(
      'Differs by more than chance explains: group:default/shop has 0 of 40, 0 %.',
    );
  });

  it('says as of when numbers are that lack the latest events', () => {
    const pending = {
      code: 'facts_pending' as const,
      services: ['component:default/ledger'],
      count: 1,
    };
    const said = (note: DataQualityNote) =>
      explainMetric('changeFailRate', response({ dataQuality: [note] }))
        .dataQuality[0].text;
    expect(
      said({ ...pending, since: '2026-03-31T10:00:00.000Z', waitedSeconds: 2 }),
    ).toBe(
      'the latest events are not counted yet: the numbers are as of 2026-03-31T10:00:00.000Z',
    );
    expect(said(pending)).toBe('the latest events are not counted yet');
  });

  it('has rows behind every metric', () => {
    expect(Object.keys(ROWS_BEHIND).sort()).toEqual([...METRIC_ORDER].sort());
  });
});

describe('deliveryViewPath', () => {
  it('names days of the time zone, the last one included', () => {
    const path = deliveryViewPath({
      entityRef: 'group:default/payments',
      window: response().window,
      compare: response().comparison.window,
      environment: 'production',
      tab: 'deployments',
      filter: { kind: 'change', rework: false, failureData: true },
    });
    expect(
      Object.fromEntries(new URL(path, 'http://portal').searchParams),
    ).toEqual({
      scope: 'group:default/payments',
      tab: 'deployments',
      from: '2026-03-01',
      // Summer time began on the 29th, so the window ends at midnight of the 31st.
      until: '2026-03-31',
      compareFrom: '2026-02-01',
      compareUntil: '2026-02-28',
      timeZone: 'Europe/Lisbon',
      environment: 'production',
      kind: 'change',
      failureData: 'true',
    });
  });
});

describe('how sure an explanation says it is', () => {
  const lead = (
    changes: number,
    deployments: number,
    maxRelativeError = 0,
  ): Metrics => ({
    ...metrics,
    changeLeadTime: {
      ...metrics.changeLeadTime,
      changes,
      deployments,
      maxRelativeError,
      p50ConfidenceInterval: [1, 2],
    },
  });
  const explained = (now: Metrics, before = now) =>
    explainMetric(
      'changeLeadTime',
      response({
        metrics: now,
        comparison: { ...response().comparison, metrics: before },
      }),
    );

  it.each<[string, Metrics, RegExp]>([
    ['one change each', lead(40, 40), /order-statistic/],
    ['one change each, in a sketch', lead(9_000, 9_000, 0.01), /order-statis/],
    ['a single deployment', lead(7, 1), /range of the changes/],
    ['rows of some deployments', lead(90, 40), /seeded bootstrap/],
    ['rows of many', lead(2_000, 500), /tends to.*nothing is drawn/],
    ['a sketch of many', lead(90_000, 6_000, 0.01), /tends to.*nothing is/],
    ['a sketch of few', lead(90, 40, 0.01), /taken for 40.*rougher/],
  ])('tells the interval of %s', (_, given, expected) => {
    expect(explained(given).confidenceInterval?.method).toMatch(expected);
  });

  it.each<[string, Metrics, Metrics, RegExp]>([
    ['rows', lead(90, 40), lead(80, 30), /medians of a seeded bootstrap that/],
    ['many rows', lead(9e3, 600), lead(9e3, 600), /medians drawn, seeded/],
    [
      'a sketch and rows',
      lead(9e4, 6e3, 0.01),
      lead(90, 40),
      /asked for drawn.*compared with of a seeded bootstrap/,
    ],
  ])('tells the comparison of %s', (_, now, before, expected) => {
    expect(explained(now, before).comparison.test).toMatch(expected);
  });

  it.each([2, 499, 500, 40_000])(
    'tells the comparison of %d recovery times as that of resamples, not of their limit',
    recovered => {
      const { test } = explainMetric(
        'failedDeploymentRecoveryTime',
        response({
          metrics: {
            ...metrics,
            failedDeploymentRecoveryTime: {
              ...metrics.failedDeploymentRecoveryTime,
              recovered,
            },
          },
        }),
      ).comparison;
      expect(test).toBe(
        'the difference of medians of a seeded bootstrap that resamples recovery times, at 95 %',
      );
    },
  );
});
