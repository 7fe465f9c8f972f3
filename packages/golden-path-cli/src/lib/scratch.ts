import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does something with a folder of its own, in which everything that it and its commands write to the temporary folder lies as well: a
 * process that is killed on purpose cannot tidy up after itself. The folder is removed in the end, also when a signal ends this process.
 */
export async function inScratch<T>(
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'golden-path-run-'));
  const before = process.env.TMPDIR;
  const end = (signal: (typeof SIGNALS)[number]) => {
    // After the listeners that end the commands: those would write on.
    process.once('exit', () =>
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
    );
    process.exit(128 + constants.signals[signal]);
  };
  SIGNALS.forEach(signal => process.once(signal, end));
  try {
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    process.env.TMPDIR = temporary;
    return await work(folder);
  } finally {
    SIGNALS.forEach(signal => process.off(signal, end));
    if (before === undefined) {
      delete process.env.TMPDIR;
    } else {
      process.env.TMPDIR = before;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
