import { CommitRecord, PullRequestEvent } from '@pavedroad/plugin-dora-common';
import { NormaliseResult, RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
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
  if (event.type === COMMITS_TYPE) {
    const data = event.data as unknown as CommitsData;
    return {
      outcome: 'accepted',
      events: [{ type: 'commits', ...data }],
    };
  }
  const data = event.data as unknown as PullData;
  const pull: PullRequestEvent = { type: 'pull_request', ...data };
  return { outcome: 'accepted', events: [pull] };
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
