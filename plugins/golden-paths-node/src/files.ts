import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below a folder as paths with `/`, sorted; symbolic links are not followed. */
export async function listFiles(folder: string): Promise<string[]> {
  const walk = async (below: string): Promise<string[]> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    const found = await Promise.all(
      entries.map(async entry => {
        const path = below ? `${below}/${entry.name}` : entry.name;
        return entry.isDirectory() ? walk(path) : [path];
      }),
    );
    return found.flat();
  };
  return (await walk('')).sort((a, b) => (a < b ? -1 : 1));
}

export type FileDigest = { path: string; sha256: string; executable: boolean };

/** Hash and mode of every file below a folder. */
export async function digestFiles(folder: string): Promise<FileDigest[]> {
  const paths = await listFiles(folder);
  return Promise.all(
    paths.map(async path => {
      const file = join(folder, path);
      const [content, { mode }] = await Promise.all([
        readFile(file),
        stat(file),
      ]);
      return {
        path,
        sha256: createHash('sha256').update(content).digest('hex'),
        executable: Math.floor(mode / 0o100) % 2 === 1,
      };
    }),
  );
}
