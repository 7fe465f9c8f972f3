import {
  DomainEvent,
  FailureDataEvent,
  IncidentEvent,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import {
  EventIgnored,
  EventProblem,
  incidentDetails,
  incidentDetailsInText,
  isObject,
  link,
  looseText,
  objectAt,
  optionalMoment,
  prose,
  RawDeliveryEvent,
  requiredText,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';

/** Which incidents count as failures. */
export interface IncidentFilter {
  urgencies: string[];
  /** Names of priorities; absent: any, and none. */
  priorities?: string[];
}

/** What an event does to the incident whose state it carries. */
const ACTIONS: Record<string, IncidentEvent['action']> = {
  'incident.triggered': 'updated',
  'incident.acknowledged': 'updated',
  'incident.unacknowledged': 'updated',
  'incident.delegated': 'updated',
  'incident.escalated': 'updated',
  'incident.reassigned': 'updated',
  'incident.priority_updated': 'updated',
  'incident.service_updated': 'updated',
  'incident.incident_type.changed': 'updated',
  'incident.resolved': 'resolved',
  'incident.reopened': 'reopened',
};

/** Events that carry no state of an incident, and why that does no harm. */
const WITHOUT_STATE: Record<string, string> = {
  'incident.annotated': 'a note says nothing that is measured',
  'incident.conference_bridge.updated': 'a call says nothing that is measured',
  'incident.custom_field_values.updated':
    'it names no service; the fields are read from the events that do',
  'incident.responder.added': 'responders are not measured',
  'incident.responder.replied': 'responders are not measured',
  'incident.role.assigned': 'responders are not measured',
  'incident.status_update_published': 'a status update moves no moment',
  'incident.workflow.started': 'a workflow moves no moment',
  'incident.workflow.completed': 'a workflow moves no moment',
  'service.deleted': 'what was covered stays covered',
  'service.custom_field_values.updated': 'it says nothing that is measured',
  'pagey.ping': 'a test of the connection',
};

/**
 * Reads an event of a V3 webhook. Pure.
 *
 * Every event about an incident carries its whole state, so each tells of the
 * opening too: an incident whose first event was lost, or that counts only since
 * its priority was raised, is opened when PagerDuty opened it.
 *
 * @throws EventProblem, EventIgnored
 */
export function normalisePagerDutyEvent(
  raw: RawDeliveryEvent,
  type: string,
  filter: IncidentFilter,
): DomainEvent[] {
  if (Object.hasOwn(WITHOUT_STATE, type)) {
    throw new EventIgnored(WITHOUT_STATE[type]);
  }
  const event = objectAt(raw.data);
  if (!isObject(event.data)) {
    throw new EventProblem('event.data is missing');
  }
  const at =
    optionalMoment('event.occurred_at', event.occurred_at) ?? raw.receivedAt;
  if (type === 'service.created' || type === 'service.updated') {
    return [coverage(serviceHint(event.data), at)];
  }
  if (!Object.hasOwn(ACTIONS, type)) {
    throw new EventIgnored(`${type} says nothing about incidents`);
  }
  return incidentEvents(event.data, type, at, filter);
}

function incidentEvents(
  data: { [key: string]: unknown },
  type: string,
  at: string,
  filter: IncidentFilter,
): DomainEvent[] {
  const id = requiredText('event.data.id', data.id);
  const openedAt =
    optionalMoment('event.data.created_at', data.created_at) ?? at;
  const title = prose(data.title) ?? prose(data.summary);
  const details = {
    ...incidentDetailsInText(looseText(data.incident_key)),
    ...incidentDetailsInText(title),
    ...incidentDetails(objectAt(data.body).details),
    ...incidentDetails(data.custom_details),
    ...incidentDetails(customFields(data.custom_fields)),
  };
  const service = details.service?.entityRef
    ? details.service
    : { ...details.service, ...serviceHint(data.service) };
  const problem = notCounted(data, filter);
  if (problem !== undefined && type === 'incident.triggered') {
    // It is no failure, but shows that failures of the service are reported.
    return [coverage(service, openedAt)];
  }
  if (problem !== undefined && type !== 'incident.resolved') {
    throw new EventIgnored(problem);
  }
  const common = withoutUndefined({
    type: 'incident' as const,
    service,
    incidentId: `pagerduty:${id}`,
    acrossServices: true as const,
    title,
    url: link(data.html_url),
    environment: details.environment,
    deployment: details.deployment,
    revision: details.revision,
    artifact: details.artifact,
    labels: labelsOf(data),
  });
  const opened: IncidentEvent = { ...common, action: 'opened', at: openedAt };
  if (type === 'incident.triggered') {
    return [opened];
  }
  const happened: IncidentEvent = { ...common, action: ACTIONS[type], at };
  // What counted until its urgency was lowered is over now; what never did is not opened by its end.
  return problem === undefined ? [opened, happened] : [happened];
}

function serviceHint(value: unknown): ServiceHint {
  const service = objectAt(value);
  const name = looseText(service.summary) ?? looseText(service.name);
  return {
    ...(name && { name }),
    aliases: [
      `pagerduty.com/service-id:${requiredText(
        'event.data.service.id',
        service.id,
      )}`,
    ],
  };
}

function coverage(service: ServiceHint, since: string): FailureDataEvent {
  return { type: 'failure_data', service, provides: 'incidents', since };
}

/** Why the configuration leaves the incident out; `undefined` when it counts. */
function notCounted(
  data: { [key: string]: unknown },
  { urgencies, priorities }: IncidentFilter,
): string | undefined {
  const urgency = looseText(data.urgency);
  // Old incidents may have none: what nobody called minor counts.
  if (urgency !== undefined && !includes(urgencies, urgency)) {
    return 'incidents of this urgency do not count';
  }
  const priority = priorityOf(data);
  if (priorities && !(priority && includes(priorities, priority))) {
    return 'incidents of this priority do not count';
  }
  return undefined;
}

function priorityOf(data: { [key: string]: unknown }): string | undefined {
  const priority = objectAt(data.priority);
  return looseText(priority.summary) ?? looseText(priority.name);
}

function labelsOf(data: { [key: string]: unknown }): string[] | undefined {
  const labels = [priorityOf(data), looseText(data.urgency)].flatMap(
    label => label ?? [],
  );
  return labels.length > 0 ? labels : undefined;
}

function includes(list: string[], text: string): boolean {
  return list.some(item => item.toLowerCase() === text.toLowerCase());
}

/** Custom fields of an incident, `[{ name, value }]`, as one object. */
function customFields(value: unknown): { [key: string]: unknown } | undefined {
  return Array.isArray(value)
    ? Object.fromEntries(
        value.slice(0, 200).flatMap(item => {
          const { name, value: content } = objectAt(item);
          return typeof name === 'string' ? [[name, content]] : [];
        }),
      )
    : undefined;
}
