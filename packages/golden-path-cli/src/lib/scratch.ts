import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Does something with a folder of its own, in which everything that it and its commands write to the temporary folder lies as well: a
 * process that is killed on purpose cannot tidy up after itself. The folder is removed in the end, also when this process ends before.
 */
export async function inScratch<T>(
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'golden-path-run-'));
  const before = process.env.TMPDIR;
  const ended = () =>
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', ended);
  try {
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    process.env.TMPDIR = temporary;
    return await work(folder);
  } finally {
    process.off('exit', ended);
    if (before === undefined) {
      delete process.env.TMPDIR;
    } else {
      process.env.TMPDIR = before;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
