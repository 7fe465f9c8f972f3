import type { RepositoryState } from '../hosts/types';

/**
 * Whether a repository that is there is the one an earlier attempt of this task made: the name was free at `since`, and nobody else
 * is known to have made it.
 */
export function isOwnRepository(
  state: RepositoryState,
  since: string,
  userRef: string | undefined,
  slackMs = 5 * 60_000,
): boolean {
  const madeSince =
    state.createdAt !== undefined &&
    Date.parse(state.createdAt) + slackMs >= Date.parse(since);
  const madeByOther =
    state.createdBy !== undefined &&
    userRef !== undefined &&
    state.createdBy.toLocaleLowerCase('en-US') !==
      userRef.toLocaleLowerCase('en-US');
  return madeSince && !madeByOther;
}
