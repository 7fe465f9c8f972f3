import {
  DomainEvent,
  FailureDataEvent,
  IncidentEvent,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import {
  encodePart,
  epochMoment,
  EventIgnored,
  EventProblem,
  incidentDetails,
  incidentDetailsInText,
  isObject,
  link,
  looseText,
  looseTexts,
  memberOf,
  objectAt,
  prose,
  RawDeliveryEvent,
  requiredText,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';

/** How alerts are read. */
export interface AlertRules {
  priorities: string[];
  /** Tags of which an alert must have one; absent: any, and none. */
  tags?: string[];
  /** Address of an alert's page, with `{id}` for its id. */
  alertUrl?: string;
  /** Name by id: payloads carry ids only. */
  teams: Record<string, string>;
}

type Fields = { [key: string]: unknown };

/** What an action does to the alert, and why the others do nothing. */
const ACTIONS: Record<string, IncidentEvent['action']> = {
  create: 'opened',
  acknowledge: 'updated',
  unacknowledge: 'updated',
  addtags: 'updated',
  removetags: 'updated',
  adddetails: 'updated',
  removedetails: 'updated',
  addteam: 'updated',
  addresponder: 'updated',
  updatepriority: 'updated',
  updatemessage: 'updated',
  updatedescription: 'updated',
  escalate: 'updated',
  escalatenext: 'updated',
  assignownership: 'updated',
  reopen: 'reopened',
  close: 'resolved',
  // Nobody works on what is deleted: it is over, whatever it was.
  delete: 'resolved',
};

/**
 * The moments of these payloads are milliseconds, but `updatedAt` may count
 * nanoseconds. `undefined` for anything else.
 */
export function momentOf(value: unknown): string | undefined {
  const number =
    typeof value === 'string' && /^\d{12,19}$/.test(value)
      ? Number(value)
      : value;
  if (typeof number !== 'number' || !(number > 0)) {
    return undefined;
  }
  try {
    return epochMoment(
      'moment',
      number > 1e17 ? Math.floor(number / 1e6) : number,
    );
  } catch {
    return undefined;
  }
}

/**
 * Reads an action on an alert. Pure.
 *
 * @throws EventProblem, EventIgnored
 */
export function normaliseAlertAction(
  raw: RawDeliveryEvent,
  action: string,
  rules: AlertRules,
): DomainEvent[] {
  if (!Object.hasOwn(ACTIONS, action)) {
    throw new EventIgnored('this action changes no incident');
  }
  const data = objectAt(raw.data);
  if (!isObject(data.alert)) {
    throw new EventProblem('alert must be an object');
  }
  const { alert } = data;
  const id = requiredText('alert.alertId', alert.alertId);
  const createdAt = momentOf(alert.createdAt);
  const at =
    (action === 'create' ? createdAt : momentOf(alert.updatedAt)) ??
    raw.receivedAt;
  const title = prose(alert.message);
  const details = {
    ...incidentDetailsInText(looseText(alert.alias)),
    ...incidentDetailsInText(title),
    ...incidentDetails({
      // Both spellings are in use for what Opsgenie calls extra properties.
      ...objectAt(alert.extraProperties),
      ...objectAt(alert.details),
    }),
  };
  const over = ACTIONS[action] === 'resolved';
  const priority = priorityOf(alert);
  // Where the integration sends no details, what the alert's were named by before is not to be seen in them: they say
  // nothing of whose it is now.
  const tellsWhose =
    priority !== undefined ||
    ACTIONS[action] === 'opened' ||
    ACTIONS[action] === 'reopened';
  const service = tellsWhose
    ? serviceOf(alert, details.service, rules)
    : undefined;
  if (!service && !over) {
    throw new EventIgnored(
      'neither its tags, team, entity nor details name a service',
    );
  }
  const problem = notCounted(alert, rules);
  if (problem !== undefined && !over) {
    if (action === 'create' && service) {
      // It is no failure, but shows that failures of the service are reported.
      const covered: FailureDataEvent = {
        type: 'failure_data',
        service,
        provides: 'incidents',
        since: at,
      };
      return [covered];
    }
    throw new EventIgnored(problem);
  }
  const common = withoutUndefined({
    type: 'incident' as const,
    service,
    incidentId: `opsgenie:${id}`,
    acrossServices: true as const,
    title,
    url: link(rules.alertUrl?.replaceAll('{id}', encodePart(id))),
    environment: details.environment,
    deployment: details.deployment,
    revision: details.revision,
    artifact: details.artifact,
    labels: priority ? [priority] : undefined,
  });
  const event: IncidentEvent = { ...common, action: ACTIONS[action], at };
  // Every action names the creation, so none depends on the first having come. But
  // one that does not tell the priority cannot know whether the alert counts; and what
  // counted until its priority was lowered is over too, without being opened by that.
  return event.action === 'opened' ||
    createdAt === undefined ||
    priority === undefined ||
    problem !== undefined
    ? [event]
    : [{ ...common, action: 'opened', at: createdAt }, event];
}

/**
 * What names the service, the most telling first: its component or repository in
 * the details, its tags as in `opsgenie.com/component-selector`, the team.
 */
function serviceOf(
  alert: Fields,
  named: ServiceHint | undefined,
  rules: AlertRules,
): ServiceHint | undefined {
  if (named?.entityRef) {
    return named;
  }
  const name = named?.name ?? looseText(alert.entity);
  const tags = looseTexts(alert.tags).slice(0, 50);
  const teams = teamsOf(alert, rules);
  const aliases = [
    ...tags.map(tag => `opsgenie.com/component-selector:${tag}`),
    ...teams.map(team => `opsgenie.com/team:${team}`),
  ]
    .filter(alias => alias.length <= 500)
    .slice(0, 60);
  const hint: ServiceHint = {
    ...named,
    ...(name && { name }),
    ...(aliases.length > 0 && { aliases }),
  };
  return Object.keys(hint).length > 0 ? hint : undefined;
}

function teamsOf(alert: Fields, rules: AlertRules): string[] {
  const ids = [
    ...looseTexts(alert.teams),
    ...(Array.isArray(alert.responders)
      ? alert.responders.slice(0, 50).flatMap(responder => {
          const { type, name, id } = objectAt(responder);
          return type === 'team' ? looseTexts([name ?? id]) : [];
        })
      : []),
  ];
  return [
    ...new Set(
      ids.slice(0, 20).map(id => looseText(memberOf(rules.teams, id)) ?? id),
    ),
  ];
}

/** Why the configuration leaves the alert out; `undefined` when it counts. */
function notCounted(alert: Fields, rules: AlertRules): string | undefined {
  const priority = priorityOf(alert);
  // Payloads without the alert's details have none: what nobody called minor counts.
  if (
    priority !== undefined &&
    !rules.priorities.some(known => known.toUpperCase() === priority)
  ) {
    return 'alerts of this priority do not count';
  }
  const tags = looseTexts(alert.tags);
  if (rules.tags && !rules.tags.some(tag => tags.includes(tag))) {
    return 'alerts with these tags do not count';
  }
  return undefined;
}

function priorityOf(alert: Fields): string | undefined {
  return looseText(alert.priority)?.toUpperCase();
}
