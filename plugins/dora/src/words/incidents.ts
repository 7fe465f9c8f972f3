import { IncidentListItem } from '@pavedroad/plugin-dora-common';

/** What a person calls it: its title, or what its tool calls it. */
export function incidentName({
  title,
  localId,
  id,
}: Pick<IncidentListItem, 'title' | 'localId' | 'id'>): string {
  return title ?? localId ?? id;
}

/** What naming a cause for an incident anew will do. */
export function incidentEffects(
  { attribution }: IncidentListItem,
  blamed: 'another' | 'none',
): string[] {
  const released =
    attribution?.deploymentId &&
    'The deployment that it was put down to no longer counts as failed because of it.';
  return [
    blamed === 'none'
      ? 'It will be put down to no deployment, whatever events say.'
      : 'The chosen deployment will count as failed.',
    ...(released ? [released] : []),
    'Fail rate, recovery and rework of the days it touches are counted anew at once.',
  ];
}
