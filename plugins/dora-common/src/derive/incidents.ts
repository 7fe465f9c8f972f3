import { DomainEvent, IncidentEvent } from '../events';
import { canonicalJson } from '../identity';
import { compareText, instant, unique } from './attempts';

/** An incident as all its events together tell it. */
export interface Incident {
  id: string;
  /** What its tool calls it, where `id` says more than that. */
  localId?: string;
  /** Epoch milliseconds. */
  openedAt: number;
  resolvedAt?: number;
  reopened: boolean;
  /** It turned out to be none, or moved to another service: it shows that its source covers this one, and nothing else. */
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
 *
 * An incident that was said of several services is folded from what was said of it anywhere, and belongs to the one that
 * was named last: every service whose events name it decides that from the same events, so it is never counted twice.
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
        compareText(said(a), said(b)),
    );
    const moved =
      group.findLast(e => e.elsewhere || e.service !== undefined)?.elsewhere ===
      true;
    const told = moved ? group.filter(e => !e.elsewhere) : group;
    let openedAt: number | undefined;
    let resolvedAt: number | undefined;
    let reopened = false;
    for (const { action, at } of told) {
      const moment = instant(at);
      if (action === 'opened' || action === 'reopened') {
        openedAt ??= moment;
        reopened ||= resolvedAt !== undefined;
        resolvedAt = undefined;
      } else if (action === 'resolved' && openedAt !== undefined) {
        resolvedAt ??= moment;
      }
    }
    if (moved && openedAt === undefined) {
      // It began elsewhere, came and went: its source covers this service from when it was named on.
      const named = told.find(e => e.service !== undefined);
      openedAt = named && instant(named.at);
    }
    if (openedAt === undefined) {
      continue;
    }
    const last = <K extends keyof IncidentEvent>(key: K) =>
      group.findLast(e => e[key] !== undefined)?.[key];
    incidents.push({
      id,
      localId: last('localId'),
      openedAt,
      resolvedAt,
      reopened,
      dismissed: moved || group[group.length - 1].action === 'dismissed',
      title: last('title'),
      url: last('url'),
      environment: last('environment'),
      // Ids of deployments hold within their service: what was said of another one names none of this one.
      deployments: group.flatMap(e => (e.elsewhere ? [] : e.deployment ?? [])),
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

/** Equal for every service that looks at the event. */
function said(event: IncidentEvent): string {
  return canonicalJson({ ...event, elsewhere: undefined });
}

/** Whether a reference, such as a correction or the fix of a deployment, means the incident. */
export function isNamed(
  { id, localId }: Pick<Incident, 'id' | 'localId'>,
  reference: string | undefined,
): boolean {
  return reference === id || (localId !== undefined && reference === localId);
}
