import { BuildEvent } from '../events';
import { PullRequest } from './pullRequests';

/** Slugs and addresses of one repository compare by their last two parts. */
function shortName(repository: string): string {
  return repository
    .toLowerCase()
    .replace(/\.git$/, '')
    .split('/')
    .filter(part => part !== '')
    .slice(-2)
    .join('/');
}

/** Builds that name a pull request instead of a commit are of the commit that its merge made. */
export function buildsWithRevisions(
  builds: readonly BuildEvent[],
  pullRequests: readonly PullRequest[],
): BuildEvent[] {
  if (!builds.some(build => build.pullRequest)) {
    return [...builds];
  }
  const mergeCommits = new Map(
    pullRequests.map(({ repository, number, mergeCommit }) => [
      `${shortName(repository)}#${number}`,
      mergeCommit,
    ]),
  );
  return builds.map(build => {
    const { revision, pullRequest } = build;
    const merged =
      revision === undefined &&
      pullRequest &&
      mergeCommits.get(
        `${shortName(pullRequest.repository)}#${pullRequest.number}`,
      );
    return merged ? { ...build, revision: merged } : build;
  });
}
