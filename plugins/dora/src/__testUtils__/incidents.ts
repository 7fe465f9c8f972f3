import { IncidentListItem } from '@pavedroad/plugin-dora-common';

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
