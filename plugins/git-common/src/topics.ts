/** Topic of the events service on which every accepted push is published. */
export const GIT_PUSH_TOPIC = 'git.push';

/** Annotation naming the repository of an entity: `<owner>/<name>`. */
export const REPOSITORY_ANNOTATION = 'pavedroad.dev/repository';

/** One commit of a push. */
export interface GitPushCommit {
  id: string;
  /** Parents, first parent first. Empty for a root commit. */
  parents: string[];
  /** ISO 8601 with the author's offset. */
  authoredAt: string;
  /** ISO 8601 with the committer's offset. */
  committedAt: string;
  authorName: string;
  authorEmail: string;
  /**
   * Paths the commit changes against its first parent. Left out when there are
   * too many to send.
   */
  paths?: string[];
  subject: string;
}

/**
 * One ref that a push, a merge or a commit through the interface moved.
 * Delivered at least once; the events service's metadata carries the id of the
 * record as `git-push-id`, the same on every delivery.
 */
export interface GitPushEvent {
  /** `<owner>/<name>`. */
  repository: string;
  owner: string;
  name: string;
  /** Full name, such as `refs/heads/main` or `refs/tags/v1.0.0`. */
  ref: string;
  /** Short name of the branch that HEAD names. */
  defaultBranch: string;
  /** Commit before; absent when the ref is new. */
  before?: string;
  /** Commit after; absent when the ref was deleted. */
  after?: string;
  /** Entity ref of a user, or subject of a service principal. */
  pusher: string;
  /** ISO 8601, UTC. */
  pushedAt: string;
  /**
   * Commits the push made reachable that no branch reached before, newest
   * first, parents after children.
   */
  commits: GitPushCommit[];
  /** Whether `commits` leaves out the oldest because there are too many. */
  commitsTruncated: boolean;
}

/** Metadata key under which an event carries the id of its push record. */
export const GIT_PUSH_ID_METADATA = 'git-push-id';
