import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  compareAdditions,
  describeAdditions,
} from '@pavedroad/plugin-golden-paths-common';
import { listWorkspaceFiles, sourceFolder } from '../lib/workspace';
import { REPOSITORY_FOLDER } from '@pavedroad/plugin-golden-paths-node';

/** `pavedroad:compare`: tells which rendered files have their place free in the copied repository, and which have not. Changes nothing. */
export function createCompareAction() {
  return createTemplateAction({
    id: 'pavedroad:compare',
    description:
      'Tells which rendered files are new to the repository that pavedroad:checkout copied, and describes that for a pull request',
    supportsDryRun: true,
    schema: {
      input: {
        sourcePath: z =>
          z
            .string()
            .describe('Folder of the workspace with the rendered files'),
        edited: z =>
          z
            .record(z.array(z.string()))
            .optional()
            .describe(
              'Files that are proposed although they are there, and what was done to them: the output of pavedroad:edit',
            ),
        needs: z =>
          z
            .record(z.string())
            .optional()
            .describe(
              'The rendered file that another is of no use without, by path: where the repository holds something else there, the other is kept out too',
            ),
        notes: z =>
          z
            .record(z.string())
            .optional()
            .describe('What to merge by hand where a path is taken, by path'),
      },
      output: {
        created: z => z.array(z.string()),
        same: z => z.array(z.string()),
        kept: z =>
          z
            .array(z.string())
            .describe('Paths that hold something else, edited ones included'),
        leaveOut: z =>
          z
            .array(z.string())
            .describe('Those that are not to be proposed, edited ones apart'),
        summary: z => z.string().describe('All of it in Markdown'),
      },
    },
    async handler(ctx) {
      const { edited = {}, needs, notes, sourcePath } = ctx.input;
      const [rendered, repository] = await Promise.all(
        [sourcePath, REPOSITORY_FOLDER].map(path =>
          listWorkspaceFiles(sourceFolder(ctx.workspacePath, path)),
        ),
      );
      const additions = compareAdditions(rendered, repository, needs);
      const taken = additions.kept.filter(path => !Object.hasOwn(edited, path));
      const count = (number: number, what: string) =>
        `${number} ${number === 1 ? 'file is' : 'files are'} ${what}`;
      ctx.logger.info(
        [
          count(additions.created.length, 'new'),
          count(additions.kept.length - taken.length, 'edited'),
          count(additions.same.length, 'there already'),
          count(taken.length, 'there with other content'),
        ].join(', '),
      );
      ctx.output('created', additions.created);
      ctx.output('same', additions.same);
      ctx.output('kept', additions.kept);
      ctx.output('leaveOut', taken);
      ctx.output('summary', describeAdditions(additions, { edited, notes }));
    },
  });
}
