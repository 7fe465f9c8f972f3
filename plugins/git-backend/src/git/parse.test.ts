import fc from 'fast-check';
import {
  parseCommits,
  parseFileChanges,
  parsePushCommits,
  parseTree,
  sortTree,
} from './parse';

const id = (digit: string) => digit.repeat(40);
const limits = { maxPaths: 10, maxTotalPaths: 100 };

describe('parsePushCommits', () => {
  // As git writes it: two separators, seven fields, an empty one, then paths.
  const record = (
    commit: string,
    parents: string,
    subject: string,
    paths: string[],
  ) =>
    `\0\0${commit}\0${parents}\0date\0date\0name\0mail\0${subject}\0\0${
      paths.length ? `\n${paths.map(path => `${path}\0`).join('')}` : ''
    }`;

  it('reads commits with and without parents, subjects and paths', () => {
    const output = [
      record(id('a'), `${id('b')} ${id('c')}`, 'Merge', ['x y', 'z']),
      record(id('b'), '', '', []),
      record(id('c'), '', 'Root', ['only']),
    ].join('');
    expect(
      parsePushCommits(output, limits).map(commit => [
        commit.id,
        commit.parents.length,
        commit.subject,
        commit.paths,
      ]),
    ).toEqual([
      [id('a'), 2, 'Merge', ['x y', 'z']],
      [id('b'), 0, '', []],
      [id('c'), 0, 'Root', ['only']],
    ]);
  });

  it('leaves out the paths of a commit that changes too many', () => {
    const many = Array.from({ length: 11 }, (_, index) => `f${index}`);
    const [commit] = parsePushCommits(record(id('a'), '', 's', many), limits);
    expect(commit).not.toHaveProperty('paths');
  });

  it('gives back any subjects and paths that were put in', () => {
    const word = fc
      .stringMatching(/^[a-zA-Z0-9 ._/-]{1,20}$/)
      .filter(text => text.trim() !== '');
    const commit = fc.record({
      digit: fc.constantFrom(...'abcdef0123456789'),
      subject: word,
      paths: fc.uniqueArray(word, { maxLength: 5 }),
    });
    fc.assert(
      fc.property(fc.array(commit, { maxLength: 6 }), commits => {
        const output = commits
          .map(({ digit, subject, paths }) =>
            record(id(digit), '', subject, paths),
          )
          .join('');
        expect(
          parsePushCommits(output, limits).map(({ subject, paths }) => ({
            subject,
            paths,
          })),
        ).toEqual(commits.map(({ subject, paths }) => ({ subject, paths })));
      }),
    );
  });
});

it('parseCommits reads records one after the other', () => {
  const record = `${id('a')}\0${id(
    'b',
  )}\0A\0a@x\0d1\0C\0c@x\0d2\0Subject\0Body\nmore\n\0`;
  expect(parseCommits(`${record}\0${record}\0`)).toHaveLength(2);
  expect(parseCommits(record)[0]).toMatchObject({
    parents: [id('b')],
    subject: 'Subject',
    body: 'Body\nmore',
  });
  expect(parseCommits('')).toEqual([]);
});

it('parseFileChanges joins status and line counts, for renames and binaries too', () => {
  const raw = (status: string) =>
    `:100644 100644 ${id('a')} ${id('b')} ${status}`;
  const output = [
    raw('M'),
    'a.txt',
    raw('R100'),
    'old',
    'new',
    raw('A'),
    'bin',
    '3\t1\ta.txt',
    '0\t0\t',
    'old',
    'new',
    '-\t-\tbin',
    '',
  ].join('\0');
  expect(parseFileChanges(output)).toEqual([
    { path: 'a.txt', status: 'modified', additions: 3, deletions: 1 },
    {
      path: 'new',
      previousPath: 'old',
      status: 'renamed',
      additions: 0,
      deletions: 0,
    },
    { path: 'bin', status: 'added' },
  ]);
});

it('parseTree tells files, folders, links and submodules apart, folders first', () => {
  const output = [
    `100644 blob ${id('a')}      12\tz.txt`,
    `120000 blob ${id('b')}       3\tlink`,
    `160000 commit ${id('c')}       -\tsub`,
    `040000 tree ${id('d')}       -\tdir with\ttab`,
    '',
  ].join('\0');
  expect(
    sortTree(parseTree(output, 'top')).map(({ type, path, name, size }) => [
      type,
      path,
      name,
      size,
    ]),
  ).toEqual([
    ['directory', 'top/dir with\ttab', 'dir with\ttab', undefined],
    ['symlink', 'top/link', 'link', 3],
    ['submodule', 'top/sub', 'sub', undefined],
    ['file', 'top/z.txt', 'z.txt', 12],
  ]);
});
