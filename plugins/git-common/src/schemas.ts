import { z } from 'zod';
import {
  branchNameProblem,
  isCommitId,
  ownerProblem,
  pathProblem,
  repositoryNameProblem,
  revisionProblem,
  writablePathProblem,
} from './names';

/** Turns a rule that answers with a sentence into a schema. */
function named(
  problem: (value: string) => string | undefined,
  maxLength: number,
) {
  return z
    .string()
    .max(maxLength)
    .superRefine((value, context) => {
      const message = problem(value);
      if (message) {
        context.addIssue({ code: 'custom', message });
      }
    });
}

const isoInstant = z
  .string()
  .describe('ISO 8601 date and time, in UTC unless it carries an offset');
const commitId = z
  .string()
  .refine(isCommitId, 'A commit id is 40 hexadecimal digits')
  .describe('Commit id, 40 hexadecimal digits');

// Text that people read on one line or many; control characters other than
// line breaks and tabs have no place in either.
const singleLine = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^\P{Cc}*$/u, 'Control characters and line breaks are not allowed');
const multiLine = (maxLength: number) =>
  z
    .string()
    .trim()
    .max(maxLength)
    .refine(
      text => !/[^\P{Cc}\n\r\t]/u.test(text),
      'Control characters are not allowed',
    );

export const ownerSchema = named(ownerProblem, 63).describe(
  'Name of a Group in the default namespace',
);
export const repositoryNameSchema = named(repositoryNameProblem, 63);
export const branchNameSchema = named(branchNameProblem, 244);
export const revisionSchema = named(revisionProblem, 244).describe(
  'Branch, tag, HEAD, or full or shortened commit id',
);
export const pathSchema = named(pathProblem, 1024).describe(
  'Path relative to the root of the repository; empty for the root',
);
export const writablePathSchema = named(writablePathProblem, 1024);

export const repositorySchema = z.object({
  id: z.string(),
  owner: z.string(),
  name: z.string(),
  slug: z.string().describe('<owner>/<name>'),
  description: z.string(),
  defaultBranch: z.string(),
  cloneUrl: z.string(),
  webUrl: z.string().describe("The repository's page in the portal"),
  createdBy: z.string(),
  createdAt: isoInstant,
  updatedAt: isoInstant.describe('When a ref last moved, ISO 8601, UTC'),
});

export const viewerSchema = z.object({
  canPush: z.boolean(),
  canOpenPull: z.boolean(),
  canMerge: z.boolean(),
  canDelete: z.boolean(),
});

export const repositoryDetailSchema = repositorySchema.extend({
  empty: z.boolean().describe('Whether it has no commit on any branch'),
  headCommit: z
    .string()
    .optional()
    .describe('Commit of the default branch, absent while it has none'),
  openPulls: z.number().int(),
  viewer: viewerSchema.describe('What the caller may do here'),
});

export const createRepositorySchema = z.strictObject({
  owner: ownerSchema,
  name: repositoryNameSchema,
  description: z.string().trim().max(500).default(''),
  defaultBranch: branchNameSchema.default('main'),
});

export const branchSchema = z.object({
  name: z.string(),
  commit: z.string(),
  committedAt: isoInstant,
  subject: z.string(),
  authorName: z.string(),
  isDefault: z.boolean(),
});

export const createBranchSchema = z.strictObject({
  name: branchNameSchema,
  from: revisionSchema
    .optional()
    .describe('Where it starts; the default branch if left out'),
});

export const tagSchema = z.object({
  name: z.string(),
  commit: z.string().describe('The commit it names, also of an annotated tag'),
  createdAt: isoInstant,
  subject: z.string(),
});

export const commitSchema = z.object({
  id: z.string(),
  parents: z.array(z.string()),
  authorName: z.string(),
  authorEmail: z.string(),
  authoredAt: isoInstant,
  committerName: z.string(),
  committerEmail: z.string(),
  committedAt: isoInstant,
  subject: z.string(),
  body: z.string(),
});

export const fileChangeSchema = z.object({
  path: z.string(),
  previousPath: z.string().optional(),
  status: z.enum(['added', 'modified', 'deleted', 'renamed', 'type_changed']),
  additions: z.number().int().optional().describe('Absent for binary files'),
  deletions: z.number().int().optional().describe('Absent for binary files'),
});

export const comparisonSchema = z.object({
  base: z.string().describe('Commit of the base'),
  head: z.string().describe('Commit of the head'),
  mergeBase: z.string().optional().describe('Absent for unrelated histories'),
  aheadBy: z.number().int(),
  behindBy: z.number().int(),
  commits: z.array(commitSchema).describe('At most 250, newest first'),
  files: z.array(fileChangeSchema),
  diff: z.string().describe('Unified diff from the merge base to the head'),
  diffTruncated: z.boolean(),
});

export const commitDetailSchema = commitSchema.extend({
  files: z.array(fileChangeSchema),
  diff: z.string().describe('Unified diff against the first parent'),
  diffTruncated: z.boolean(),
});

export const treeEntrySchema = z.object({
  name: z.string(),
  path: z.string(),
  type: z.enum(['file', 'directory', 'symlink', 'submodule']),
  mode: z.string(),
  id: z.string().describe('Object id'),
  size: z.number().int().optional().describe('Bytes, files only'),
});

export const treeSchema = z.object({
  commit: z.string(),
  path: z.string(),
  entries: z.array(treeEntrySchema).describe('Directories first, by name'),
  truncated: z.boolean(),
});

export const commitFileSchema = z.union([
  z.strictObject({
    path: writablePathSchema,
    content: z.string().describe('The whole new content'),
    encoding: z.enum(['utf8', 'base64']).default('utf8'),
    executable: z
      .boolean()
      .optional()
      .describe('Left out, an existing file keeps its mode'),
  }),
  z.strictObject({ path: writablePathSchema, delete: z.literal(true) }),
]);

export const createCommitSchema = z.strictObject({
  branch: branchNameSchema,
  base: revisionSchema
    .optional()
    .describe(
      'For an existing branch the commit it must still be at; for a new one where it starts (the default branch if left out)',
    ),
  message: multiLine(10000).min(1),
  author: z
    .strictObject({ name: singleLine(200), email: z.email().max(254) })
    .optional()
    .describe('Left out, the caller'),
  files: z.array(commitFileSchema).min(1).max(2000),
});

export const pullStateSchema = z.enum(['open', 'merged', 'closed']);

export const pullRequestSchema = z.object({
  number: z.number().int(),
  repository: z.string(),
  title: z.string(),
  body: z.string(),
  state: pullStateSchema,
  draft: z.boolean(),
  source: z.string().describe('Branch that is merged'),
  target: z.string().describe('Branch it is merged into'),
  headCommit: z.string().describe('Last known commit of the source branch'),
  createdBy: z.string(),
  createdAt: isoInstant,
  updatedAt: isoInstant,
  mergedBy: z.string().optional(),
  mergedAt: isoInstant.optional(),
  mergeCommit: z.string().optional(),
  closedBy: z.string().optional(),
  closedAt: isoInstant.optional(),
  webUrl: z.string(),
});

export const mergeabilitySchema = z.object({
  status: z
    .enum([
      'mergeable',
      'draft',
      'conflicts',
      'nothing_to_merge',
      'source_missing',
      'target_missing',
      'not_open',
    ])
    .describe('Why it can or cannot be merged now'),
  conflicts: z.array(z.string()).describe('Paths that conflict'),
});

export const pullRequestDetailSchema = pullRequestSchema.extend({
  mergeability: mergeabilitySchema,
  viewer: viewerSchema,
});

export const createPullSchema = z.strictObject({
  title: singleLine(300),
  body: multiLine(60000).default(''),
  source: branchNameSchema,
  target: branchNameSchema
    .optional()
    .describe('The default branch if left out'),
  draft: z.boolean().default(false),
});

export const updatePullSchema = z.strictObject({
  title: singleLine(300).optional(),
  body: multiLine(60000).optional(),
  draft: z.boolean().optional(),
});

export const mergePullSchema = z.strictObject({
  headCommit: commitId
    .optional()
    .describe('Refuse when the source branch has moved from here'),
  message: multiLine(10000).min(1).optional(),
  deleteSource: z.boolean().default(false),
});

export const tokenScopeSchema = z.enum(['read', 'write']);

export const accessTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string().describe('Entity ref of the user'),
  hint: z.string().describe('First characters, to tell tokens apart'),
  scopes: z.array(tokenScopeSchema),
  createdAt: isoInstant,
  expiresAt: isoInstant,
  lastUsedAt: isoInstant.optional(),
  revokedAt: isoInstant.optional(),
});

export const createdAccessTokenSchema = accessTokenSchema.extend({
  token: z.string().describe('The secret; shown in this answer only'),
});

export const createTokenSchema = z.strictObject({
  name: singleLine(100),
  scopes: z.array(tokenScopeSchema).min(1).max(2).default(['read', 'write']),
  expiresInDays: z.number().int().min(1).max(366).default(90),
});
