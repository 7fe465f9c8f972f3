import {
  GitPushEvent,
  PullState,
  TokenScope,
} from '@pavedroad/plugin-git-common';
import { PullRow, RepositoryRow, TokenRow } from './GitStore';

const UNIQUE_VIOLATION = '23505';

export interface DbRepository {
  id: string;
  owner: string;
  name: string;
  description: string;
  default_branch: string;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  next_pull: number;
  pending_pusher: string | null;
}

export interface DbRef {
  repository_id: string;
  ref: string;
  object_id: string;
  commit_id: string | null;
}

export interface DbPush {
  sequence: string;
  id: string;
  repository_id: string;
  event: GitPushEvent;
  changed_paths: string[];
  created_at: Date;
  published_at: Date | null;
  attempts: number;
  last_error: string | null;
}

export interface DbPull {
  repository_id: string;
  number: number;
  title: string;
  body: string;
  state: PullState;
  draft: boolean;
  source: string;
  target: string;
  head_commit: string;
  base_commit: string;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  merged_by: string | null;
  merged_at: Date | null;
  merge_commit: string | null;
  closed_by: string | null;
  closed_at: Date | null;
}

export interface DbToken {
  id: string;
  user_ref: string;
  name: string;
  hash: string;
  hint: string;
  scopes: TokenScope[];
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

export function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: string } | undefined)?.code === UNIQUE_VIOLATION;
}

export function toRepository(row: DbRepository): RepositoryRow {
  return {
    id: row.id,
    owner: row.owner,
    name: row.name,
    description: row.description,
    defaultBranch: row.default_branch,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    pendingPusher: row.pending_pusher ?? undefined,
  };
}

export function toPull(row: DbPull): PullRow {
  return {
    repositoryId: row.repository_id,
    number: row.number,
    title: row.title,
    body: row.body,
    state: row.state,
    draft: row.draft,
    source: row.source,
    target: row.target,
    headCommit: row.head_commit,
    baseCommit: row.base_commit,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    mergedBy: row.merged_by ?? undefined,
    mergedAt: row.merged_at ?? undefined,
    mergeCommit: row.merge_commit ?? undefined,
    closedBy: row.closed_by ?? undefined,
    closedAt: row.closed_at ?? undefined,
  };
}

/** `undefined` in a change clears the column; a key that is left out keeps it. */
export function fromPull(row: Partial<PullRow>): Record<string, unknown> {
  const columns: Record<keyof PullRow, string> = {
    repositoryId: 'repository_id',
    number: 'number',
    title: 'title',
    body: 'body',
    state: 'state',
    draft: 'draft',
    source: 'source',
    target: 'target',
    headCommit: 'head_commit',
    baseCommit: 'base_commit',
    createdBy: 'created_by',
    createdAt: 'created_at',
    updatedAt: 'updated_at',
    mergedBy: 'merged_by',
    mergedAt: 'merged_at',
    mergeCommit: 'merge_commit',
    closedBy: 'closed_by',
    closedAt: 'closed_at',
  };
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      columns[key as keyof PullRow],
      value === undefined ? null : value,
    ]),
  );
}

export function toToken(row: DbToken): TokenRow {
  return {
    id: row.id,
    name: row.name,
    owner: row.user_ref,
    hash: row.hash,
    hint: row.hint,
    scopes: row.scopes,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString(),
    revokedAt: row.revoked_at?.toISOString(),
  };
}
