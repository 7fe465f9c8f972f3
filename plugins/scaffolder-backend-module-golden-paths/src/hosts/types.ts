import type { BackstageCredentials } from '@backstage/backend-plugin-api';

/** The hosts a repository can be published to. */
export type PublishProvider = 'git' | 'github' | 'gitlab';

/** The addresses of a repository, all absolute URLs. */
export type RepositoryAddresses = {
  /** What `git clone` takes. */
  cloneUrl: string;
  /** The page for a browser. */
  repositoryUrl: string;
  /** Root of the files on a branch, ending in a slash, as URL readers and `backstage.io/source-location` take it. */
  repoContentsUrl: string;
  /** `catalog-info.yaml` on a branch, as catalog locations take it. */
  catalogInfoUrl: string;
};

/** What a host knows of a repository. */
export type RepositoryState = {
  slug: string;
  /** No commit yet. */
  empty: boolean;
  /** ISO instant. */
  createdAt?: string;
  /** Who made it, where the host knows it as an entity ref. */
  createdBy?: string;
};

/** How git proves who it is: the value of an `Authorization` header. Secret. */
export type PushAccess = { url: string; authorization: string };

/**
 * A place repositories are published to. Errors are from `@backstage/errors` with sentences for the person who filled in the form:
 * `ServiceUnavailableError` when the host cannot be reached, `NotAllowedError` when it refuses, `ConflictError` when the name is
 * taken.
 */
export interface RepositoryHost {
  readonly provider: PublishProvider;

  /** The slug of a repository of this owner. */
  slug(ownerName: string, name: string): string;

  /** Pure: no request is made. */
  addresses(slug: string, branch: string): Promise<RepositoryAddresses>;

  /** The annotation that ties an entity to its repository on this host. */
  annotations(slug: string): Record<string, string>;

  /** Whether a repository could be created there: reachable, namespace there, credentials configured. */
  checkTarget(slug: string, credentials: BackstageCredentials): Promise<void>;

  /** `undefined` when there is none. */
  describe(
    slug: string,
    credentials: BackstageCredentials,
  ): Promise<RepositoryState | undefined>;

  create(
    slug: string,
    options: { description?: string; defaultBranch: string },
    credentials: BackstageCredentials,
  ): Promise<void>;

  remove(slug: string, credentials: BackstageCredentials): Promise<void>;

  pushAccess(
    slug: string,
    credentials: BackstageCredentials,
  ): Promise<PushAccess>;

  /** The CI system that belongs to the host and keeps secrets of a repository; absent when it has none. */
  readonly ci?: 'github' | 'gitlab';

  /** Gives the pipelines of a repository a secret, in place of one of the same name. Only where `ci` says so. */
  setPipelineSecret?(slug: string, name: string, value: string): Promise<void>;
}
