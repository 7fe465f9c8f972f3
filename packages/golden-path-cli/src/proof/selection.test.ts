import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../lib/run';
import { changedFiles, selectProofs } from './selection';

const template = (name: string, type: string, ...shared: string[]) => ({
  name,
  type,
  parts: [name, ...shared],
});

const TEMPLATES = [
  template('aws-resource', 'change', 'platform/iac/aws-queue'),
  template('ml-service', 'ml-service', 'platform/ci', 'platform/python'),
  template('python-service', 'service', 'platform/ci', 'platform/python'),
  template('typescript-service', 'service', 'platform/ci'),
];

describe('selectProofs', () => {
  const full = (changed: string[] | undefined, templates = TEMPLATES) =>
    Array.from(selectProofs(templates, changed))
      .filter(([, scope]) => scope === 'full')
      .map(([name]) => name);

  it.each([
    ['nothing changed', []],
    ['something else', ['docs/index.md']],
    ['what all are made of', ['templates/platform/ci/a']],
    ['a name that begins alike', ['templates/python-service-2/a']],
    ['a record', ['templates/python-service/releases.yaml']],
    ['a changelog', ['templates/python-service/CHANGELOG.md']],
    ['what is about no kind', ['packages/golden-path-cli/src/main.ts']],
  ])('proves the reference alone: %s', (_, changed) => {
    expect(full(changed)).toEqual(['typescript-service']);
  });

  it('proves everything where nothing is known', () => {
    expect(full(undefined)).toEqual(TEMPLATES.map(({ name }) => name));
  });

  it('proves a template that is touched', () => {
    expect(full(['templates/python-service/skeleton/a'])).toEqual([
      'python-service',
      'typescript-service',
    ]);
  });

  it('proves one of those that are made of a folder of the platform layer', () => {
    expect(full(['templates/platform/iac/aws-queue/a'])).toEqual([
      'aws-resource',
      'typescript-service',
    ]);
    expect(full(['templates/platform/python/a'])).toHaveLength(2);
    expect(
      full(['templates/platform/python/a', 'templates/python-service/a']),
    ).toEqual(['python-service', 'typescript-service']);
  });

  it.each([
    'packages/golden-path-cli/src/proof/kinds/mlServiceMutations.ts',
    'packages/golden-path-cli/src/verify/mlService.ts',
  ])('proves the kind that %s is about', file => {
    expect(full([file])).toEqual(['ml-service', 'typescript-service']);
  });

  it('is complete: every folder that is touched is part of something proved in full', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            name: fc.string({ minLength: 1 }),
            parts: fc.uniqueArray(
              fc.constantFrom(...'abcdefgh').map(part => `platform/${part}`),
            ),
          }),
          { minLength: 1 },
        ),
        fc.subarray([...'abcdefgh']),
        (some, touched) => {
          const templates = some.map(({ name, parts }, index) =>
            template(`${index}${name}`, 'service', ...parts),
          );
          const scopes = selectProofs(
            templates,
            touched.map(part => `templates/platform/${part}/x`),
          );
          for (const part of touched.map(letter => `platform/${letter}`)) {
            const having = templates.filter(({ parts }) =>
              parts.includes(part),
            );
            expect(
              having.length === 0 ||
                having.some(({ name }) => scopes.get(name) === 'full'),
            ).toBe(true);
          }
        },
      ),
    );
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

  it('compares a push with what was there before it', async () => {
    const first = await commit('one');
    await commit('two');
    await commit('three');
    for (const name of ['CI_COMMIT_BEFORE_SHA', 'PUSHED_BEFORE']) {
      expect(await changedFiles(folder, { [name]: first })).toEqual([
        'three',
        'two',
      ]);
      // A branch that is new, and a commit that is not here.
      for (const unknown of ['0'.repeat(40), 'f'.repeat(40)]) {
        expect(await changedFiles(folder, { [name]: unknown })).toEqual([
          'three',
        ]);
      }
    }
  });
});
