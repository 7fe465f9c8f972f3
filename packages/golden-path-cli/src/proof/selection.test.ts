import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/run';
import { changedFiles, selectProofs } from './selection';

const TEMPLATES = ['python-service', 'typescript-service'];

describe('selectProofs', () => {
  it.each([
    ['nothing known', undefined, ['full', 'full']],
    ['nothing changed', [], ['sample', 'full']],
    ['something else', ['docs/index.md'], ['sample', 'full']],
    ['one template', ['templates/python-service/skeleton/a'], ['full', 'full']],
    ['the platform layer', ['templates/platform/a'], ['sample', 'full']],
    [
      'a template and the platform layer',
      ['templates/platform/a', 'templates/python-service/template.yaml'],
      ['full', 'full'],
    ],
    [
      'a name that begins alike',
      ['templates/python-service-2/a'],
      ['sample', 'full'],
    ],
  ])('%s', (_, changed, expected) => {
    expect([...selectProofs(TEMPLATES, changed).values()]).toEqual(expected);
  });
});

describe('changedFiles', () => {
  let folder: string;
  const git = async (...args: string[]) => {
    const { stdout } = await run(
      'git',
      ['-c', 'user.name=a', '-c', 'user.email=a@b.invalid', ...args],
      { cwd: folder },
    );
    return stdout.trim();
  };
  const commit = async (file: string) => {
    await writeFile(join(folder, file), file);
    await git('add', file);
    await git('commit', '--quiet', '-m', file);
    return git('rev-parse', 'HEAD');
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'golden-path-selection-'));
    await git('init', '--quiet', '-b', 'main');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('asks for everything without history', async () => {
    await commit('one');
    expect(await changedFiles(folder, {})).toBeUndefined();
  });

  it('compares the default branch with the commit before', async () => {
    await commit('one');
    await commit('two');
    await commit('three');
    expect(await changedFiles(folder, {})).toEqual(['three']);
  });

  it('compares a branch with where it began', async () => {
    await commit('one');
    await git('checkout', '--quiet', '-b', 'change');
    await commit('two');
    await commit('three');
    expect((await changedFiles(folder, {}))?.sort()).toEqual(['three', 'two']);
  });

  it('believes the CI system', async () => {
    const first = await commit('one');
    await commit('two');
    await commit('three');
    expect(
      await changedFiles(folder, { CI_MERGE_REQUEST_DIFF_BASE_SHA: first }),
    ).toEqual(['three', 'two']);
  });
});
