import {
  DeploymentAttempt,
  FailureAttribution,
  IncidentFact,
  ServiceFacts,
} from '@pavedroad/plugin-dora-common';
import { JsonObject } from '@backstage/types';

/** What was last said about a subject. */
export interface Announced {
  state: string;
  version: number;
}

/** Something to say about one thing of a service. */
export interface Statement {
  /** What it is about, unique within the service. */
  subject: string;
  /** What is said about it: said again only when this changes. */
  state: string;
  /** Epoch milliseconds: when it became so. */
  at: number;
  type: string;
  /** CloudEvents `subject`. */
  about: string;
  /** Data, without what depends on the envelope. */
  data: JsonObject;
  /** Whether the data is a CDEvent, whose context repeats the envelope. */
  cdevent: boolean;
  sample: boolean;
}

export const ATTRIBUTED_OUT = 'dev.pavedroad.delivery.failureattributed.0.1.0';
export const UNATTRIBUTED_OUT =
  'dev.pavedroad.delivery.failureunattributed.0.1.0';

/** Sources whose events are CDEvents already: whoever wants those has them. */
const SPEAKS_CDEVENTS = new Set(['cdevents']);

const WITHDRAWN = 'none';

function purlOf(serviceRef: string, attempt: DeploymentAttempt): string {
  if (attempt.artifact?.startsWith('pkg:')) {
    return attempt.artifact;
  }
  const name = serviceRef.replace(/^.*\//, '');
  return attempt.revision
    ? `pkg:generic/${name}@${encodeURIComponent(attempt.revision)}`
    : `pkg:generic/${name}`;
}

function defined(value: {
  [key: string]: JsonObject[string] | undefined;
}): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as JsonObject;
}

function deploymentStatement(
  facts: ServiceFacts,
  attempt: DeploymentAttempt,
  rollbacks: ReadonlySet<string>,
): Statement {
  const predicate = rollbacks.has(attempt.id) ? 'rolledback' : 'deployed';
  return {
    subject: `deployment ${attempt.id}`,
    // A deployment is told once: what it turns out to be later is in the portal.
    state: 'finished',
    at: Date.parse(attempt.finishedAt!),
    type: `dev.cdevents.service.${predicate}.0.3.0`,
    about: facts.serviceRef,
    cdevent: true,
    sample: attempt.sample,
    data: {
      subject: {
        id: facts.serviceRef,
        content: {
          environment: { id: attempt.environment },
          artifactId: purlOf(facts.serviceRef, attempt),
        },
      },
      customData: defined({
        deploymentId: attempt.deploymentId,
        revision: attempt.revision,
        startedAt: attempt.startedAt,
        tier: attempt.tier,
        url: attempt.url,
        learnedFrom: attempt.source,
      }),
    },
  };
}

function incidentStatement(
  serviceRef: string,
  incident: IncidentFact,
  predicate: 'detected' | 'resolved',
  at: number,
): Statement {
  return {
    subject: `incident ${predicate} ${incident.id}`,
    state:
      predicate === 'detected' && incident.reopened
        ? `${at} reopened`
        : String(at),
    at,
    type: `dev.cdevents.incident.${predicate}.0.3.0`,
    about: incident.id,
    cdevent: true,
    sample: incident.sample,
    data: {
      subject: {
        id: incident.id,
        content: defined({
          description: incident.title,
          environment: { id: incident.environment ?? incident.tier },
          service: { id: serviceRef },
        }),
      },
      customData: defined({
        url: incident.url,
        learnedFrom: incident.source,
        ...(predicate === 'detected' &&
          incident.reopened && { reopened: true }),
      }),
    },
  };
}

function causeSubject(cause: FailureAttribution['cause']): string {
  return `cause ${cause.kind} ${cause.id}`;
}

function attributionStatement(
  facts: ServiceFacts,
  attribution: FailureAttribution,
  attempts: ReadonlyMap<string, DeploymentAttempt>,
  incidents: ReadonlyMap<string, IncidentFact>,
): Statement {
  const { blamed, cause, method, author } = attribution;
  const attempt = blamed === undefined ? undefined : attempts.get(blamed);
  const incident =
    cause.kind === 'incident' ? incidents.get(cause.id) : undefined;
  return {
    subject: causeSubject(cause),
    state: JSON.stringify([blamed ?? '', method]),
    at: Date.parse(attribution.recordedAt),
    type: ATTRIBUTED_OUT,
    about: facts.serviceRef,
    cdevent: false,
    sample: (attempt ?? incident)?.sample ?? facts.sample,
    data: defined({
      serviceRef: facts.serviceRef,
      cause: { kind: cause.kind, id: cause.id },
      incident:
        incident &&
        defined({ id: incident.id, title: incident.title, url: incident.url }),
      noneToBlame: blamed === undefined ? true : undefined,
      deployment:
        attempt &&
        defined({
          id: attempt.id,
          deploymentId: attempt.deploymentId,
          environment: attempt.environment,
          revision: attempt.revision,
          finishedAt: attempt.finishedAt,
          url: attempt.url,
        }),
      method,
      confidence: attribution.confidence,
      // Who it was, and in which words, stays in the portal.
      author: author.kind,
      recordedAt: attribution.recordedAt,
    }),
  };
}

/**
 * What there is to say about the facts of a service: what became so since a moment, and what
 * corrects something that was said before. Pure.
 *
 * @param announced - what was said, by subject
 * @param since - epoch milliseconds
 */
export function statementsOf(
  facts: ServiceFacts,
  announced: ReadonlyMap<string, Announced>,
  since: number,
  now: number,
): Statement[] {
  const rollbacks = new Set(
    facts.deployments
      .filter(({ kind, environment }) => kind === 'rollback' && environment)
      .flatMap(({ members }) => members),
  );
  const attempts = new Map(facts.attempts.map(fact => [fact.id, fact]));
  const incidents = new Map(facts.incidents.map(fact => [fact.id, fact]));
  const told = (source: string | undefined) =>
    source !== undefined && !SPEAKS_CDEVENTS.has(source);
  const live = facts.attributions.filter(({ state }) => state === 'live');

  const statements: Statement[] = [];
  for (const attempt of facts.attempts) {
    if (attempt.status === 'succeeded' && told(attempt.source)) {
      statements.push(deploymentStatement(facts, attempt, rollbacks));
    }
  }
  for (const incident of facts.incidents) {
    if (told(incident.source)) {
      const { serviceRef } = facts;
      const { openedAt, resolvedAt } = incident;
      statements.push(
        incidentStatement(serviceRef, incident, 'detected', openedAt),
      );
      if (resolvedAt !== undefined) {
        statements.push(
          incidentStatement(serviceRef, incident, 'resolved', resolvedAt),
        );
      }
    }
  }
  for (const attribution of live) {
    statements.push(
      attributionStatement(facts, attribution, attempts, incidents),
    );
  }
  const attributed = new Set(live.map(({ cause }) => causeSubject(cause)));
  for (const [subject, { state }] of announced) {
    if (
      subject.startsWith('cause ') &&
      state !== WITHDRAWN &&
      !attributed.has(subject)
    ) {
      const [, kind, id] = /^cause (\S+) (.*)$/s.exec(subject) ?? [];
      statements.push({
        subject,
        state: WITHDRAWN,
        at: now,
        type: UNATTRIBUTED_OUT,
        about: facts.serviceRef,
        cdevent: false,
        sample: facts.sample,
        data: { serviceRef: facts.serviceRef, cause: { kind, id } },
      });
    }
  }
  return statements.filter(({ subject, state, at }) => {
    const said = announced.get(subject);
    // A correction is told however old the thing is: whoever heard of it is wrong until then.
    return said ? said.state !== state : at >= since;
  });
}

/** The CloudEvent that says a statement. Pure. */
export function cloudEventOf(
  statement: Statement,
  envelope: { id: string; source: string },
): JsonObject {
  const { type, about, sample, at, cdevent, data } = statement;
  const time = new Date(at).toISOString();
  return {
    specversion: '1.0',
    ...envelope,
    type,
    subject: about,
    time,
    datacontenttype: 'application/json',
    ...(sample && { sampledata: 'true' }),
    data: cdevent
      ? {
          context: {
            specversion: '0.5.1',
            ...envelope,
            type,
            timestamp: time,
          },
          ...data,
          customDataContentType: 'application/json',
        }
      : data,
  };
}
