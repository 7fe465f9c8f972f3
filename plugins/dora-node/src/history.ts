import { CommitRecord, PullRequestCommit } from '@pavedroad/plugin-dora-common';
import { isCommitId, prose } from './reading';

/*
 * What pushes and pull requests of any git provider have in common.
 */

/** How much of a commit message is looked at, in characters. */
const READ_MESSAGE = 20_000;

/**
 * The commits that a message says it reverts, as `git revert` words it.
 *
 * @public
 */
export function revertedCommits(message: unknown): string[] | undefined {
  if (typeof message !== 'string') {
    return undefined;
  }
  const found = [
    ...message
      .slice(0, READ_MESSAGE)
      .matchAll(/\bthis reverts commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\b/gi),
  ].map(([, id]) => id.toLowerCase());
  return found.length > 0 ? [...new Set(found)] : undefined;
}

/**
 * First line of a commit message.
 *
 * @public
 */
export function subjectOf(message: unknown): string | undefined {
  return typeof message === 'string'
    ? prose(message.slice(0, READ_MESSAGE).trimStart().split('\n', 1)[0])
    : undefined;
}

/** One commit of a push, as webhooks tell it: without its parents. */
export interface PushedCommit extends Omit<CommitRecord, 'parents'> {
  /** Whether it may be a merge, or was made by the provider on a person's behalf. */
  doubtful: boolean;
}

/**
 * Whether a message looks like that of a merge.
 *
 * @public
 */
export function looksLikeMerge(message: unknown): boolean {
  return (
    typeof message === 'string' &&
    /^\s*merge(d)? (pull request|branch|remote-tracking branch|tag|commit|in\b)/i.test(
      message.slice(0, 300),
    )
  );
}

/**
 * The commits of a push with their parents, where these follow from the push:
 * webhooks leave them out. A push that is no force-push and brings one commit, or
 * several without any merge, is a chain on top of what was there before. For
 * anything else the answer is `undefined`: a guess would bend the history.
 *
 * @param commits - oldest first
 * @public
 */
export function chainOfPush(push: {
  before: string;
  after: string;
  forced: boolean;
  complete: boolean;
  commits: readonly PushedCommit[];
}): CommitRecord[] | undefined {
  const { before, after, forced, complete, commits } = push;
  if (
    forced ||
    !complete ||
    commits.length === 0 ||
    commits[commits.length - 1].id !== after ||
    !isCommitId(before) ||
    /^0+$/.test(before) ||
    new Set(commits.map(({ id }) => id)).size < commits.length ||
    commits.some(({ id }) => id === before) ||
    (commits.length > 1 && commits.some(({ doubtful }) => doubtful))
  ) {
    return undefined;
  }
  return commits.map(({ doubtful: _, ...commit }, index) => ({
    ...commit,
    parents: [index === 0 ? before : commits[index - 1].id],
  }));
}

/**
 * How a pull request was merged, by the commit that the merge made and the
 * original commits; `undefined` where that cannot be told.
 *
 * @param originals - oldest first
 * @public
 */
export function mergeMethodOf(
  made: Pick<CommitRecord, 'id' | 'parents' | 'authoredAt'> & {
    message?: unknown;
  },
  originals: readonly (PullRequestCommit & { message?: unknown })[],
): 'merge' | 'squash' | 'rebase' | undefined {
  if (made.parents.length > 1) {
    return 'merge';
  }
  const last = originals.at(-1);
  // A fast-forward made nothing: the originals are in the history themselves.
  if (!last || originals.some(({ id }) => id === made.id)) {
    return undefined;
  }
  // Rebasing keeps the author's time and the message; squashing makes both anew.
  const copied =
    made.authoredAt !== undefined &&
    last.authoredAt !== undefined &&
    Date.parse(made.authoredAt) === Date.parse(last.authoredAt) &&
    text(made.message) === text(last.message);
  return copied ? 'rebase' : 'squash';
}

function text(message: unknown): string {
  return typeof message === 'string' ? message.trim() : '';
}

/**
 * What a text of a pull request or an issue names on a line of its own, such as
 * `Caused by: 4f2a…` or `Environment: staging`. The first line counts.
 *
 * @param names - in lower case
 * @public
 */
export function trailerOf(
  body: unknown,
  names: readonly string[],
): string | undefined {
  if (typeof body !== 'string') {
    return undefined;
  }
  for (const line of body.slice(0, READ_MESSAGE).split(/\r?\n/, 500)) {
    const colon = line.indexOf(':');
    if (colon > 0 && colon < 40) {
      const name = line
        .slice(0, colon)
        .replace(/[*_`#>-]/g, '')
        .trim()
        .toLowerCase();
      const value = line
        .slice(colon + 1)
        .replace(/[*`]/g, '')
        .trim();
      if (names.includes(name) && value && value.length <= 500) {
        return value;
      }
    }
  }
  return undefined;
}
