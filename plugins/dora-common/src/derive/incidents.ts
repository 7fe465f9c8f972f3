import { DomainEvent, IncidentEvent } from '../events';
import { canonicalJson } from '../identity';
import { compareText, instant, unique } from './attempts';

/** An incident as all its events together tell it. */
export interface Incident {
  id: string;
  /** Epoch milliseconds. */
  openedAt: number;
  resolvedAt?: number;
  reopened: boolean;
  /** It turned out to be none: it shows that its source covers the service, and nothing else. */
  dismissed: boolean;
  title?: string;
  url?: string;
  environment?: string;
  deployments: NonNullable<IncidentEvent['deployment']>[];
  revisions: string[];
  artifacts: string[];
  source: string;
  sample: boolean;
}

const RANK = { opened: 0, updated: 1, resolved: 2, reopened: 3, dismissed: 4 };

/**
 * Folds the events of each incident in the order of their moments. An incident of which only the end is
 * known waits for its beginning. Reopening extends it.
 */
export function collectIncidents(events: readonly DomainEvent[]): Incident[] {
  const groups = new Map<string, IncidentEvent[]>();
  for (const event of events) {
    if (event.type === 'incident' && !Number.isNaN(instant(event.at))) {
      const group = groups.get(event.incidentId);
      if (group) {
        group.push(event);
      } else {
        groups.set(event.incidentId, [event]);
      }
    }
  }
  const incidents: Incident[] = [];
  for (const [id, group] of groups) {
    group.sort(
      (a, b) =>
        instant(a.at) - instant(b.at) ||
        RANK[a.action] - RANK[b.action] ||
        compareText(canonicalJson(a), canonicalJson(b)),
    );
    let openedAt: number | undefined;
    let resolvedAt: number | undefined;
    let reopened = false;
    for (const { action, at } of group) {
      const moment = instant(at);
      if (action === 'opened' || action === 'reopened') {
        openedAt ??= moment;
        reopened ||= resolvedAt !== undefined;
        resolvedAt = undefined;
      } else if (action === 'resolved' && openedAt !== undefined) {
        resolvedAt ??= moment;
      }
    }
    if (openedAt === undefined) {
      continue;
    }
    const last = <K extends keyof IncidentEvent>(key: K) =>
      group.findLast(e => e[key] !== undefined)?.[key];
    incidents.push({
      id,
      openedAt,
      resolvedAt,
      reopened,
      dismissed: group[group.length - 1].action === 'dismissed',
      title: last('title'),
      url: last('url'),
      environment: last('environment'),
      deployments: group.flatMap(e => e.deployment ?? []),
      revisions: unique(group.flatMap(e => e.revision ?? [])),
      artifacts: unique(group.flatMap(e => e.artifact ?? [])),
      source: last('provenance')?.source ?? 'event',
      sample: group.some(e => e.sample === true),
    });
  }
  return incidents.sort(
    (a, b) => a.openedAt - b.openedAt || compareText(a.id, b.id),
  );
}
