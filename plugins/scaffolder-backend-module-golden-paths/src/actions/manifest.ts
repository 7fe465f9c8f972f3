import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  buildManifest,
  MANIFEST_PATH,
  OWNERSHIP_CLASSES,
  ownershipPatternProblem,
  serializeManifest,
  unusedOwnershipRules,
} from '@pavedroad/plugin-golden-paths-common';
import { refuseSecretsInFiles } from '../lib/secrets';
import { findTemplateCommit } from '../lib/templateSource';
import { listWorkspaceFiles, sourceFolder } from '../lib/workspace';
import type { ActionServices } from './services';

/**
 * `pavedroad:manifest`: writes `.golden-path.yaml` for what was rendered.
 *
 * Throws InputError for a bad version or pattern, for files that cannot be in a repository, and when a file holds a secret.
 */
export function createManifestAction(
  services: Pick<ActionServices, 'auth' | 'config' | 'discovery' | 'reader'>,
) {
  return createTemplateAction({
    id: 'pavedroad:manifest',
    description:
      'Records in .golden-path.yaml which template, version and answers the files come from, and whose each file is',
    supportsDryRun: true,
    schema: {
      input: {
        version: z => z.string().describe("The template's semantic version"),
        template: z =>
          z
            .string()
            .describe('Its entity ref; the template that runs by default')
            .optional(),
        answers: z =>
          z
            .record(z.unknown())
            .describe('Every answer, the defaulted ones included'),
        secretAnswers: z =>
          z
            .array(z.string())
            .describe('Answers that never reach files')
            .optional(),
        ownership: z =>
          z
            .array(
              z.object({
                pattern: z.string(),
                class: z.enum(OWNERSHIP_CLASSES),
                optional: z
                  .boolean()
                  .describe('The answers may leave its files out')
                  .optional(),
              }),
            )
            .max(500)
            .describe('Whose files are; the last match decides')
            .optional(),
        seedPaths: z =>
          z
            .array(z.string())
            .max(5_000)
            .describe(
              'Rendered files that the repository has something else in place of: they are the team’s, whatever the rules say',
            )
            .optional(),
        sourcePath: z =>
          z
            .string()
            .describe('Folder of the workspace that becomes the repository')
            .optional(),
      },
      output: {
        path: z => z.string(),
        files: z => z.number().describe('How many files are recorded'),
      },
    },
    async handler(ctx) {
      const { version, answers, secretAnswers, sourcePath } = ctx.input;
      const ownership = ctx.input.ownership ?? [];
      const template = ctx.input.template ?? ctx.templateInfo?.entityRef;
      if (!template) {
        throw new InputError(
          'Say which template this is: it was not started from the catalog.',
        );
      }
      for (const { pattern } of ownership) {
        const problem = ownershipPatternProblem(pattern);
        if (problem) {
          throw new InputError(problem);
        }
      }
      const folder = sourceFolder(ctx.workspacePath, sourcePath);
      const files = await listWorkspaceFiles(folder);
      const paths = files.map(file => file.path);
      await refuseSecretsInFiles(folder, paths, ctx.secrets);
      for (const rule of unusedOwnershipRules(paths, ownership)) {
        ctx.logger.warn(
          `The ownership pattern "${rule.pattern}" matches no file.`,
        );
      }
      const baseUrl = ctx.templateInfo?.baseUrl;
      const manifest = buildManifest({
        template: {
          ref: template,
          version,
          source: baseUrl,
          commit: await findTemplateCommit({
            auth: services.auth,
            discovery: services.discovery,
            reader: services.reader,
            baseUrl,
            portalUrl: services.config
              .getString('backend.baseUrl')
              .replace(/\/$/, ''),
            credentials: await ctx.getInitiatorCredentials(),
          }),
        },
        answers,
        secretAnswers,
        files,
        ownership,
        seedPaths: ctx.input.seedPaths,
      });
      await writeFile(join(folder, MANIFEST_PATH), serializeManifest(manifest));
      const count = Object.keys(manifest.files).length;
      ctx.logger.info(
        `Recorded ${count} files of ${template} ${version} in ${MANIFEST_PATH}.`,
      );
      ctx.output('path', MANIFEST_PATH);
      ctx.output('files', count);
    },
  });
}
