import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { InputError } from '@backstage/errors';
import { isPage } from './site/paths';

/** Most files of a docs folder. */
export const MAX_FILES = 3_000;

/** Most bytes of a docs folder, all files together. */
export const MAX_BYTES = 100 * 1024 * 1024;

/** The largest page, in bytes. */
export const MAX_PAGE_BYTES = 2 * 1024 * 1024;

/** What is published beside pages. HTML and scripts are not: nothing of a repository runs in the portal. */
const ASSET =
  /\.(avif|csv|gif|ico|jpe?g|json|pdf|png|svg|txt|webp|ya?ml|puml|drawio)$/i;

/** The files of a docs folder, as paths from it, sorted. */
export type DocsFiles = { root: string; pages: string[]; assets: string[] };

/** mkdocs.yml of a repository, `undefined` when there is none. */
export async function readMkdocs(
  inputDir: string,
): Promise<string | undefined> {
  for (const name of ['mkdocs.yml', 'mkdocs.yaml']) {
    const path = join(inputDir, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isSymbolicLink()) {
      throw new InputError(
        `${name} is a symbolic link; docs must not have any.`,
      );
    }
    if (stats?.isFile()) {
      return readFile(path, 'utf8');
    }
  }
  return undefined;
}

/**
 * Lists the files of the docs folder.
 *
 * @throws InputError when the folder is not in the repository, holds a symbolic link, or too much.
 */
export async function listDocsFiles(
  inputDir: string,
  docsDir: string,
): Promise<DocsFiles> {
  const repository = await realpath(inputDir);
  const root = resolve(repository, docsDir);
  if (root !== repository && !root.startsWith(`${repository}${sep}`)) {
    throw new InputError(
      `mkdocs.yml: docs_dir "${docsDir}" is outside the repository.`,
    );
  }
  const real = await realpath(root).catch(() => undefined);
  if (real === undefined) {
    throw new InputError(
      `There is no folder "${docsDir}" with pages. Add ${docsDir}/index.md, or say in mkdocs.yml where the pages are (docs_dir).`,
    );
  }
  if (real !== root) {
    throw new InputError(
      `The folder "${docsDir}" is reached through a symbolic link; docs must not have any.`,
    );
  }
  const pages: string[] = [];
  const assets: string[] = [];
  let bytes = 0;
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    for (const entry of entries) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.name.startsWith('.') || entry.name === 'node_modules') {
        continue;
      }
      if (entry.isSymbolicLink()) {
        throw new InputError(
          `${docsDir}/${path} is a symbolic link; docs must not have any.`,
        );
      }
      if (entry.isDirectory()) {
        await walk(path);
        continue;
      }
      if (!entry.isFile() || !(isPage(path) || ASSET.test(path))) {
        continue;
      }
      const { size } = await lstat(join(root, path));
      if (isPage(path) && size > MAX_PAGE_BYTES) {
        throw new InputError(
          `${docsDir}/${path} is larger than ${MAX_PAGE_BYTES / 1024} KiB.`,
        );
      }
      bytes += size;
      (isPage(path) ? pages : assets).push(path);
      if (pages.length + assets.length > MAX_FILES || bytes > MAX_BYTES) {
        throw new InputError(
          `The docs are more than ${MAX_FILES} files or ${
            MAX_BYTES / 1024 / 1024
          } MiB.`,
        );
      }
    }
  };
  await walk('');
  return { root, pages: pages.sort(), assets: assets.sort() };
}
