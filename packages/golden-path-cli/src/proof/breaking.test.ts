import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/run';
import { copyOf } from './breaking';

describe('a copy of a clone', () => {
  let work: string;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'golden-path-breaking-'));
  });
  afterEach(async () => {
    await rm(work, { recursive: true, force: true });
  });

  it('installs anew without taking anything from the original', async () => {
    const original = join(work, 'original');
    for (const [file, text] of [
      ['src/a.ts', 'a'],
      ['node_modules/left/index.js', 'left'],
      ['node_modules/@scope/right/index.js', 'right'],
      ['node_modules/.bin/tool', 'tool'],
      ['node_modules/.lockfile-sha256', 'sum'],
    ]) {
      await mkdir(join(original, file, '..'), { recursive: true });
      await writeFile(join(original, file), text);
    }
    const copy = await copyOf(original, join(work, 'copy'));
    const modules = join(copy, 'node_modules');
    expect(await readFile(join(modules, 'left/index.js'), 'utf8')).toBe('left');
    expect(await readFile(join(modules, '.bin/tool'), 'utf8')).toBe('tool');

    // What `npm ci` begins with, and what it ends with.
    await writeFile(join(modules, '.lockfile-sha256'), 'another');
    await run(
      'sh',
      ['-c', 'find . -mindepth 1 -maxdepth 1 -exec rm -rf {} +'],
      {
        cwd: modules,
        timeoutMs: 10_000,
      },
    );
    await rm(modules, { recursive: true });
    expect(
      (await readdir(join(original, 'node_modules'), { recursive: true }))
        .filter(name => /\w\.js$|tool|sha256/.test(name))
        .sort(),
    ).toEqual([
      '.bin/tool',
      '.lockfile-sha256',
      '@scope/right/index.js',
      'left/index.js',
    ]);
    expect(
      await readFile(join(original, 'node_modules/.lockfile-sha256'), 'utf8'),
    ).toBe('sum');
  });

  it('of one that has installed nothing has nothing installed', async () => {
    const original = join(work, 'original');
    await mkdir(original);
    await writeFile(join(original, 'a'), '');
    expect(await readdir(await copyOf(original, join(work, 'copy')))).toEqual([
      'a',
    ]);
  });
});
