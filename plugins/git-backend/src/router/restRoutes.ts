import { InputError, NotFoundError } from '@backstage/errors';
import {
  accessTokenSchema,
  branchNameSchema,
  branchSchema,
  commitDetailSchema,
  commitSchema,
  comparisonSchema,
  createBranchSchema,
  createCommitSchema,
  createdAccessTokenSchema,
  createPullSchema,
  createRepositorySchema,
  createTokenSchema,
  mergePullSchema,
  ownerSchema,
  pathSchema,
  pullRequestDetailSchema,
  pullRequestSchema,
  pullStateSchema,
  repositoryDetailSchema,
  repositoryNameSchema,
  repositorySchema,
  revisionSchema,
  tagSchema,
  treeSchema,
  updatePullSchema,
} from '@pavedroad/plugin-git-common';
import { z } from 'zod';
import { Actor } from '../service/actors';
import { Authorizer } from '../service/Authorizer';
import { PullService } from '../service/PullService';
import { RepositoryService } from '../service/RepositoryService';
import { TokenService } from '../service/TokenService';
import { RepositoryRow } from '../store/GitStore';
import { sendArchive, sendBlob } from './files';
import { Route, route } from './routes';

const repositoryParams = z.object({
  owner: ownerSchema,
  name: repositoryNameSchema,
});
const pullParams = repositoryParams.extend({
  number: z.coerce.number().int().min(1).max(2_000_000_000),
});
const limit = z.coerce.number().int().min(1).max(200).default(50);
const cursor = z.string().max(200).optional();
const offsetCursor = z.coerce.number().int().min(0).max(10_000_000).default(0);

const pageOf = (item: z.ZodType) =>
  z.object({ items: z.array(item), nextCursor: z.string().optional() });
const listOf = (item: z.ZodType) => z.object({ items: z.array(item) });

/** The routes below `/api/git/v1`. */
export function restRoutes(services: {
  repositories: RepositoryService;
  pulls: PullService;
  tokens: TokenService;
  authorizer: Authorizer;
}): Route[] {
  const { repositories, pulls, tokens, authorizer } = services;

  /** The repository of a request, once the caller may see any. */
  const readable = async (
    actor: Actor,
    slug: { owner: string; name: string },
  ): Promise<RepositoryRow> => {
    await authorizer.requireRead(actor);
    return repositories.find(slug);
  };

  return [
    route({
      method: 'get',
      path: '/repositories',
      tag: 'Repositories',
      summary: 'List repositories by owner and name',
      query: z.strictObject({
        owner: ownerSchema.optional(),
        query: z.string().max(200).optional(),
        limit,
        cursor,
      }),
      answer: pageOf(repositorySchema),
      handle: async ({ actor, query }) => {
        await authorizer.requireRead(actor);
        return { body: await repositories.list(query) };
      },
    }),
    route({
      method: 'post',
      path: '/repositories',
      tag: 'Repositories',
      summary: 'Create an empty repository',
      body: createRepositorySchema,
      answer: repositoryDetailSchema,
      status: 201,
      audit: { eventId: 'repository-create', severityLevel: 'medium' },
      handle: async ({ actor, body }) => {
        await authorizer.requireCreate(actor, body.owner);
        const row = await repositories.create(actor, body);
        return { body: await repositories.detail(actor, row) };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name',
      tag: 'Repositories',
      summary: 'One repository',
      params: repositoryParams,
      answer: repositoryDetailSchema,
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        return { body: await repositories.detail(actor, row) };
      },
    }),
    route({
      method: 'delete',
      path: '/repositories/:owner/:name',
      tag: 'Repositories',
      summary:
        'Delete a repository and its history (administrators; its creator within a day)',
      params: repositoryParams,
      status: 204,
      audit: { eventId: 'repository-delete', severityLevel: 'high' },
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        await authorizer.requireDelete(actor, row);
        await repositories.delete(row);
        return {};
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/branches',
      tag: 'Branches',
      summary: 'List branches, the most recently changed first',
      params: repositoryParams,
      answer: listOf(branchSchema),
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        return {
          body: {
            items: await repositories.open(row).branches(row.defaultBranch),
          },
        };
      },
    }),
    route({
      method: 'post',
      path: '/repositories/:owner/:name/branches',
      tag: 'Branches',
      summary: 'Create a branch',
      params: repositoryParams,
      body: createBranchSchema,
      answer: branchSchema,
      status: 201,
      audit: { eventId: 'branch-create' },
      handle: async ({ actor, params, body }) => {
        const row = await readable(actor, params);
        await authorizer.requirePush(actor, row);
        return { body: await repositories.createBranch(actor, row, body) };
      },
    }),
    route({
      method: 'delete',
      path: '/repositories/:owner/:name/branches/:branch',
      tag: 'Branches',
      summary: 'Delete a branch; the name is URL-encoded, slashes too',
      params: repositoryParams.extend({ branch: branchNameSchema }),
      status: 204,
      audit: { eventId: 'branch-delete', severityLevel: 'medium' },
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        await authorizer.requirePush(actor, row);
        await repositories.deleteBranch(actor, row, params.branch);
        return {};
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/tags',
      tag: 'Branches',
      summary: 'List tags, the newest first',
      params: repositoryParams,
      answer: listOf(tagSchema),
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        return { body: { items: await repositories.open(row).tags() } };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/commits',
      tag: 'Commits',
      summary:
        'List commits reachable from ref and not from `from`, newest first',
      params: repositoryParams,
      query: z.strictObject({
        ref: revisionSchema.optional(),
        from: revisionSchema.optional(),
        path: pathSchema.optional(),
        limit,
        cursor: offsetCursor,
      }),
      answer: pageOf(commitSchema),
      handle: async ({ actor, params, query }) => {
        const row = await readable(actor, params);
        const git = repositories.open(row);
        const head = await git.tryResolve(query.ref ?? row.defaultBranch);
        if (!head) {
          if (query.ref === undefined) {
            return { body: { items: [] } };
          }
          throw new NotFoundError(
            `There is no branch, tag or commit '${query.ref}'`,
          );
        }
        const items = await git.commits({
          head,
          exclude: query.from ? await git.resolve(query.from) : undefined,
          path: query.path,
          limit: query.limit + 1,
          skip: query.cursor,
        });
        const more = items.length > query.limit;
        return {
          body: {
            items: items.slice(0, query.limit),
            ...(more ? { nextCursor: String(query.cursor + query.limit) } : {}),
          },
        };
      },
    }),
    route({
      method: 'post',
      path: '/repositories/:owner/:name/commits',
      tag: 'Commits',
      summary: 'Write, replace and delete files in one commit on a branch',
      params: repositoryParams,
      body: createCommitSchema,
      answer: commitSchema,
      status: 201,
      audit: { eventId: 'commit-create' },
      handle: async ({ actor, params, body }) => {
        const row = await readable(actor, params);
        await authorizer.requirePush(actor, row);
        return { body: await repositories.commitFiles(actor, row, body) };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/commits/:revision',
      tag: 'Commits',
      summary: 'One commit with its diff; the revision is URL-encoded',
      params: repositoryParams.extend({ revision: revisionSchema }),
      answer: commitDetailSchema,
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        const git = repositories.open(row);
        return { body: await git.commit(await git.resolve(params.revision)) };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/tree',
      tag: 'Files',
      summary: 'The entries of a directory, or all files below it',
      params: repositoryParams,
      query: z.strictObject({
        ref: revisionSchema.optional(),
        path: pathSchema.default(''),
        recursive: z.enum(['true', 'false']).default('false'),
      }),
      answer: treeSchema,
      handle: async ({ actor, params, query }) => {
        const row = await readable(actor, params);
        const git = repositories.open(row);
        const commit = await git.resolve(query.ref ?? row.defaultBranch);
        return {
          body: await git.tree(commit, query.path, query.recursive === 'true'),
        };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/raw',
      tag: 'Files',
      summary: 'The bytes of a file',
      params: repositoryParams,
      query: z.strictObject({
        ref: revisionSchema.optional(),
        path: pathSchema,
        download: z.enum(['true', 'false']).default('false'),
      }),
      answer: 'application/octet-stream',
      handle: async ({ actor, params, query, request, response }) => {
        const row = await readable(actor, params);
        const git = repositories.open(row);
        const commit = await git.resolve(query.ref ?? row.defaultBranch);
        await sendBlob(git, commit, query.path, request, response, {
          download: query.download === 'true',
        });
        return undefined;
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/archive',
      tag: 'Files',
      summary:
        'A directory as a gzipped tar file below one folder; the ETag is the commit',
      params: repositoryParams,
      query: z.strictObject({
        ref: revisionSchema.optional(),
        path: pathSchema.default(''),
      }),
      answer: 'application/gzip',
      handle: async ({ actor, params, query, request, response }) => {
        const row = await readable(actor, params);
        const git = repositories.open(row);
        const commit = await git.resolve(query.ref ?? row.defaultBranch);
        await sendArchive(git, commit, query.path, request, response);
        return undefined;
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/resolve',
      tag: 'Files',
      summary: 'Split `<ref>/<path>` where the longest existing ref ends',
      params: repositoryParams,
      query: z.strictObject({ refAndPath: z.string().min(1).max(1300) }),
      answer: z.object({
        ref: z.string(),
        commit: z.string(),
        path: z.string(),
      }),
      handle: async ({ actor, params, query }) => {
        const row = await readable(actor, params);
        const parsed = pathSchema.safeParse(query.refAndPath);
        if (!parsed.success) {
          throw new InputError(parsed.error.issues[0].message);
        }
        return {
          body: await repositories
            .open(row)
            .resolveRefAndPath(query.refAndPath.split('/')),
        };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/compare',
      tag: 'Commits',
      summary: 'What `head` changed since it left `base`',
      params: repositoryParams,
      query: z.strictObject({ base: revisionSchema, head: revisionSchema }),
      answer: comparisonSchema,
      handle: async ({ actor, params, query }) => {
        const row = await readable(actor, params);
        const git = repositories.open(row);
        return {
          body: await git.compare(
            await git.resolve(query.base),
            await git.resolve(query.head),
          ),
        };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/pulls',
      tag: 'Pull requests',
      summary: 'List pull requests, the newest first',
      params: repositoryParams,
      query: z.strictObject({
        state: pullStateSchema.optional(),
        limit,
        cursor: z
          .string()
          .regex(/^[0-9]{1,9}$/)
          .optional(),
      }),
      answer: pageOf(pullRequestSchema),
      handle: async ({ actor, params, query }) => {
        const row = await readable(actor, params);
        return { body: await pulls.list(row, query) };
      },
    }),
    route({
      method: 'post',
      path: '/repositories/:owner/:name/pulls',
      tag: 'Pull requests',
      summary: 'Open a pull request',
      params: repositoryParams,
      body: createPullSchema,
      answer: pullRequestDetailSchema,
      status: 201,
      audit: { eventId: 'pull-create' },
      handle: async ({ actor, params, body }) => {
        const row = await readable(actor, params);
        await authorizer.requirePullCreate(actor, row);
        return { body: await pulls.create(actor, row, body) };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/pulls/:number',
      tag: 'Pull requests',
      summary: 'One pull request, and whether it can be merged',
      params: pullParams,
      answer: pullRequestDetailSchema,
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        return { body: await pulls.get(actor, row, params.number) };
      },
    }),
    route({
      method: 'patch',
      path: '/repositories/:owner/:name/pulls/:number',
      tag: 'Pull requests',
      summary: 'Change title, description or draft state',
      params: pullParams,
      body: updatePullSchema,
      answer: pullRequestDetailSchema,
      audit: { eventId: 'pull-update' },
      handle: async ({ actor, params, body }) => {
        const row = await readable(actor, params);
        await authorizer.requirePullCreate(actor, row);
        return { body: await pulls.update(actor, row, params.number, body) };
      },
    }),
    route({
      method: 'get',
      path: '/repositories/:owner/:name/pulls/:number/diff',
      tag: 'Pull requests',
      summary: 'What a pull request changes',
      params: pullParams,
      answer: comparisonSchema,
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        return { body: await pulls.comparison(row, params.number) };
      },
    }),
    route({
      method: 'post',
      path: '/repositories/:owner/:name/pulls/:number/merge',
      tag: 'Pull requests',
      summary: 'Merge with a merge commit',
      params: pullParams,
      body: mergePullSchema,
      answer: pullRequestDetailSchema,
      audit: { eventId: 'pull-merge', severityLevel: 'medium' },
      handle: async ({ actor, params, body }) => {
        const row = await readable(actor, params);
        await authorizer.requirePullMerge(actor, row);
        return { body: await pulls.merge(actor, row, params.number, body) };
      },
    }),
    route({
      method: 'post',
      path: '/repositories/:owner/:name/pulls/:number/close',
      tag: 'Pull requests',
      summary: 'Close without merging',
      params: pullParams,
      answer: pullRequestDetailSchema,
      audit: { eventId: 'pull-close' },
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        await authorizer.requirePullCreate(actor, row);
        return { body: await pulls.close(actor, row, params.number) };
      },
    }),
    route({
      method: 'post',
      path: '/repositories/:owner/:name/pulls/:number/reopen',
      tag: 'Pull requests',
      summary: 'Reopen a closed pull request',
      params: pullParams,
      answer: pullRequestDetailSchema,
      audit: { eventId: 'pull-reopen' },
      handle: async ({ actor, params }) => {
        const row = await readable(actor, params);
        await authorizer.requirePullCreate(actor, row);
        return { body: await pulls.reopen(actor, row, params.number) };
      },
    }),
    route({
      method: 'get',
      path: '/tokens',
      tag: 'Access tokens',
      summary: "The signed-in user's access tokens, the newest first",
      answer: listOf(accessTokenSchema),
      handle: async ({ actor }) => {
        const user = authorizer.requireUser(actor);
        return { body: { items: await tokens.list(user.ref) } };
      },
    }),
    route({
      method: 'post',
      path: '/tokens',
      tag: 'Access tokens',
      summary: 'Make an access token; its secret is in this answer only',
      body: createTokenSchema,
      answer: createdAccessTokenSchema,
      status: 201,
      audit: { eventId: 'access-token-create', severityLevel: 'medium' },
      handle: async ({ actor, body }) => {
        const user = await authorizer.requireTokenCreate(actor, body.scopes);
        return {
          body: await tokens.create({ userRef: user.ref, ...body }),
          headers: { 'cache-control': 'no-store' },
        };
      },
    }),
    route({
      method: 'delete',
      path: '/tokens/:id',
      tag: 'Access tokens',
      summary: 'Revoke an access token (your own; administrators, any)',
      params: z.object({ id: z.uuid() }),
      status: 204,
      audit: { eventId: 'access-token-revoke', severityLevel: 'medium' },
      handle: async ({ actor, params }) => {
        const user = authorizer.requireUser(actor);
        const any = await authorizer.isAdministrator(actor);
        await tokens.revoke(params.id, any ? undefined : user.ref);
        return {};
      },
    }),
  ];
}
