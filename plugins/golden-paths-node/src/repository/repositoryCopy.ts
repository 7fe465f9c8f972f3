import { readFileSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { UrlReaderService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import {
  isRepositoryPath,
  type RepositoryFiles,
} from '@pavedroad/plugin-golden-paths-common';

/** Most files of a repository that are read. */
const MAX_FILES = 5_000;

/** Most bytes of a repository that are read, all files together. */
const MAX_BYTES = 100 * 1024 * 1024;

/** Longest text facts and edits are read from, in bytes. */
const MAX_TEXT = 1_000_000;

const tooLarge = () =>
  new InputError(
    `The repository has more than ${MAX_FILES} files or ${
      MAX_BYTES / 1024 / 1024
    } MiB, which is more than a template may read. Change it by hand, or tell the platform team.`,
  );

/** What was copied. */
export type RepositoryCopy = {
  files: number;
  /** Symbolic links, which are not copied. */
  leftOut: string[];
  /** Names the state of the tree, as the reader does. */
  etag: string;
};

/**
 * Copies a tree as a URL reader gives it into a folder that is made anew. Symbolic links are left out, inside or not: nothing that reads
 * the copy can be led elsewhere.
 *
 * @throws InputError when it is too large
 */
export async function copyRepository(options: {
  reader: UrlReaderService;
  treeUrl: string;
  /** Passed to the reader; secret. */
  token?: string;
  folder: string;
  /** A folder of the tree; the others are left out, and do not count. */
  only?: string;
  /** Which paths are copied; all by default. */
  filter?: (path: string) => boolean;
  /** Throws NotModifiedError where the tree is in this state still. */
  etag?: string;
  signal?: AbortSignal;
}): Promise<RepositoryCopy> {
  const { reader, treeUrl, token, folder, signal, etag } = options;
  const only = options.only?.replace(/^\.?\/+|\/+$/g, '');
  let files = 0;
  let bytes = 0;
  // Whatever an earlier attempt left is not part of the repository.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const tree = await reader.readTree(treeUrl, {
    ...(token ? { token } : {}),
    ...(signal ? { signal } : {}),
    ...(etag ? { etag } : {}),
    filter: (path, info) => {
      if (options.filter?.(path.replace(/\/$/, '')) === false) {
        return false;
      }
      if (only && path !== '' && !`${path}/`.startsWith(`${only}/`)) {
        return false;
      }
      files += 1;
      bytes += info?.size ?? 0;
      if (files > MAX_FILES || bytes > MAX_BYTES) {
        throw tooLarge();
      }
      return path === '' || isRepositoryPath(path.replace(/\/$/, ''));
    },
  });
  await tree.dir({ targetDir: folder });

  const leftOut: string[] = [];
  let kept = 0;
  let copied = 0;
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), {
      withFileTypes: true,
    })) {
      const path = below ? `${below}/${entry.name}` : entry.name;
      const full = join(folder, path);
      if (entry.isDirectory()) {
        await chmod(full, 0o755);
        await walk(path);
      } else if (entry.isFile()) {
        kept += 1;
        // As git records it; whoever runs the back end can read it.
        const { mode, size } = await lstat(full);
        // Not every host says beforehand how large a file is.
        copied += size;
        if (copied > MAX_BYTES) {
          throw tooLarge();
        }
        await chmod(full, (mode & 0o100) !== 0 ? 0o755 : 0o644);
      } else {
        leftOut.push(path);
        await unlink(full);
      }
    }
  };
  try {
    await walk('');
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return { files: kept, leftOut: leftOut.sort(), etag: tree.etag };
}

/** A folder as facts and edits read it: its paths, and files that are text. */
export function repositoryFiles(
  folder: string,
  paths: readonly string[],
): RepositoryFiles {
  const known = new Set(paths);
  return {
    paths,
    text(path) {
      if (!known.has(path)) {
        return undefined;
      }
      const content = readFileSync(join(folder, path));
      if (content.length > MAX_TEXT || content.includes(0)) {
        return undefined;
      }
      try {
        return new TextDecoder('utf-8', {
          fatal: true,
          ignoreBOM: true,
        }).decode(content);
      } catch {
        return undefined;
      }
    },
  };
}
