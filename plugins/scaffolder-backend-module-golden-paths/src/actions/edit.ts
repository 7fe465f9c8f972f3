import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  applyFileEdits,
  describeFileEdits,
  ownershipPatternProblem,
} from '@pavedroad/plugin-golden-paths-common';
import {
  REPOSITORY_FOLDER,
  repositoryFiles,
} from '@pavedroad/plugin-golden-paths-node';
import { listWorkspaceFiles, sourceFolder } from '../lib/workspace';

/**
 * `pavedroad:edit`: changes single values and words in files of the copied repository and writes those that change into a folder that
 * `pavedroad:propose` takes. Every other byte stays: comments, order, quotes.
 *
 * Throws InputError when a pattern is wrong, or `atLeastOne` is asked for and nothing changes.
 */
export function createEditAction() {
  return createTemplateAction({
    id: 'pavedroad:edit',
    description:
      'Changes values in files of the repository that pavedroad:checkout copied, keeping comments and everything else as it is',
    supportsDryRun: true,
    schema: {
      input: {
        targetPath: z =>
          z
            .string()
            .describe('Folder of the workspace the changed files go to'),
        files: z =>
          z
            .array(
              z.object({
                path: z
                  .string()
                  .describe('Path or pattern: `*`, `**`, a slash at the end'),
                yaml: z
                  .array(
                    z
                      .object({
                        document: z
                          .object({
                            kind: z.string().optional(),
                            name: z.string().optional(),
                          })
                          .optional(),
                        path: z.array(z.union([z.string(), z.number()])).min(1),
                        is: z.array(z.unknown()).optional(),
                        set: z.unknown().optional(),
                        default: z.unknown().optional(),
                        add: z.unknown().optional(),
                        delete: z.boolean().optional(),
                      })
                      .refine(
                        edit =>
                          [
                            edit.set !== undefined,
                            edit.default !== undefined,
                            edit.add !== undefined,
                            edit.delete === true,
                          ].filter(Boolean).length === 1,
                        'says one of set, default, add and delete',
                      ),
                  )
                  .optional(),
                text: z
                  .array(
                    z.union([
                      z.object({
                        find: z.string().min(1),
                        replace: z.string(),
                        word: z.boolean().optional(),
                      }),
                      z.object({
                        after: z.string().min(1),
                        insert: z.string().min(1),
                        first: z.boolean().optional(),
                      }),
                    ]),
                  )
                  .optional(),
                says: z
                  .string()
                  .describe('What the change is, for the pull request'),
              }),
            )
            .max(200),
        atLeastOne: z =>
          z
            .string()
            .optional()
            .describe('Refuse with this sentence when nothing changes'),
      },
      output: {
        changed: z => z.array(z.string()),
        done: z =>
          z.record(z.array(z.string())).describe('What was done, by path'),
        summary: z => z.string().describe('All of it in Markdown'),
      },
    },
    async handler(ctx) {
      const { atLeastOne, files: edits, targetPath } = ctx.input;
      for (const { path } of edits) {
        const problem = ownershipPatternProblem(path);
        if (problem) {
          throw new InputError(problem);
        }
      }
      const source = sourceFolder(ctx.workspacePath, REPOSITORY_FOLDER);
      const target = sourceFolder(ctx.workspacePath, targetPath);
      const paths = (await listWorkspaceFiles(source)).map(f => f.path);
      const result = applyFileEdits(repositoryFiles(source, paths), edits);
      for (const [path, content] of Object.entries(result.changed)) {
        const { mode } = await lstat(join(source, path));
        await mkdir(dirname(join(target, path)), { recursive: true });
        await writeFile(join(target, path), content, {
          mode: (mode & 0o100) !== 0 ? 0o755 : 0o644,
        });
        ctx.logger.info(`${path}: ${result.done[path].join('; ')}`);
      }
      result.problems.forEach(({ path, why }) =>
        ctx.logger.warn(`${path} is left as it is: ${why}`),
      );
      const changed = Object.keys(result.changed).sort();
      if (atLeastOne && changed.length === 0) {
        throw new InputError(atLeastOne);
      }
      ctx.output('changed', changed);
      ctx.output('done', result.done);
      ctx.output('summary', describeFileEdits(result));
    },
  });
}
