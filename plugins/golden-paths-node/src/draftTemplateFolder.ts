import { cp, lstat, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DraftTemplate,
  draftTemplate,
  DraftTemplateError,
  nameProblem,
} from '@pavedroad/plugin-golden-paths-common';
import { listFiles } from './files';

/** A template that was begun. */
export type DraftedFolder = {
  /** Where it is. */
  folder: string;
  /** Its files, from there, sorted. */
  files: string[];
};

/**
 * Begins a template in a folder of its own: a copy of another one, changed as {@link draftTemplate} says. Symbolic links are left out.
 *
 * @param options.templates - the folder of all templates
 * @param options.from - name of the one to start from
 * @param options.target - the folder the new one's is made in; that of all templates by default
 * @throws DraftTemplateError when the name is taken, there is nothing to start from, or `draftTemplate` refuses; nothing is written then
 */
export async function draftTemplateFolder(options: {
  templates: string;
  from: string;
  target?: string;
  draft: DraftTemplate;
}): Promise<DraftedFolder> {
  const { templates, from, target = templates, draft } = options;
  const source = join(templates, from);
  // A name is one folder: it leads neither up nor elsewhere.
  const text = nameProblem(from)
    ? undefined
    : await readFile(join(source, 'template.yaml'), 'utf8').catch(
        () => undefined,
      );
  if (text === undefined) {
    throw new DraftTemplateError(
      `There is no template "${from.slice(0, 100)}" to start from.`,
    );
  }
  const files = draftTemplate(text, draft);
  for (const folder of [templates, target]) {
    if (await stat(join(folder, draft.name)).catch(() => undefined)) {
      throw new DraftTemplateError(
        `There is already a folder ${draft.name} among the templates. Choose another name.`,
      );
    }
  }
  const folder = join(target, draft.name);
  await cp(source, folder, {
    recursive: true,
    // What was published of the other one says nothing of this one.
    filter: async path =>
      path !== join(source, 'releases.yaml') &&
      !(await lstat(path)).isSymbolicLink(),
  });
  for (const [path, content] of Object.entries(files)) {
    await writeFile(join(folder, path), content);
  }
  return { folder, files: await listFiles(folder) };
}
