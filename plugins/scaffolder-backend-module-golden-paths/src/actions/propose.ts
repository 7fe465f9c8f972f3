import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import type { ChangeProposer, ProposedFile } from '@pavedroad/plugin-git-node';
import { audited } from '../lib/audited';
import type { CancellationGuard } from '../lib/cancellation';
import { type Effect, recordEffect } from '../lib/effects';
import { refuseSecretsInFiles } from '../lib/secrets';
import { targetRepository } from '@pavedroad/plugin-golden-paths-node';
import { listWorkspaceFiles, sourceFolder } from '../lib/workspace';
import { commitAuthor } from './publish';
import type { ActionServices } from './services';

type ProposeServices = Pick<
  ActionServices,
  'auditor' | 'catalog' | 'config' | 'userInfo'
> & { proposer: ChangeProposer };

/**
 * `pavedroad:propose`: opens a pull request with files of the workspace on a repository that exists. The same content on the same branch
 * is proposed once.
 *
 * Throws ConflictError when nothing would change or the branch exists with other content, and what the host refuses.
 */
export function createProposeAction(
  services: ProposeServices,
  guard: CancellationGuard,
) {
  const { auditor, config, proposer } = services;
  return createTemplateAction({
    id: 'pavedroad:propose',
    description:
      'Opens a pull request with files of the workspace on an existing repository, on the portal’s git host, GitHub or GitLab',
    supportsDryRun: true,
    schema: {
      input: {
        entityRef: z =>
          z
            .string()
            .optional()
            .describe(
              'Entity whose repository it is, such as component:ledger',
            ),
        repositoryUrl: z =>
          z
            .string()
            .optional()
            .describe('The repository; by default the source of the entity'),
        branch: z => z.string().describe('Branch that carries the change'),
        baseBranch: z =>
          z
            .string()
            .optional()
            .describe('Branch to merge into; the default branch by default'),
        title: z => z.string(),
        description: z => z.string().max(60_000).optional(),
        sourcePath: z =>
          z
            .string()
            .optional()
            .describe('Folder of the workspace with the files'),
        targetPath: z =>
          z
            .string()
            .optional()
            .describe(
              'Folder of the repository they go to; its root by default',
            ),
        leaveOut: z =>
          z
            .array(z.string())
            .max(5_000)
            .optional()
            .describe(
              'Files of that folder that are not proposed, such as what pavedroad:compare kept',
            ),
        delete: z =>
          z
            .array(z.string())
            .max(500)
            .optional()
            .describe('Paths in the repository to delete'),
      },
      output: {
        url: z => z.string().describe('Page of the pull request'),
        number: z => z.number(),
        branch: z => z.string(),
        repository: z => z.string(),
        created: z => z.boolean().describe('False when it was open already'),
      },
    },
    async handler(ctx) {
      const { input } = ctx;
      const credentials = await ctx.getInitiatorCredentials();
      const { url: repositoryUrl } = await targetRepository(
        services,
        input,
        credentials,
      );
      const folder = sourceFolder(ctx.workspacePath, input.sourcePath);
      const leftOut = new Set(input.leaveOut ?? []);
      const rendered = (await listWorkspaceFiles(folder)).filter(
        ({ path }) => !leftOut.has(path),
      );
      await refuseSecretsInFiles(
        folder,
        rendered.map(file => file.path),
        ctx.secrets,
      );
      const prefix = input.targetPath?.replace(/^\.?\/+|\/+$/g, '') ?? '';
      const files: ProposedFile[] = [];
      for (const { path, executable } of rendered) {
        const full = join(folder, path);
        if (!(await lstat(full)).isFile()) {
          throw new InputError(
            `"${path}" is a symbolic link, which cannot be proposed.`,
          );
        }
        files.push({
          path: prefix ? `${prefix}/${path}` : path,
          content: await readFile(full),
          executable,
        });
      }
      for (const path of input.delete ?? []) {
        files.push({ path, delete: true });
      }
      if (ctx.isDryRun) {
        ctx.logger.info(
          `Dry run: would propose ${files.length} files on ${input.branch} of ${repositoryUrl}.`,
        );
        ctx.output('url', repositoryUrl);
        ctx.output('number', 0);
        ctx.output('branch', input.branch);
        ctx.output('created', false);
        return;
      }
      const work = () =>
        audited(
          auditor,
          'golden-path-propose',
          {
            task: ctx.task.id,
            user: ctx.user?.ref ?? '',
            template: ctx.templateInfo?.entityRef ?? '',
            repository: repositoryUrl,
            branch: input.branch,
          },
          async () => {
            ctx.logger.info(
              `Proposing ${files.length} files on ${input.branch} of ${repositoryUrl}`,
            );
            const at = new Date().toISOString();
            const proposed = await proposer.propose(
              {
                repositoryUrl,
                ...(input.baseBranch ? { baseBranch: input.baseBranch } : {}),
                branch: input.branch,
                files,
                title: input.title,
                body: input.description ?? '',
                author: commitAuthor(
                  ctx.user,
                  config.getString('backend.baseUrl'),
                ),
              },
              { credentials },
            );
            if (proposed.created) {
              // Where a later step fails, or the task is cancelled, its log says that it is open.
              const effect: Effect = {
                kind: 'pull-request',
                task: ctx.task.id,
                at,
                url: proposed.url,
              };
              guard.note(ctx, effect);
              await recordEffect(ctx.workspacePath, effect);
            }
            ctx.logger.info(
              proposed.created
                ? `Opened ${proposed.url}`
                : `It is open already: ${proposed.url}`,
            );
            ctx.output('url', proposed.url);
            ctx.output('number', proposed.number);
            ctx.output('branch', proposed.branch);
            ctx.output('repository', proposed.repository);
            ctx.output('created', proposed.created);
          },
        );
      await guard.run(ctx, credentials, work);
    },
  });
}
