import {
  CommitRecord,
  CommitsEvent,
  DomainEvent,
  FailureDataEvent,
  ReleaseTagEvent,
} from '@pavedroad/plugin-dora-common';
import {
  EventIgnored,
  EventProblem,
  isObject,
  link,
  objectAt,
  prose,
  RawDeliveryEvent,
} from '@pavedroad/plugin-dora-node';
import {
  commitId,
  optionalMoment,
  optionalText,
  requiredMoment,
  requiredText,
  textList,
} from './read';

/*
 * Event types for what CDEvents has no words for.
 */

/** A piece of a repository's commit graph. */
export const COMMITS_TYPE = 'dev.pavedroad.git.commits.0.1.0';
/** A release tag that stands for a production deployment. */
export const RELEASE_TYPE = 'dev.pavedroad.git.release.0.1.0';
/** That failures of a service are reported from a moment on. */
export const DECLARED_TYPE = 'dev.pavedroad.source.declared.0.1.0';

const MAX_COMMITS = 50_000;

/** True for the types of {@link normalisePortalEvent}. */
export function isPortalType(type: string): boolean {
  return [COMMITS_TYPE, RELEASE_TYPE, DECLARED_TYPE].includes(type);
}

/** @throws EventProblem, EventIgnored */
export function normalisePortalEvent(event: RawDeliveryEvent): DomainEvent[] {
  if (!isObject(event.data)) {
    throw new EventProblem('data must be an object');
  }
  switch (event.type) {
    case COMMITS_TYPE:
      return [commits(event.data)];
    case RELEASE_TYPE:
      return [release(event.data)];
    default:
      return [declaration(event.data)];
  }
}

type Data = { [key: string]: unknown };

function entityRef(value: unknown): string | undefined {
  const text = optionalText('data.entityRef', value)?.toLowerCase();
  if (text !== undefined && !/^[a-z][\w-]*:[^\s:/]+(\/[^\s:/]+)?$/.test(text)) {
    throw new EventProblem('data.entityRef is not an entity reference');
  }
  return text;
}

function commits(data: Data): CommitsEvent {
  const ref = entityRef(data.entityRef);
  if (!Array.isArray(data.commits)) {
    throw new EventProblem('data.commits must be a list');
  }
  if (data.commits.length > MAX_COMMITS) {
    throw new EventProblem(`data.commits holds more than ${MAX_COMMITS}`);
  }
  if (data.commits.length === 0) {
    throw new EventIgnored('it brings no commits');
  }
  return {
    type: 'commits',
    ...(ref && { service: { entityRef: ref } }),
    repository: requiredText('data.repository', data.repository).toLowerCase(),
    defaultBranch: optionalText('data.defaultBranch', data.defaultBranch),
    commits: data.commits.map((item, index) =>
      commit(`data.commits[${index}]`, objectAt(item)),
    ),
  };
}

function commit(name: string, data: Data): CommitRecord {
  const parents = textList(`${name}.parents`, data.parents) ?? [];
  const record: CommitRecord = {
    id: commitId(`${name}.id`, data.id),
    parents: parents.map((id, index) =>
      commitId(`${name}.parents[${index}]`, id),
    ),
    committedAt: requiredMoment(`${name}.committedAt`, data.committedAt),
  };
  const authoredAt = optionalMoment(`${name}.authoredAt`, data.authoredAt);
  const authorName = prose(data.authorName);
  const authorEmail = prose(data.authorEmail);
  const subject = prose(data.subject);
  const paths = textList(`${name}.paths`, data.paths);
  const reverts = textList(`${name}.reverts`, data.reverts);
  return {
    ...record,
    ...(authoredAt && { authoredAt }),
    ...(authorName && { authorName }),
    ...(authorEmail && { authorEmail }),
    ...(subject && { subject }),
    ...(paths && { paths }),
    ...(reverts && {
      reverts: reverts.map((id, index) =>
        commitId(`${name}.reverts[${index}]`, id),
      ),
    }),
  };
}

function release(data: Data): ReleaseTagEvent {
  const ref = entityRef(data.entityRef);
  const repository = optionalText(
    'data.repository',
    data.repository,
  )?.toLowerCase();
  if (!ref && !repository) {
    throw new EventProblem('data.entityRef or data.repository is missing');
  }
  const url = link(data.url);
  return {
    type: 'release_tag',
    ...(ref && { service: { entityRef: ref } }),
    ...(repository && { repository }),
    tag: requiredText('data.tag', data.tag),
    revision: commitId('data.revision', data.revision),
    releasedAt: requiredMoment('data.releasedAt', data.releasedAt),
    ...(url && { url }),
  };
}

const PROVIDED = ['incidents', 'rollbacks', 'hotfixes'] as const;

function declaration(data: Data): FailureDataEvent {
  const ref = entityRef(data.entityRef);
  if (!ref) {
    throw new EventProblem('data.entityRef is missing');
  }
  const text = requiredText('data.provides', data.provides);
  const provides = PROVIDED.find(known => known === text);
  if (!provides) {
    throw new EventProblem(`data.provides must be ${PROVIDED.join(', ')}`);
  }
  return {
    type: 'failure_data',
    service: { entityRef: ref },
    provides,
    since: requiredMoment('data.since', data.since),
  };
}
