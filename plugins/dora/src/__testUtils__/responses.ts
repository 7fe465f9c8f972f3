import {
  DeliverySourcesResponse,
  DeploymentDetailResponse,
  DeploymentListItem,
  LeadTimesResponse,
  Metrics,
  MetricsResponse,
} from '@pavedroad/plugin-dora-common';

/** Metrics with numbers in all of them. */
export const fullMetrics: Metrics = {
  deploymentFrequency: {
    status: 'ok',
    deployments: 42,
    perDay: 1.4,
    medianDeployingDaysPerWeek: 4,
    wholeWeeks: 12,
  },
  changeLeadTime: {
    status: 'ok',
    changes: 130,
    deployments: 40,
    p50Seconds: 5400,
    p75Seconds: 9100,
    p90Seconds: 20400,
    p50ConfidenceInterval: [4680, 6600],
    stages: [
      {
        name: 'commit_to_review',
        changes: 130,
        p50Seconds: 600,
        shareOfTotal: 0.1,
      },
      {
        name: 'review_to_approval',
        changes: 130,
        p50Seconds: 3000,
        shareOfTotal: 0.55,
      },
      { name: 'approval_to_merge', changes: 0, shareOfTotal: 0 },
      {
        name: 'merge_to_build',
        changes: 130,
        p50Seconds: 600,
        shareOfTotal: 0.2,
      },
      {
        name: 'build_to_deploy',
        changes: 130,
        p50Seconds: 300,
        shareOfTotal: 0.15,
      },
    ],
  },
  changeFailRate: {
    status: 'ok',
    failed: 3,
    deployments: 42,
    rate: 3 / 42,
    confidenceInterval: [0.025, 0.19],
  },
  failedDeploymentRecoveryTime: {
    status: 'insufficient_data',
    recovered: 2,
    unrecovered: 1,
    p50Seconds: 1260,
    p75Seconds: 1300,
    p90Seconds: 1400,
    p50ConfidenceInterval: [300, 9000],
  },
  deploymentReworkRate: {
    status: 'ok',
    rework: 4,
    deployments: 46,
    rate: 4 / 46,
    confidenceInterval: [0.034, 0.2],
  },
};

export const noMetrics: Metrics = {
  deploymentFrequency: { status: 'no_data' },
  changeLeadTime: { status: 'no_data' },
  changeFailRate: { status: 'no_data' },
  failedDeploymentRecoveryTime: { status: 'no_data' },
  deploymentReworkRate: { status: 'no_data' },
};

export function metricsResponse(
  more: Partial<MetricsResponse> = {},
): MetricsResponse {
  return {
    scope: { entityRef: 'component:default/checkout', services: 1 },
    window: {
      from: '2026-01-05T00:00:00.000Z',
      to: '2026-01-26T00:00:00.000Z',
      timeZone: 'UTC',
      interval: 'week',
    },
    definition: { version: 1, environment: 'production' },
    sampleData: false,
    metrics: fullMetrics,
    comparison: {
      window: {
        from: '2025-12-15T00:00:00.000Z',
        to: '2026-01-05T00:00:00.000Z',
      },
      metrics: {
        ...fullMetrics,
        changeLeadTime: { ...fullMetrics.changeLeadTime, p50Seconds: 7500 },
      },
      verdicts: {
        deploymentFrequency: 'no_evidence_of_change',
        changeLeadTime: 'changed',
        changeFailRate: 'no_evidence_of_change',
        failedDeploymentRecoveryTime: 'insufficient_data',
        deploymentReworkRate: 'no_evidence_of_change',
      },
    },
    series: [
      {
        from: '2026-01-05T00:00:00.000Z',
        to: '2026-01-12T00:00:00.000Z',
        metrics: fullMetrics,
      },
      {
        from: '2026-01-12T00:00:00.000Z',
        to: '2026-01-19T00:00:00.000Z',
        metrics: noMetrics,
      },
      {
        from: '2026-01-19T00:00:00.000Z',
        to: '2026-01-26T00:00:00.000Z',
        metrics: {
          ...fullMetrics,
          changeLeadTime: { ...fullMetrics.changeLeadTime, p50Seconds: 10_800 },
        },
      },
    ],
    excluded: [
      { reason: 'first_deployment', changes: 12, deployments: 1, incidents: 0 },
    ],
    dataQuality: [
      { code: 'no_builds', services: ['component:default/checkout'] },
    ],
    ...more,
  };
}

export function leadTimesResponse(
  more: Partial<LeadTimesResponse> = {},
): LeadTimesResponse {
  const { scope, window, definition } = metricsResponse();
  return {
    scope,
    window,
    definition,
    status: 'ok',
    changes: 130,
    p50Seconds: 5400,
    p75Seconds: 9100,
    p90Seconds: 20_400,
    maxRelativeError: 0,
    buckets: [
      { fromSeconds: 600, toSeconds: 3600, changes: 30 },
      { fromSeconds: 3600, toSeconds: 21_600, changes: 90 },
      { fromSeconds: 21_600, toSeconds: 129_600, changes: 10 },
    ],
    sampleData: false,
    dataQuality: [],
    ...more,
  };
}

export function sourcesResponse(): DeliverySourcesResponse {
  return {
    items: [
      {
        id: 'pagerduty',
        title: 'PagerDuty',
        provides: ['incidents'],
        access: ['A webhook with a secret'],
        docs: 'sources/pagerduty.md',
        configured: false,
        webhookPath: '/api/dora/webhooks/pagerduty',
        last7Days: { received: 0, rejected: 0 },
      },
      {
        id: 'cdevents',
        title: 'CDEvents',
        provides: ['deployments', 'builds', 'incidents'],
        access: ['A token of the portal'],
        docs: 'sources/cdevents.md',
        configured: true,
        lastReceivedAt: '2026-01-20T12:00:00.000Z',
        last7Days: { received: 1200, rejected: 3 },
      },
    ],
  };
}

export function listItem(
  more: Partial<DeploymentListItem> = {},
): DeploymentListItem {
  return {
    id: 'd1',
    serviceRef: 'component:default/checkout',
    environments: ['production'],
    outcome: 'failed',
    kind: 'change',
    finishedAt: '2026-01-20T12:00:00.000Z',
    revision: 'abcdef0123456789abcdef0123456789abcdef01',
    changes: 3,
    leadTimeP50Seconds: 5400,
    rework: false,
    failureData: true,
    recoverySeconds: 1260,
    origin: 'event',
    labels: [],
    source: 'cdevents',
    sampleData: false,
    ...more,
  };
}

export function detailResponse(
  more: Partial<DeploymentDetailResponse> = {},
): DeploymentDetailResponse {
  return {
    ...listItem(),
    first: false,
    attempts: [],
    changeRows: [
      {
        commit: '1234567890abcdef1234567890abcdef12345678',
        committedAt: '2026-01-20T10:00:00.000Z',
        leadSeconds: 7200,
        stages: [
          { name: 'commit_to_review', seconds: 1200 },
          { name: 'review_to_approval' },
          { name: 'approval_to_merge', seconds: 3600 },
          { name: 'merge_to_build' },
          { name: 'build_to_deploy', seconds: 2400 },
        ],
        clamped: true,
        pullRequest: 17,
        subject: 'Round prices',
        bot: false,
      },
    ],
    attributions: [
      {
        id: 'a1',
        cause: { kind: 'incident', id: 'INC-1' },
        blamed: 'd1',
        method: 'time_proximity',
        confidence: 0.5,
        evidence: 'The incident opened 20 minutes after.',
        author: { kind: 'event', name: 'pagerduty' },
        recordedAt: '2026-01-20T12:20:00.000Z',
        state: 'live',
        incident: {
          title: 'Checkout is slow',
          openedAt: '2026-01-20T12:20:00.000Z',
        },
      },
    ],
    definition: { version: 1 },
    ...more,
  };
}
