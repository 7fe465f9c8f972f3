import type { z } from 'zod';
import type {
  accessTokenSchema,
  branchSchema,
  commitDetailSchema,
  commitFileSchema,
  commitSchema,
  comparisonSchema,
  createBranchSchema,
  createCommitSchema,
  createdAccessTokenSchema,
  createPullSchema,
  createRepositorySchema,
  createTokenSchema,
  fileChangeSchema,
  mergeabilitySchema,
  mergePullSchema,
  pullRequestDetailSchema,
  pullRequestSchema,
  pullStateSchema,
  repositoryDetailSchema,
  repositorySchema,
  tagSchema,
  tokenScopeSchema,
  treeEntrySchema,
  treeSchema,
  updatePullSchema,
  viewerSchema,
} from './schemas';

/** A repository of the git host. */
export type Repository = z.infer<typeof repositorySchema>;
/** A repository with its state and what the caller may do. */
export type RepositoryDetail = z.infer<typeof repositoryDetailSchema>;
/** What the caller may do in a repository. */
export type RepositoryViewer = z.infer<typeof viewerSchema>;
/** A branch and its last commit. */
export type Branch = z.infer<typeof branchSchema>;
/** A tag and the commit it names. */
export type Tag = z.infer<typeof tagSchema>;
/** A commit. */
export type Commit = z.infer<typeof commitSchema>;
/** A commit with what it changes. */
export type CommitDetail = z.infer<typeof commitDetailSchema>;
/** One file of a comparison. */
export type FileChange = z.infer<typeof fileChangeSchema>;
/** The difference between two revisions, from their merge base. */
export type Comparison = z.infer<typeof comparisonSchema>;
/** One entry of a directory. */
export type TreeEntry = z.infer<typeof treeEntrySchema>;
/** A directory at a commit. */
export type Tree = z.infer<typeof treeSchema>;
/** State of a pull request. */
export type PullState = z.infer<typeof pullStateSchema>;
/** A pull request. */
export type PullRequest = z.infer<typeof pullRequestSchema>;
/** A pull request with whether it can be merged. */
export type PullRequestDetail = z.infer<typeof pullRequestDetailSchema>;
/** Whether a pull request can be merged, and if not, why. */
export type Mergeability = z.infer<typeof mergeabilitySchema>;
/** What an access token may do. */
export type TokenScope = z.infer<typeof tokenScopeSchema>;
/** An access token, without its secret. */
export type AccessToken = z.infer<typeof accessTokenSchema>;
/** A new access token, with its secret. */
export type CreatedAccessToken = z.infer<typeof createdAccessTokenSchema>;

/** Request to create a repository. */
export type CreateRepository = z.input<typeof createRepositorySchema>;
/** Request to create a branch. */
export type CreateBranch = z.input<typeof createBranchSchema>;
/** One file of a commit: its new content, or its deletion. */
export type CommitFile = z.input<typeof commitFileSchema>;
/** Request to commit files to a branch. */
export type CreateCommit = z.input<typeof createCommitSchema>;
/** Request to open a pull request. */
export type CreatePull = z.input<typeof createPullSchema>;
/** Request to edit a pull request. */
export type UpdatePull = z.input<typeof updatePullSchema>;
/** Request to merge a pull request. */
export type MergePull = z.input<typeof mergePullSchema>;
/** Request to create an access token. */
export type CreateToken = z.input<typeof createTokenSchema>;

/** One page of a list. */
export interface Page<T> {
  items: T[];
  /** Pass as `cursor` for the next page; absent on the last one. */
  nextCursor?: string;
}
