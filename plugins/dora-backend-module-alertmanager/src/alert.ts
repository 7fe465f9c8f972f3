import {
  DomainEvent,
  IncidentEvent,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import {
  deliveryDigest,
  EventIgnored,
  EventProblem,
  incidentDetails,
  isObject,
  link,
  looseText,
  memberOf,
  objectAt,
  optionalMoment,
  optionalText,
  prose,
  RawDeliveryEvent,
  requiredMoment,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';

/** Labels that an alert must have. */
export interface LabelMatcher {
  labels: Record<string, string>;
}

/** How alerts are read. */
export interface AlertRules {
  /** Alerts that match any of these are incidents. */
  incidents: LabelMatcher[];
  serviceLabels: string[];
  environmentLabels: string[];
  services: (LabelMatcher & { entityRef: string })[];
}

type Fields = { [key: string]: unknown };

/**
 * Reads one alert of a notification. Pure.
 *
 * An incident is one firing of one label set: the fingerprint and the moment it
 * began. Firing again after it had stopped began anew, so it is another incident;
 * had it not stopped after all, it still began then, and is the same one.
 *
 * @throws EventProblem, EventIgnored
 */
export function normaliseAlert(
  raw: RawDeliveryEvent,
  rules: AlertRules,
): DomainEvent[] {
  const data = objectAt(raw.data);
  if (!isObject(data.alert)) {
    throw new EventProblem('an alert must be an object');
  }
  const { alert } = data;
  if (!isObject(alert.labels)) {
    throw new EventProblem('labels must be an object');
  }
  const { labels } = alert;
  const status = optionalText('status', alert.status);
  if (status !== 'firing' && status !== 'resolved') {
    throw new EventProblem('status must be firing or resolved');
  }
  if (!rules.incidents.some(matcher => matches(labels, matcher))) {
    throw new EventIgnored('alerts with these labels are no incidents');
  }
  const startsAt = requiredMoment('startsAt', alert.startsAt);
  const annotations = objectAt(alert.annotations);
  // Labels come from what is observed: `deployment` or `component` there mean
  // things of Kubernetes. Annotations are written for people, and for this.
  const details = {
    ...incidentDetails({
      revision: labels.revision,
      commit: labels.commit,
      environment: firstOf(labels, rules.environmentLabels),
    }),
    ...incidentDetails(annotations),
  };
  const service = serviceOf(labels, details.service, rules);
  if (!service) {
    throw new EventIgnored(
      `it has none of the labels that name a service: ${rules.serviceLabels
        .join(', ')
        .slice(0, 500)}`,
    );
  }
  const common = withoutUndefined({
    type: 'incident' as const,
    service,
    incidentId: `alertmanager:${fingerprintOf(alert)}:${startsAt}`,
    acrossServices: true as const,
    title:
      prose(annotations.summary) ??
      prose(annotations.title) ??
      prose(labels.alertname) ??
      prose(annotations.description),
    url: link(alert.generatorURL) ?? link(data.externalURL),
    environment: details.environment,
    deployment: details.deployment,
    revision: details.revision,
    artifact: details.artifact,
  });
  const opened: IncidentEvent = { ...common, action: 'opened', at: startsAt };
  // Labels make another alert of it. An annotation does not, and may name another service than it did: nothing but the
  // arrival tells which came last.
  const named: IncidentEvent[] = details.service
    ? [{ ...common, action: 'updated', at: raw.receivedAt }]
    : [];
  if (status === 'firing') {
    return [opened, ...named];
  }
  return [
    opened,
    ...named,
    ...resolution(common, startsAt, alert.endsAt, raw.receivedAt),
  ];
}

/**
 * That it stopped says that it fired until then. So a later end of the same firing
 * reopens what an earlier one had closed: Alertmanager believes an alert resolved
 * when it does not hear of it for a while, and takes that back without a word.
 */
function resolution(
  common: Omit<IncidentEvent, 'action' | 'at'>,
  startsAt: string,
  endsAt: unknown,
  receivedAt: string,
): IncidentEvent[] {
  const said = optionalMoment('endsAt', endsAt);
  const at = said !== undefined && said >= startsAt ? said : receivedAt;
  const before = Date.parse(at) - 1;
  return [
    ...(before > Date.parse(startsAt)
      ? [
          {
            ...common,
            action: 'reopened' as const,
            at: new Date(before).toISOString(),
          },
        ]
      : []),
    { ...common, action: 'resolved', at },
  ];
}

function serviceOf(
  labels: Fields,
  named: ServiceHint | undefined,
  rules: AlertRules,
): ServiceHint | undefined {
  if (named?.entityRef || named?.repository) {
    return named;
  }
  const rule = rules.services.find(candidate => matches(labels, candidate));
  if (rule) {
    return { entityRef: rule.entityRef };
  }
  const name = named?.name ?? firstOf(labels, rules.serviceLabels);
  return name === undefined
    ? undefined
    : { name, aliases: [`backstage.io/kubernetes-id:${name}`] };
}

function matches(labels: Fields, matcher: LabelMatcher): boolean {
  return Object.entries(matcher.labels).every(
    ([name, value]) => memberOf(labels, name) === value,
  );
}

function firstOf(labels: Fields, names: string[]): string | undefined {
  for (const name of names) {
    const value = looseText(memberOf(labels, name));
    if (value !== undefined) {
      return value;
    }
  }
  return undefined;
}

/** Versions before 0.16 send none: the labels, of which it is the hash, do as well. */
function fingerprintOf(alert: Fields): string {
  return (
    optionalText('fingerprint', alert.fingerprint) ??
    deliveryDigest(
      JSON.stringify(
        Object.entries(objectAt(alert.labels))
          .filter(([, value]) => typeof value === 'string')
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    )
  );
}
