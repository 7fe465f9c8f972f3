import {
  AccessToken,
  GitPushEvent,
  PullState,
} from '@pavedroad/plugin-git-common';
import { DiskRef } from '../git/GitRepository';

/** A repository as it is kept. */
export interface RepositoryRow {
  id: string;
  owner: string;
  name: string;
  description: string;
  defaultBranch: string;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  pendingPusher?: string;
}

/** A pull request as it is kept. */
export interface PullRow {
  repositoryId: string;
  number: number;
  title: string;
  body: string;
  state: PullState;
  draft: boolean;
  source: string;
  target: string;
  headCommit: string;
  baseCommit: string;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  mergedBy?: string;
  mergedAt?: Date;
  mergeCommit?: string;
  closedBy?: string;
  closedAt?: Date;
}

/** A push that waits to be published, or has been. */
export interface PushRow {
  id: string;
  repositoryId: string;
  event: GitPushEvent;
  /** Paths that a catalog may have read from the ref. */
  changedPaths: string[];
}

/** A token with the hash it is found by. */
export interface TokenRow extends AccessToken {
  hash: string;
}

/** One page of rows, and where the next one starts. */
export interface RowPage<T> {
  rows: T[];
  nextCursor?: string;
}

/**
 * What the host keeps besides git's own files. Implementations decide nothing.
 * Methods that take part in {@link RefTransaction} see and change one
 * repository under its lock.
 */
export interface GitStore {
  insertRepository(row: RepositoryRow): Promise<void>;
  findRepository(slug: {
    owner: string;
    name: string;
  }): Promise<RepositoryRow | undefined>;
  getRepository(id: string): Promise<RepositoryRow | undefined>;
  listRepositories(filter: {
    owner?: string;
    query?: string;
    limit: number;
    cursor?: string;
  }): Promise<RowPage<RepositoryRow>>;
  listRepositoryIds(): Promise<string[]>;
  deleteRepository(id: string): Promise<void>;
  setPendingPusher(id: string, pusher: string | undefined): Promise<void>;

  /**
   * Runs `work` while nobody else, on any backend, moves refs of the
   * repository. What it records is committed when it resolves, and rolled back
   * when it throws.
   */
  withRepositoryLock<T>(
    repositoryId: string,
    work: (transaction: RefTransaction) => Promise<T>,
  ): Promise<T>;

  /**
   * Hands unpublished pushes to `publish`, oldest first, each to one caller at
   * a time, until none is left or one fails.
   *
   * @returns how many were published
   */
  publishPending(publish: (push: PushRow) => Promise<void>): Promise<number>;
  /** Forgets published pushes made before the instant. */
  deletePublishedPushes(before: Date): Promise<number>;

  getPull(repositoryId: string, number: number): Promise<PullRow | undefined>;
  listPulls(filter: {
    repositoryId: string;
    state?: PullState;
    limit: number;
    cursor?: string;
  }): Promise<RowPage<PullRow>>;
  countOpenPulls(repositoryId: string): Promise<number>;

  insertToken(row: TokenRow): Promise<void>;
  findTokenByHash(hash: string): Promise<TokenRow | undefined>;
  getToken(id: string): Promise<TokenRow | undefined>;
  listTokens(owner: string): Promise<TokenRow[]>;
  markTokenUsed(id: string, at: Date): Promise<void>;
  revokeToken(id: string, at: Date): Promise<void>;
}

/** Changes to one repository while its lock is held. */
export interface RefTransaction {
  /** The repository as it is now, or `undefined` when it was deleted. */
  repository(): Promise<RepositoryRow | undefined>;
  recordedRefs(): Promise<DiskRef[]>;
  replaceRefs(changed: DiskRef[], deleted: string[]): Promise<void>;
  insertPush(push: PushRow, at: Date): Promise<void>;
  /** Notes that nobody moves refs any more, and when one last moved. */
  finish(movedAt: Date | undefined): Promise<void>;
  /** Runs `work`; when it throws, only what it recorded is rolled back. */
  attempt<T>(work: (transaction: RefTransaction) => Promise<T>): Promise<T>;
  openPulls(): Promise<PullRow[]>;
  getPull(number: number): Promise<PullRow | undefined>;
  /** @throws ConflictError when one is open for the same two branches */
  insertPull(row: Omit<PullRow, 'number'>): Promise<PullRow>;
  updatePull(number: number, changes: Partial<PullRow>): Promise<void>;
}
