import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { resolveSafeChildPath } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { isRepositoryPath } from '@pavedroad/plugin-golden-paths-common';
import { EFFECTS_FILE } from './effects';

/** Most files a golden path may render. */
export const MAX_FILES = 5_000;

/** Most bytes a golden path may render, all files together. */
export const MAX_BYTES = 100 * 1024 * 1024;

/** One file of the workspace that goes into the repository. */
export type WorkspaceFile = {
  /** Path from the repository's root, separated by `/`. */
  path: string;
  /** SHA-256 of the bytes as 64 hex digits; of the target for a symbolic link, as git stores it. */
  sha256: string;
  executable: boolean;
};

/**
 * The folder of the workspace that becomes the repository.
 *
 * @throws NotAllowedError when `sourcePath` leaves the workspace, by `..` or through a symbolic link.
 */
export function sourceFolder(
  workspacePath: string,
  sourcePath: string | undefined,
): string {
  return resolveSafeChildPath(workspacePath, sourcePath ?? '.');
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function hashLink(root: string, path: string): Promise<string> {
  const target = await readlink(path);
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined || !`${real}${sep}`.startsWith(`${root}${sep}`)) {
    throw new InputError(
      `The template rendered the symbolic link ${path.slice(
        root.length + 1,
      )}, which does not lead to a file of the repository.`,
    );
  }
  return createHash('sha256').update(target).digest('hex');
}

/**
 * Lists what was rendered, sorted by path, with hashes. The record of side effects is not among it.
 *
 * @throws InputError for what cannot go into a repository safely: `.git` folders, links that lead out, devices, too much of it.
 */
export async function listWorkspaceFiles(
  folder: string,
): Promise<WorkspaceFile[]> {
  const root = await realpath(folder);
  const files: WorkspaceFile[] = [];
  let bytes = 0;
  const walk = async (relative: string): Promise<void> => {
    const entries = await readdir(join(root, relative), {
      withFileTypes: true,
    });
    for (const entry of entries) {
      const path = relative ? `${relative}/${entry.name}` : entry.name;
      if (path === EFFECTS_FILE) {
        continue;
      }
      if (!isRepositoryPath(path)) {
        throw new InputError(
          `The template rendered "${path}", which cannot be in a repository.`,
        );
      }
      const full = resolve(root, path);
      const stats = await lstat(full);
      bytes += stats.size;
      if (entry.isDirectory()) {
        await walk(path);
        continue;
      } else if (entry.isSymbolicLink()) {
        files.push({
          path,
          sha256: await hashLink(root, full),
          executable: false,
        });
      } else if (entry.isFile()) {
        files.push({
          path,
          sha256: await hashFile(full),
          // The owner's bit, as git records it.
          executable: (stats.mode & 0o100) !== 0,
        });
      } else {
        throw new InputError(
          `The template rendered "${path}", which is neither a file nor a folder.`,
        );
      }
      if (files.length > MAX_FILES || bytes > MAX_BYTES) {
        throw new InputError(
          `The template rendered more than ${MAX_FILES} files or ${
            MAX_BYTES / 1024 / 1024
          } MiB.`,
        );
      }
    }
  };
  await walk('');
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
