// Compresses what the build made, once, so that no request has to: `<file>.br` and `<file>.gz` beside each text.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const folder = 'dist/web';
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  // The page itself differs with every answer.
  if (!entry.isFile() || !/\.(css|js|json|svg|txt|webmanifest)$/.test(entry.name)) {
    continue;
  }
  const path = join(entry.parentPath, entry.name);
  const body = await readFile(path);
  for (const [ending, compressed] of [
    ['br', brotliCompressSync(body)],
    ['gz', gzipSync(body, { level: 9 })],
  ]) {
    if (compressed.length < body.length) {
      await writeFile(`${path}.${ending}`, compressed);
    }
  }
}
