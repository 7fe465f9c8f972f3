import {
  CommitRecord,
  CommitsEvent,
  PullRequestEvent,
} from '@pavedroad/plugin-dora-common';
import {
  EventProblem,
  isCommitId,
  link,
  NormaliseResult,
  objectAt,
  optionalText,
  outcomeOf,
  RawDeliveryEvent,
  requiredMoment,
  requiredText,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';
import { GitPushEvent, PullRequest } from '@pavedroad/plugin-git-common';
import { JsonValue } from '@backstage/types';

/** Commits of the portal's git host, as they lie in the inbox. */
export const COMMITS_TYPE = 'dev.pavedroad.git.host.commits.0.1.0';
/** A pull request of the portal's git host, as it lies in the inbox. */
export const PULL_TYPE = 'dev.pavedroad.git.host.pull.0.1.0';

/** Commits of one delivery; a longer history takes several. */
export const CHUNK = 1_000;

/** Deliveries of the portal's own git host; nobody can send such from outside. */
export function gitSourceOf(repository: string): string {
  return `urn:pavedroad:git:${repository}`;
}

interface CommitsData {
  repository: string;
  defaultBranch: string;
  commits: CommitRecord[];
}

interface PullData {
  repository: string;
  number: number;
  updatedAt: string;
  title: string;
  url: string;
  openedAt: string;
  mergedAt?: string;
  mergeCommit?: string;
}

/**
 * The raw events of a push. Their ids follow from the push itself, because an
 * event bus between the plugins may drop what is not in the payload.
 *
 * @param receivedAt - ISO instant in UTC
 */
export function pushEvents(
  push: GitPushEvent,
  receivedAt: string,
): RawDeliveryEvent[] {
  const delivery = [
    'push',
    push.ref,
    push.before ?? '',
    push.after ?? '',
    push.pushedAt,
  ].join(' ');
  return commitEvents(
    push.repository,
    push.defaultBranch,
    push.commits,
    start => (start === 0 ? delivery : `${delivery} +${start}`),
    receivedAt,
  );
}

/**
 * The raw events of a whole history. Their ids follow from the commits in them,
 * oldest first, so that what is sent again after the history grew is known
 * already but for its end.
 *
 * @param commits - newest first, as the host lists them
 */
export function historyEvents(
  repository: string,
  defaultBranch: string,
  commits: readonly CommitRecord[],
  receivedAt: string,
): RawDeliveryEvent[] {
  const oldestFirst = [...commits].reverse();
  return commitEvents(
    repository,
    defaultBranch,
    oldestFirst,
    (start, end) =>
      `history ${oldestFirst[start].id} ${oldestFirst[end - 1].id}`,
    receivedAt,
  );
}

function commitEvents(
  repository: string,
  defaultBranch: string,
  commits: readonly CommitRecord[],
  idOf: (start: number, end: number) => string,
  receivedAt: string,
): RawDeliveryEvent[] {
  const events: RawDeliveryEvent[] = [];
  for (let start = 0; start < commits.length; start += CHUNK) {
    const data: CommitsData = {
      repository,
      defaultBranch,
      commits: commits.slice(start, start + CHUNK).map(plainCommit),
    };
    events.push({
      id: idOf(start, Math.min(start + CHUNK, commits.length)),
      source: gitSourceOf(repository),
      type: COMMITS_TYPE,
      data: json(data),
      extensions: {},
      sample: false,
      receivedAt,
    });
  }
  return events;
}

/** The raw event of a pull request in its present state. */
export function pullEvent(
  pull: PullRequest,
  receivedAt: string,
): RawDeliveryEvent {
  const data: PullData = {
    repository: pull.repository,
    number: pull.number,
    updatedAt: pull.updatedAt,
    title: pull.title,
    url: pull.webUrl,
    openedAt: pull.createdAt,
    mergedAt: pull.mergedAt,
    mergeCommit: pull.mergeCommit,
  };
  return {
    id: `pull ${pull.number} ${pull.updatedAt}`,
    source: gitSourceOf(pull.repository),
    type: PULL_TYPE,
    data: json(data),
    extensions: {},
    sample: false,
    receivedAt,
  };
}

/** Normalises what the functions above made. Pure. */
export function readGitEvent(event: RawDeliveryEvent): NormaliseResult {
  if (!event.source.startsWith(gitSourceOf(''))) {
    return {
      outcome: 'rejected',
      reason: "only the portal's git host sends these",
    };
  }
  return outcomeOf(() => [
    event.type === COMMITS_TYPE
      ? commitsOf(objectAt(event.data))
      : pullOf(objectAt(event.data)),
  ]);
}

type Fields = Record<string, unknown>;

function commitsOf(data: Fields): CommitsEvent {
  if (!Array.isArray(data.commits)) {
    throw new EventProblem('data.commits must be a list');
  }
  return {
    type: 'commits',
    ...withoutUndefined({
      repository: requiredText('data.repository', data.repository),
      defaultBranch: optionalText('data.defaultBranch', data.defaultBranch),
      commits: data.commits.map((commit, index) =>
        commitOf(`data.commits[${index}]`, objectAt(commit)),
      ),
    }),
  };
}

function commitOf(name: string, data: Fields): CommitRecord {
  const parents = data.parents ?? [];
  if (!Array.isArray(parents)) {
    throw new EventProblem(`${name}.parents must be a list`);
  }
  const paths = data.paths;
  if (paths !== undefined && !Array.isArray(paths)) {
    throw new EventProblem(`${name}.paths must be a list`);
  }
  return withoutUndefined({
    id: commitId(`${name}.id`, data.id),
    parents: parents.map(id => commitId(`${name}.parents`, id)),
    // As the host wrote it: equal events stay equal.
    committedAt: moment(`${name}.committedAt`, data.committedAt),
    authoredAt:
      data.authoredAt === undefined
        ? undefined
        : moment(`${name}.authoredAt`, data.authoredAt),
    authorName: text(`${name}.authorName`, data.authorName),
    authorEmail: text(`${name}.authorEmail`, data.authorEmail),
    paths: paths?.map(path => text(`${name}.paths`, path) ?? ''),
    subject: text(`${name}.subject`, data.subject),
  });
}

function pullOf(data: Fields): PullRequestEvent {
  const { number } = data;
  if (!Number.isSafeInteger(number) || (number as number) < 0) {
    throw new EventProblem('data.number is not a number of a pull request');
  }
  const optional = (name: string) =>
    data[name] === undefined ? undefined : moment(`data.${name}`, data[name]);
  return {
    type: 'pull_request',
    ...withoutUndefined({
      repository: requiredText('data.repository', data.repository),
      number: number as number,
      updatedAt: moment('data.updatedAt', data.updatedAt),
      title: text('data.title', data.title),
      url: link(data.url),
      openedAt: optional('openedAt'),
      mergedAt: optional('mergedAt'),
      mergeCommit:
        data.mergeCommit === undefined
          ? undefined
          : commitId('data.mergeCommit', data.mergeCommit),
    }),
  };
}

function commitId(name: string, value: unknown): string {
  if (typeof value !== 'string' || !isCommitId(value)) {
    throw new EventProblem(`${name} is not a full commit id`);
  }
  return value;
}

function moment(name: string, value: unknown): string {
  requiredMoment(name, value);
  return value as string;
}

/** Text of any length: git sets no limit to subjects, names and paths. */
function text(name: string, value: unknown): string | undefined {
  if (value !== undefined && typeof value !== 'string') {
    throw new EventProblem(`${name} must be text`);
  }
  return value;
}

function plainCommit(commit: CommitRecord): CommitRecord {
  const {
    id,
    parents,
    authoredAt,
    committedAt,
    authorName,
    authorEmail,
    paths,
    subject,
  } = commit;
  return {
    id,
    parents,
    committedAt,
    authoredAt,
    authorName,
    authorEmail,
    paths,
    subject,
  };
}

/** Through JSON: exactly what the inbox gives back to a replay. */
function json(data: object): JsonValue {
  return JSON.parse(JSON.stringify(data));
}
