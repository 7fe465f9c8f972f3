import { Config } from '@backstage/config';

/** Which tickets are incidents. What is given must all match; a list matches with any of its entries. */
export interface IncidentTicketRule {
  /** In lower case, like all texts that are compared. */
  types?: string[];
  labels?: string[];
  priorities?: string[];
  groups?: string[];
  /** What the label begins with that names the service. */
  serviceLabel: string;
  service?: string;
  environment?: string;
}

/** Settings of the source, see `config.d.ts`. */
export interface CdeventsOptions {
  incidentTickets: IncidentTicketRule[];
}

const DEFAULT_SERVICE_LABEL = 'service:';

/** Reads `dora.cdevents`. */
export function readCdeventsOptions(rootConfig: Config): CdeventsOptions {
  const rules = rootConfig.getOptionalConfigArray(
    'dora.cdevents.incidentTickets',
  );
  return {
    incidentTickets:
      rules?.map(rule => {
        const list = (key: string) =>
          rule.getOptionalStringArray(key)?.map(text => text.toLowerCase());
        return {
          types: list('types'),
          labels: list('labels'),
          priorities: list('priorities'),
          groups: list('groups'),
          serviceLabel: (
            rule.getOptionalString('serviceLabel') ?? DEFAULT_SERVICE_LABEL
          ).toLowerCase(),
          service: rule.getOptionalString('service'),
          environment: rule.getOptionalString('environment'),
        };
      }) ?? [],
  };
}

/** The first rule that takes a ticket for an incident. Texts in lower case. */
export function matchingTicketRule(
  rules: IncidentTicketRule[],
  ticket: {
    type?: string;
    priority?: string;
    group?: string;
    labels: string[];
  },
): IncidentTicketRule | undefined {
  const one = (wanted: string[] | undefined, value: string | undefined) =>
    !wanted || (value !== undefined && wanted.includes(value));
  return rules.find(
    rule =>
      one(rule.types, ticket.type) &&
      one(rule.priorities, ticket.priority) &&
      one(rule.groups, ticket.group) &&
      (!rule.labels ||
        rule.labels.some(label => ticket.labels.includes(label))),
  );
}
