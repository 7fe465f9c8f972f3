import { ConflictError, InputError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { nameProblem } from '@pavedroad/plugin-golden-paths-common';
import { audited } from '../lib/audited';
import type { CancellationGuard } from '../lib/cancellation';
import { type Effect, forgetEffect, recordEffect } from '../lib/effects';
import { type CommitAuthor, pushFirstCommit } from '../lib/git';
import { isOwnRepository } from '../lib/ownRepository';
import { refuseSecretsInFiles } from '../lib/secrets';
import { listWorkspaceFiles, sourceFolder } from '../lib/workspace';
import { type ActionServices, readDefaultBranch } from './services';

const BRANCH = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/;

/** A slug as preflight gives it: group path and name. */
export function readSlug(slug: string): string {
  const segments = slug.split('/');
  const problem = nameProblem(segments.at(-1));
  if (
    segments.length < 2 ||
    problem ||
    segments.some(s => !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(s))
  ) {
    throw new InputError(
      `"${slug.slice(0, 100)}" is not a repository such as payments/ledger. ${
        problem ?? ''
      }`.trim(),
    );
  }
  return slug;
}

/** Text on one line without angle brackets, as git takes names and hosts take descriptions. */
function gitText(text: string): string {
  return Array.from(text)
    .filter(c => c >= ' ' && c !== '<' && c !== '>' && c !== '\u007f')
    .join('')
    .trim();
}

/** Who the first commit is by: the user, as the catalog knows them. */
export function commitAuthor(
  user:
    | {
        ref?: string;
        entity?: {
          metadata: { name: string };
          spec?: { profile?: { displayName?: string; email?: string } };
        };
      }
    | undefined,
  portalUrl: string,
): CommitAuthor {
  const id = gitText(
    user?.entity?.metadata.name ?? user?.ref?.split('/').at(-1) ?? 'portal',
  );
  const profile = user?.entity?.spec?.profile;
  return {
    name: gitText(profile?.displayName ?? '') || id,
    email:
      gitText(profile?.email ?? '') ||
      `${id}@users.noreply.${new URL(portalUrl).hostname}`,
  };
}

/**
 * `pavedroad:publish`: creates the repository on the configured host and pushes one commit by the user. Running it again after a
 * failure goes on where it stopped.
 *
 * Throws ConflictError when somebody else has the name, ServiceUnavailableError when the host cannot be reached.
 */
export function createPublishAction(
  services: Pick<ActionServices, 'auditor' | 'config' | 'host'>,
  guard: CancellationGuard,
) {
  const { auditor, config, host } = services;
  return createTemplateAction({
    id: 'pavedroad:publish',
    description:
      'Creates the repository on the git host the portal is configured for and pushes the first commit',
    supportsDryRun: true,
    schema: {
      input: {
        repository: z => z.string().describe('Slug from pavedroad:preflight'),
        description: z => z.string().optional(),
        defaultBranch: z => z.string().optional(),
        commitMessage: z => z.string().max(10_000).optional(),
        sourcePath: z =>
          z
            .string()
            .describe('Folder of the workspace that becomes the repository')
            .optional(),
      },
      output: {
        repository: z => z.string(),
        remoteUrl: z => z.string().describe('Clone URL'),
        repositoryUrl: z => z.string().describe('Page for a browser'),
        repoContentsUrl: z =>
          z.string().describe('Root of the files on the default branch'),
        catalogInfoUrl: z => z.string(),
        defaultBranch: z => z.string(),
        commit: z => z.string().describe('Commit id'),
      },
    },
    async handler(ctx) {
      const slug = readSlug(ctx.input.repository);
      const branch = ctx.input.defaultBranch ?? readDefaultBranch(config);
      if (!BRANCH.test(branch) || branch.includes('..')) {
        throw new InputError(`"${branch}" cannot be a branch.`);
      }
      const folder = sourceFolder(ctx.workspacePath, ctx.input.sourcePath);
      const files = await listWorkspaceFiles(folder);
      const paths = files.map(file => file.path);
      if (paths.length === 0) {
        throw new InputError(
          'There is nothing to publish: no file was rendered.',
        );
      }
      await refuseSecretsInFiles(folder, paths, ctx.secrets);
      const addresses = await host.addresses(slug, branch);
      const output = (commit: string) => {
        ctx.output('repository', slug);
        ctx.output('remoteUrl', addresses.cloneUrl);
        ctx.output('repositoryUrl', addresses.repositoryUrl);
        ctx.output('repoContentsUrl', addresses.repoContentsUrl);
        ctx.output('catalogInfoUrl', addresses.catalogInfoUrl);
        ctx.output('defaultBranch', branch);
        ctx.output('commit', commit);
      };
      if (ctx.isDryRun) {
        ctx.logger.info(
          `Dry run: would create ${addresses.repositoryUrl} with ${paths.length} files on ${branch}.`,
        );
        output('0'.repeat(40));
        return;
      }

      const credentials = await ctx.getInitiatorCredentials();
      const task = ctx.task.id;
      const userRef = ctx.user?.ref;
      const work = () =>
        audited(
          auditor,
          'golden-path-publish',
          {
            task,
            user: userRef ?? '',
            template: ctx.templateInfo?.entityRef ?? '',
            provider: host.provider,
            repository: slug,
          },
          async () => {
            const taken = new ConflictError(
              `The repository ${slug} already exists. Choose another name.`,
            );
            const intent = await ctx.checkpoint({
              key: `intent.${slug}`,
              fn: async () => {
                if (await host.describe(slug, credentials)) {
                  throw taken;
                }
                return { at: new Date().toISOString() };
              },
            });
            const effect: Effect = {
              kind: 'repository',
              task,
              at: intent.at,
              provider: host.provider,
              slug,
              branch,
              url: addresses.repositoryUrl,
            };
            const existing = await host.describe(slug, credentials);
            if (existing) {
              if (!isOwnRepository(existing, intent.at, userRef)) {
                throw taken;
              }
              ctx.logger.info(
                `Going on with ${slug}, which an earlier attempt of this task created.`,
              );
              guard.note(ctx, effect);
              await recordEffect(ctx.workspacePath, effect);
            } else {
              ctx.logger.info(
                `Creating the repository ${slug} at ${addresses.repositoryUrl}`,
              );
              // Recorded first: after a crash it is looked for, never forgotten.
              guard.note(ctx, effect);
              await recordEffect(ctx.workspacePath, effect);
              try {
                await host.create(
                  slug,
                  {
                    description: gitText(ctx.input.description ?? '').slice(
                      0,
                      300,
                    ),
                    defaultBranch: branch,
                  },
                  credentials,
                );
              } catch (error) {
                if (error instanceof Error && error.name === 'ConflictError') {
                  guard.forget(ctx, effect);
                  await forgetEffect(ctx.workspacePath, effect);
                  throw taken;
                }
                throw error;
              }
            }
            ctx.logger.info(`Pushing ${paths.length} files to ${branch}`);
            const commit = await pushFirstCommit({
              folder,
              paths,
              branch,
              message:
                ctx.input.commitMessage ??
                `Start ${slug.split('/').at(-1)} on the golden path`,
              author: commitAuthor(
                ctx.user,
                config.getString('backend.baseUrl'),
              ),
              at: intent.at,
              access: await host.pushAccess(slug, credentials),
              signal: ctx.signal,
            });
            ctx.logger.info(
              `Published commit ${commit.slice(
                0,
                12,
              )}. Clone it with: git clone ${addresses.cloneUrl}`,
            );
            output(commit);
          },
        );
      await guard.run(ctx, credentials, work);
    },
  });
}
