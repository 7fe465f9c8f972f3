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
import { outcome } from '../verify/types';
import {
  answerOf,
  caughtBy,
  caughtByScript,
  copyOf,
  firstChanged,
} from './breaking';
import type { Row } from './kinds';

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

describe('firstChanged', () => {
  const row = (...files: string[]) =>
    ({
      project: { files, read: async (file: string) => file },
    } as unknown as Row);
  const change = (content: string) => `${content}!`;

  it('takes a row that has what the verifier looks at beside the file', async () => {
    const rows = [row('ci/build.sh'), row('Procfile', 'ci/build.sh')];
    expect(
      await firstChanged(rows, { file: /^ci\/build\.sh$/, change }),
    ).toMatchObject({ row: rows[0] });
    expect(
      await firstChanged(rows, {
        file: /^ci\/build\.sh$/,
        beside: /^Procfile$/,
        change,
      }),
    ).toEqual({ row: rows[1], file: 'ci/build.sh', content: 'ci/build.sh!' });
    expect(
      await firstChanged(rows.slice(0, 1), {
        file: /^ci\/build\.sh$/,
        beside: /^Procfile$/,
        change,
      }),
    ).toEqual({ any: false });
  });
});

describe('what was broken on purpose', () => {
  const found = outcome([
    { where: 'a', message: 'is untidy' },
    { where: 'b', message: 'is open\nto all' },
  ]);
  it.each([
    ['by any finding, where it does not say which', undefined, 'a: is untidy'],
    ['by the finding it names', /^b: is open/, 'b: is open'],
  ])('is caught %s', (_, expects, message) => {
    expect(caughtBy(found, expects)).toEqual({ status: 'caught', message });
  });

  it('is missed where something else was found, or nothing', () => {
    expect(caughtBy(found, /is closed/)).toEqual({
      status: 'missed',
      message: 'noticed something else: a: is untidy',
    });
    expect(caughtBy(outcome([]), undefined).status).toBe('missed');
    expect(caughtBy({ status: 'absent' }, undefined).status).toBe('missed');
  });

  it('is not caught by a verifier that crashes', async () => {
    await expect(
      answerOf(async () => {
        throw new Error('cannot read it');
      }),
    ).rejects.toThrow('cannot read it');
  });

  it('is not caught by a command whose time was up', async () => {
    const verify = (timeoutMs: number) =>
      answerOf(async () => {
        const { code } = await run('sh', ['-c', 'sleep 0.3; exit 1'], {
          cwd: tmpdir(),
          timeoutMs,
        });
        return outcome([{ where: 'promtool test rules', message: `${code}` }]);
      });
    await expect(verify(50)).rejects.toThrow('ran out of time: sh -c sleep');
    expect(caughtBy(await verify(10_000)).status).toBe('caught');
  });

  it.each([
    ['caught', 1, undefined, '2 failed'],
    ['caught', 1, /1 failed/, '1 failed'],
    ['missed', 1, /3 failed/, 'fails of something else: 2 failed'],
    ['missed', 0, undefined, 'exit 0'],
    ['missed', 75, undefined, 'exit 75'],
    ['missed', 124, undefined, 'exit 124'],
    ['missed', 124, /1 failed/, 'exit 124'],
  ])(
    'is %s by a script that ends with %d, expected %s',
    (status, code, expects, message) => {
      const ended = { code, output: 'a\n 1 failed\n2 failed\n' };
      expect(caughtByScript(ended, expects)).toEqual({ status, message });
    },
  );
});
