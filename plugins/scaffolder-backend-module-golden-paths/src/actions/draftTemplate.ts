import { posix } from 'node:path';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { ConflictError, InputError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  DRAFT_VERSION,
  DraftTemplateError,
} from '@pavedroad/plugin-golden-paths-common';
import {
  draftTemplateFolder,
  readGroupRef,
  REPOSITORY_FOLDER,
} from '@pavedroad/plugin-golden-paths-node';
import { sourceFolder } from '../lib/workspace';
import type { ActionServices } from './services';

/** Where a repository keeps its templates. */
const TEMPLATES = 'templates';

/**
 * `pavedroad:draft-template`: begins a template as a copy of one that the repository has, which `pavedroad:checkout` copied, in the way
 * `npm run templates -- new` does. Writes to the workspace only.
 *
 * Throws InputError for what cannot be a template's name, tag or owner, for nothing to start from and for a name that is taken in the
 * repository; ConflictError for one that the catalog has.
 */
export function createDraftTemplateAction(
  services: Pick<ActionServices, 'catalog'>,
) {
  return createTemplateAction({
    id: 'pavedroad:draft-template',
    description:
      'Begins a template as a copy of one that is proved: another name, version 0.1.0, channel draft, a changelog of its own',
    supportsDryRun: true,
    schema: {
      input: {
        from: z =>
          z.string().max(63).describe('Name of the template to start from'),
        name: z => z.string().max(63).describe('Name of the new one'),
        title: z =>
          z
            .string()
            .max(200)
            .optional()
            .describe('Shown in the list; the name in words by default'),
        description: z => z.string().max(500).optional(),
        owner: z =>
          z
            .string()
            .max(300)
            .describe('Entity ref of the group that writes it'),
        tags: z => z.array(z.string()).max(20).optional(),
        targetPath: z =>
          z
            .string()
            .describe('Folder of the workspace that becomes the change'),
      },
      output: {
        path: z => z.string().describe('Its folder in the repository'),
        entityRef: z => z.string(),
        version: z => z.string(),
        files: z => z.array(z.string()).describe('Its files, from its folder'),
      },
    },
    async handler(ctx) {
      const { from, name, title, description, tags, targetPath } = ctx.input;
      const owner = readGroupRef(ctx.input.owner);
      if (!owner) {
        throw new InputError(
          `A template belongs to a group, such as group:default/platform; "${ctx.input.owner.slice(
            0,
            100,
          )}" is none.`,
        );
      }
      const entityRef = stringifyEntityRef({
        kind: 'template',
        namespace: 'default',
        name,
      });
      const credentials = await ctx.getInitiatorCredentials();
      if (await services.catalog.getEntityByRef(entityRef, { credentials })) {
        throw new ConflictError(
          `The catalog has ${entityRef} already. Choose another name.`,
        );
      }
      try {
        const { files } = await draftTemplateFolder({
          templates: sourceFolder(
            ctx.workspacePath,
            posix.join(REPOSITORY_FOLDER, TEMPLATES),
          ),
          from,
          target: sourceFolder(
            ctx.workspacePath,
            posix.join(targetPath, TEMPLATES),
          ),
          draft: {
            name,
            title,
            description,
            owner: stringifyEntityRef(owner),
            tags,
          },
        });
        ctx.logger.info(
          `Began ${name} with ${files.length} files, from ${from}`,
        );
        ctx.output('path', posix.join(TEMPLATES, name));
        ctx.output('entityRef', entityRef);
        ctx.output('version', DRAFT_VERSION);
        ctx.output('files', files);
      } catch (error) {
        if (error instanceof DraftTemplateError) {
          throw new InputError(error.message);
        }
        throw error;
      }
    },
  });
}
