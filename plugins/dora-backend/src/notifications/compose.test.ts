import {
  DeploymentFact,
  FailureAttribution,
  MetricName,
  Metrics,
  MetricsResponse,
  Verdict,
} from '@pavedroad/plugin-dora-common';
import { composeChange, composeDigest, composeFailure } from './compose';

const metrics = (change: Partial<Metrics> = {}): Metrics => ({
  deploymentFrequency: { status: 'ok', deployments: 14, perDay: 2 },
  changeLeadTime: { status: 'ok', changes: 40, p50Seconds: 8_040 },
  changeFailRate: { status: 'ok', failed: 1, deployments: 14, rate: 1 / 14 },
  failedDeploymentRecoveryTime: {
    status: 'no_data',
    recovered: 0,
    unrecovered: 0,
  },
  deploymentReworkRate: {
    status: 'ok',
    rework: 2,
    deployments: 15,
    rate: 2 / 15,
  },
  ...change,
});

function response(
  verdicts: Partial<Record<MetricName, Verdict>>,
  before: Partial<Metrics> = {},
  now: Partial<Metrics> = {},
): MetricsResponse {
  return {
    scope: { entityRef: 'group:default/payments', services: 3 },
    window: {
      from: '2026-05-24T23:00:00Z',
      to: '2026-05-31T23:00:00Z',
      timeZone: 'Europe/Lisbon',
      interval: 'week',
    },
    definition: { version: 1, environment: 'production' },
    sampleData: false,
    metrics: metrics(now),
    comparison: {
      window: { from: '2026-04-26T23:00:00Z', to: '2026-05-24T23:00:00Z' },
      metrics: metrics(before),
      verdicts: {
        deploymentFrequency: 'no_evidence_of_change',
        changeLeadTime: 'no_evidence_of_change',
        changeFailRate: 'no_evidence_of_change',
        failedDeploymentRecoveryTime: 'insufficient_data',
        deploymentReworkRate: 'insufficient_data',
        ...verdicts,
      },
    },
    series: [],
    excluded: [],
    dataQuality: [],
  };
}

const context = {
  scopeName: 'Payments',
  date: '2026-06-01',
  occasion: 'weekly_digest|payments',
};

describe('composeDigest', () => {
  it('puts what got worse first, then what got better, then the rest', () => {
    const digest = composeDigest(
      response(
        {
          changeLeadTime: 'changed',
          changeFailRate: 'changed',
          deploymentFrequency: 'changed',
        },
        {
          changeLeadTime: { status: 'ok', changes: 90, p50Seconds: 16_080 },
          changeFailRate: {
            status: 'ok',
            failed: 1,
            deployments: 60,
            rate: 1 / 60,
          },
          deploymentFrequency: { status: 'ok', deployments: 84, perDay: 3 },
        },
      ),
      context,
    );
    expect(digest).toMatchObject({
      title:
        'Payments, week of 25 May: change fail rate, deployment frequency got worse; change lead time got better',
      severity: 'normal',
      scope: 'weekly_digest|payments',
    });
    expect(digest!.description!.split('\n')).toEqual([
      'Change fail rate rose from 1 of 60, 1.7 % to 1 of 14, 7.1 %: worse, beyond chance.',
      'Deployment frequency fell from 84 deployments, 3 a day to 14 deployments, 2 a day: worse, beyond chance.',
      'Change lead time fell from 4 h 28 min to 2 h 14 min: better, beyond chance.',
      'Deployment rework rate: 2 of 15, 13 %; not enough data to compare.',
      'Failed deployment recovery time: no deployment failed.',
      expect.stringMatching(
        /^Weeks in Europe\/Lisbon time, compared with the four weeks before/,
      ),
    ]);
  });

  it('says so when nothing changed, and when it is sample data', () => {
    const digest = composeDigest(
      { ...response({}), sampleData: true },
      context,
    );
    expect(digest).toMatchObject({
      title: 'Payments, week of 25 May: nothing changed beyond chance',
      severity: 'low',
    });
    expect(digest!.description).toContain(
      'Change lead time: 2 h 14 min in the median; no evidence of a change.',
    );
    expect(digest!.description).toMatch(/\nSample data\.$/);
  });

  it.each([
    [{ status: 'no_data' as const }, 'no data'],
    [
      { status: 'no_data' as const, recovered: 0, unrecovered: 2 },
      '2 failed deployments not recovered yet',
    ],
  ])('says why there is no recovery time: %j', (recovery, words) => {
    const digest = composeDigest(
      response({}, {}, { failedDeploymentRecoveryTime: recovery }),
      context,
    );
    expect(digest!.description).toContain(
      `Failed deployment recovery time: ${words}.`,
    );
  });

  it.each([
    ['no data', { status: 'no_data' as const }],
    ['nothing deployed', { status: 'ok' as const, deployments: 0, perDay: 0 }],
  ])('is none with %s', (_, deploymentFrequency) => {
    expect(
      composeDigest(
        response({}, { deploymentFrequency }, { deploymentFrequency }),
        context,
      ),
    ).toBeUndefined();
  });
});

describe('composeChange', () => {
  it('tells which way, the worse first', () => {
    const change = composeChange(
      response(
        {},
        {
          changeLeadTime: { status: 'ok', changes: 90, p50Seconds: 16_080 },
          changeFailRate: { status: 'ok', failed: 0, deployments: 60, rate: 0 },
        },
      ),
      [
        {
          name: 'changeLeadTime',
          judgement: { evidence: 'strong', direction: 'down' },
        },
        {
          name: 'changeFailRate',
          judgement: { evidence: 'strong', direction: 'up' },
        },
      ],
      context,
    );
    expect(change.title).toBe(
      'Payments: change fail rate rose, change lead time fell beyond chance',
    );
    expect(change.description!.split('\n').slice(0, 2)).toEqual([
      'Change fail rate rose from 0 of 60, 0 % to 1 of 14, 7.1 %: worse.',
      'Change lead time fell from 4 h 28 min to 2 h 14 min: better.',
    ]);
    expect(change.severity).toBe('normal');
  });
});

describe('composeFailure', () => {
  const deployment: DeploymentFact = {
    id: 'd1',
    serviceRef: 'component:default/checkout',
    members: ['d1', 'd2'],
    environments: ['eu', 'us'],
    kind: 'change',
    finishedAt: Date.parse('2026-05-04T12:00:00Z'),
    finishedEverywhereAt: Date.parse('2026-05-04T12:10:00Z'),
    revision: '5ceb29de92fcffdcae31e17004fd1262b03c6bcb',
    sequence: 1,
    first: false,
    changes: 1,
    origin: 'event',
    failureData: true,
    failed: true,
    rework: false,
    labels: [],
    sample: false,
  };
  const attribution: FailureAttribution = {
    id: 'a1',
    cause: { kind: 'rollback', id: 'd3' },
    blamed: 'd1',
    method: 'rollback',
    confidence: 0.95,
    evidence: '',
    author: { kind: 'event', name: 'ci' },
    recordedAt: '2026-05-04T13:00:00Z',
    state: 'live',
  };
  const failure = {
    serviceRef: deployment.serviceRef,
    serviceName: 'Checkout',
    deployment,
    attribution,
  };

  it('says what failed, how that is known, and where to look', () => {
    expect(composeFailure(failure, 'failed_deployment|d1')).toEqual({
      title: 'Checkout: a deployment to eu, us failed',
      description:
        'Revision 5ceb29de92fc, 1 change, finished 4 May 2026, 12:00 UTC.\nPut down to it because a rollback took it back (confidence 95 %). Owners can correct that on its page.',
      link: '/delivery?scope=component%3Adefault%2Fcheckout&deployment=d1',
      severity: 'high',
      topic: 'Failed deployment',
      scope: 'failed_deployment|d1',
    });
  });

  it('does not count what a first deployment brought', () => {
    const { description } = composeFailure(
      {
        ...failure,
        deployment: {
          ...deployment,
          first: true,
          changes: 900,
          revision: undefined,
        },
      },
      'o',
    );
    expect(description).toMatch(/^The first deployment, finished 4 May/);
  });

  it('does not call nothing what is not known', () => {
    const { description } = composeFailure(
      {
        ...failure,
        deployment: {
          ...deployment,
          historyGap: 'unknown_history',
          changes: 0,
        },
      },
      'o',
    );
    expect(description).toMatch(
      /^Revision 5ceb29de92fc, changes not known, finished 4 May/,
    );
  });
});
