import { GitHistory, stableId } from '@pavedroad/plugin-dora-common';

/** A CloudEvent in JSON form, as far as this command makes or passes on. */
export interface CloudEvent {
  specversion: string;
  id: string;
  source: string;
  type: string;
  time?: string;
  datacontenttype?: string;
  sampledata?: string;
  data?: unknown;
}

export interface HistoryEventOptions {
  /** Component that the releases are deployments of. */
  entityRef: string;
  /** Slug under which the commits are kept, e.g. `acme/checkout`. */
  repository: string;
  defaultBranch?: string;
  /** Mark everything as sample data. */
  sample?: boolean;
}

/** Commits of one event: enough to be quick, few enough to stay far below the size limit of a request. */
const COMMITS_PER_EVENT = 250;

/**
 * Events that tell a history: its commits in pieces, then its release tags. Ids follow from the content, so sending the
 * same history again, wholly or from where it broke off, changes nothing.
 */
export function* historyEvents(
  history: GitHistory,
  options: HistoryEventOptions,
): Generator<CloudEvent> {
  const { entityRef, repository, defaultBranch, sample } = options;
  const source = `/dora-cli/${encodeURI(repository)}`;
  const marked = sample ? { sampledata: 'true' } : {};
  for (let i = 0; i < history.commits.length; i += COMMITS_PER_EVENT) {
    const commits = history.commits.slice(i, i + COMMITS_PER_EVENT);
    const data = { repository, defaultBranch, commits };
    yield {
      specversion: '1.0',
      id: stableId('commits-', JSON.stringify(data), String(sample === true)),
      source,
      type: 'dev.pavedroad.git.commits.0.1.0',
      datacontenttype: 'application/json',
      ...marked,
      data,
    };
  }
  for (const { name, revision, releasedAt } of history.releases) {
    const data = { entityRef, repository, tag: name, revision, releasedAt };
    yield {
      specversion: '1.0',
      id: stableId('release-', JSON.stringify(data), String(sample === true)),
      source,
      type: 'dev.pavedroad.git.release.0.1.0',
      time: new Date(releasedAt).toISOString(),
      datacontenttype: 'application/json',
      ...marked,
      data,
    };
  }
}
