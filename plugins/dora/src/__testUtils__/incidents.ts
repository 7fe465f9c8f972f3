import {
  IncidentDetailResponse,
  IncidentListItem,
} from '@pavedroad/plugin-dora-common';

export function incidentItem(
  more: Partial<IncidentListItem> = {},
): IncidentListItem {
  return {
    id: 'INC-1',
    serviceRef: 'component:default/checkout',
    title: 'Checkout is slow',
    tier: 'production',
    status: 'resolved',
    openedAt: '2026-01-20T12:20:00.000Z',
    resolvedAt: '2026-01-20T12:41:00.000Z',
    durationSeconds: 1260,
    reopened: false,
    permissions: { attribute: true },
    sampleData: false,
    ...more,
  };
}

/** An incident on its own: put down to a deployment by closeness in time, with somebody on call at both its ends. */
export function incidentDetail(
  more: Partial<IncidentDetailResponse> = {},
): IncidentDetailResponse {
  const schedule = {
    ref: 'oncallschedule:default/payments',
    title: 'Payments on call',
    assumed: false,
  };
  const trail = [
    {
      entityRef: 'group:default/payments',
      outcome: 'found',
      message: 'the owner has a schedule',
    },
  ];
  const author = { kind: 'event' as const, name: 'cdevents' };
  return {
    ...incidentItem(),
    attribution: {
      attributionId: 'a1',
      method: 'time_proximity',
      confidence: 0.5,
      evidence: 'It opened 20 minutes after the deployment.',
      author,
      deploymentId: 'd1',
      deploymentFinishedAt: '2026-01-20T12:00:00.000Z',
      noneToBlame: false,
    },
    attributions: [
      {
        id: 'a1',
        cause: { kind: 'incident', id: 'INC-1' },
        method: 'time_proximity',
        confidence: 0.5,
        evidence: 'It opened 20 minutes after the deployment.',
        author,
        recordedAt: '2026-01-20T12:20:00.000Z',
        state: 'live',
        blamed: 'd1',
        blames: 'another',
        deploymentId: 'd1',
      },
    ],
    onCall: {
      opened: {
        at: '2026-01-20T12:20:00.000Z',
        coverage: 'full',
        levels: [
          {
            level: 1,
            userRefs: ['user:default/ines.duarte'],
            people: [
              { ref: 'user:default/ines.duarte', displayName: 'Inês Duarte' },
            ],
          },
        ],
        schedule,
        trail,
      },
      resolved: {
        at: '2026-01-20T12:41:00.000Z',
        coverage: 'full',
        levels: [
          {
            level: 1,
            userRefs: ['user:hidden/0123456789abcdef0123'],
            people: [
              {
                ref: 'user:hidden/0123456789abcdef0123',
                displayName: 'Somebody on Payments on call',
                hidden: true,
              },
            ],
          },
        ],
        schedule: { ...schedule, assumed: true },
        trail,
      },
    },
    definition: { version: 1 },
    ...more,
  };
}
