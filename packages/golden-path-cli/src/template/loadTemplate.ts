import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { type Template, templateOf } from '@pavedroad/plugin-golden-paths-node';
import { parse } from 'yaml';
import { Problem } from '../lib/problem';

export {
  type Template,
  type TemplatePage,
  type TemplateProperty,
  type TemplateStep,
  VERSION_ANNOTATION,
} from '@pavedroad/plugin-golden-paths-node';

/** Where this checkout keeps its templates. */
export const TEMPLATES_ROOT = resolvePackagePath(
  '@pavedroad/golden-path-cli',
  '../../templates',
);

/** Names of all templates below a folder, sorted. */
export async function listTemplates(root = TEMPLATES_ROOT): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const names = await Promise.all(
    entries
      .filter(entry => entry.isDirectory())
      .map(async ({ name }) => {
        const file = await stat(join(root, name, 'template.yaml')).catch(
          () => undefined,
        );
        return file?.isFile() ? [name] : [];
      }),
  );
  return names.flat().sort();
}

/** Reads a template by its name, or by the path of its folder. Throws a {@link Problem} when there is none or it is not one. */
export async function loadTemplate(
  nameOrFolder: string,
  root = TEMPLATES_ROOT,
): Promise<Template> {
  const folder = /[\\/]/.test(nameOrFolder)
    ? resolve(nameOrFolder)
    : join(root, nameOrFolder);
  const file = join(folder, 'template.yaml');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const names = await listTemplates(root).catch(() => []);
    throw new Problem(
      `There is no template '${nameOrFolder}'. Choose one of: ${names.join(
        ', ',
      )}.`,
    );
  }
  try {
    return templateOf(parse(text), folder);
  } catch (error) {
    throw error instanceof Problem
      ? new Problem(`${file} ${error.message}`)
      : error;
  }
}
