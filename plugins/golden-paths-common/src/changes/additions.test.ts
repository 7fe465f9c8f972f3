import { compareAdditions, describeAdditions } from './additions';

const file = (path: string, sha256 = 'new') => ({ path, sha256 });

describe('compareAdditions', () => {
  it('takes only paths that are free', () => {
    expect(
      compareAdditions(
        [
          file('a/new.txt'),
          file('same.txt', 'x'),
          file('README.md'),
          file('ci'),
          file('Makefile/part'),
          file('docs/index.md'),
        ],
        [
          file('same.txt', 'x'),
          file('readme.md', 'old'),
          file('ci/test.sh', 'old'),
          file('Makefile', 'old'),
          file('docs/other.md', 'old'),
        ],
      ),
    ).toEqual({
      created: ['a/new.txt', 'docs/index.md'],
      same: ['same.txt'],
      kept: ['README.md', 'ci', 'Makefile/part'],
    });
  });

  it.each([
    ['is not there', undefined, ['rules', 'tests'], [], []],
    ['is the same', 'new', ['tests'], ['rules'], []],
    ['is another', 'old', [], [], ['rules', 'tests']],
  ])('adds what needs a file that %s', (_, sha256, created, same, kept) => {
    expect(
      compareAdditions(
        [file('rules'), file('tests')],
        sha256 ? [file('rules', sha256)] : [],
        { tests: 'rules' },
      ),
    ).toEqual({ created, same, kept });
  });
});

describe('describeAdditions', () => {
  it('says of each file what happened to it, whatever its name', () => {
    expect(
      describeAdditions(
        {
          created: ['a`b'],
          same: ['s'],
          kept: ['catalog-info.yaml', '.gitlab-ci.yml', 'README.md'],
        },
        {
          edited: { 'catalog-info.yaml': ['the owner', 'the tier'] },
          notes: { '.gitlab-ci.yml': 'include the file beside it.' },
        },
      ),
    ).toBe(
      [
        '### New\n\n- ``a`b``',
        '### Completed\n\n- `catalog-info.yaml`: the owner; the tier',
        '### Left alone\n\n- `.gitlab-ci.yml`: include the file beside it.\n- `README.md`: it is there already and stays as it is.',
        '### As it should be already\n\n- `s`',
      ].join('\n\n'),
    );
  });
});
