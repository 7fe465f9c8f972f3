import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import {
  branchNameProblem,
  isCommitId,
  ownerProblem,
  parseRepositorySlug,
  pathProblem,
  refNameProblem,
  repositoryNameProblem,
  stringifyRepositorySlug,
  writablePathProblem,
} from './names';
import { cloneUrl, fileUrl, parseFileUrl } from './urls';

const BASE = 'http://portal.example:7007/api/git';

describe('names of owners and repositories', () => {
  it.each(['a', 'payments', 'team-a', 'a.b_c', 'A1', 'x'.repeat(63)])(
    'accepts %s',
    name => {
      expect(ownerProblem(name)).toBeUndefined();
      expect(repositoryNameProblem(name)).toBeUndefined();
    },
  );

  it.each([
    '',
    '.',
    '..',
    '-a',
    'a-',
    'a--b',
    'a/b',
    'a\\b',
    'a b',
    'a\nb',
    'a\u0000b',
    '~a',
    '$(x)',
    'é',
    'x'.repeat(64),
    '.git',
    '.hidden',
  ])('refuses %j', name => {
    expect(ownerProblem(name)).toEqual(expect.any(String));
    expect(repositoryNameProblem(name)).toEqual(expect.any(String));
  });

  it.each(['x.git', 'x.GIT', 'x.lock', 'con', 'NUL.txt', 'com1'])(
    'refuses the repository %s',
    name => {
      expect(repositoryNameProblem(name)).toEqual(expect.any(String));
    },
  );

  it.each(['v1', 'V1', 'openapi.json'])(
    'refuses the owner %s, a route',
    name => {
      expect(ownerProblem(name)).toEqual(expect.any(String));
    },
  );

  it('accepts nothing that means anything to a file system, a shell or a URL', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 3 }),
          fc
            .array(
              fc.constantFrom('a', 'B', '1', '-', '.', '_', '/', '%', ' '),
              { maxLength: 5 },
            )
            .map(parts => parts.join('')),
        ),
        name => {
          fc.pre(!repositoryNameProblem(name));
          expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
          expect(encodeURIComponent(name)).toBe(name);
          expect(name).not.toContain('..');
        },
      ),
    );
  });

  it.each(['a', 'a/b/c', '/a', 'a/', '../a', 'v1/a', 'a/b.git'])(
    'reads no slug from %j',
    slug => {
      expect(parseRepositorySlug(slug)).toBeUndefined();
    },
  );

  it('reads a slug and writes it back', () => {
    expect(
      stringifyRepositorySlug(
        parseRepositorySlug('a/b') ?? { owner: '', name: '' },
      ),
    ).toBe('a/b');
  });
});

describe('refs', () => {
  it.each([
    'refs/heads/main',
    'refs/heads/feature/a',
    'refs/tags/v1.0.0',
    'refs/heads/ü',
  ])('accepts %s', ref => {
    expect(refNameProblem(ref)).toBeUndefined();
  });

  it.each([
    '-x',
    'HEAD',
    'refs/heads/x',
    'a'.repeat(40),
    'a..b',
    'a/',
    '/a',
    'a//b',
    '.a',
    'a.lock',
    'a@{b',
    '@',
    '',
  ])('refuses the branch %j', branch => {
    expect(branchNameProblem(branch)).toEqual(expect.any(String));
  });

  it('agrees with git check-ref-format', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      '..',
      '/',
      '-',
      '@',
      '{',
      '~',
      '^',
      ':',
      '?',
      '*',
      '[',
      '\\',
      ' ',
      '.lock',
      '\t',
      'ü',
      '@{',
      '\u007f',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), pieces => {
        const ref = `refs/heads/${pieces.join('')}`;
        let accepted = true;
        try {
          execFileSync('git', ['check-ref-format', ref], { stdio: 'ignore' });
        } catch {
          accepted = false;
        }
        expect([ref, refNameProblem(ref) === undefined]).toEqual([
          ref,
          accepted,
        ]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('paths', () => {
  it.each(['', 'a', 'a/b.txt', 'ü/file name', '-a', '...', 'a/.hidden'])(
    'accepts %j',
    path => {
      expect(pathProblem(path)).toBeUndefined();
    },
  );

  it.each([
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/.',
    'a\\b',
    'a\u0000',
    'a\nb',
    'x'.repeat(300),
    'a/'.repeat(600),
    '\ud800',
  ])('refuses %j', path => {
    expect(pathProblem(path)).toEqual(expect.any(String));
  });

  it.each([
    '.git',
    'a/.GIT/config',
    '.git.',
    '.git /x',
    'GIT~1/config',
    '.g\u200cit/config',
    '.git::$INDEX',
    '',
  ])('does not write to %j', path => {
    expect(writablePathProblem(path)).toEqual(expect.any(String));
  });

  it.each(['.gitignore', '.github/workflows/ci.yml', 'git', 'a.git/x'])(
    'writes to %s',
    path => {
      expect(writablePathProblem(path)).toBeUndefined();
    },
  );

  it('never leaves the folder it is below', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('a', '..', '.', '/', '\\', '%2e', '%2f', '\u0000'),
          { maxLength: 8 },
        ),
        parts => {
          const path = parts.join('');
          fc.pre(!pathProblem(path));
          const url = new URL(
            `http://x/root/${path
              .split('/')
              .map(encodeURIComponent)
              .join('/')}`,
          );
          expect(url.pathname.startsWith('/root/')).toBe(true);
        },
      ),
    );
  });
});

describe('addresses', () => {
  it('writes clone addresses', () => {
    expect(cloneUrl(BASE, { owner: 'a', name: 'b' })).toBe(`${BASE}/a/b.git`);
  });

  it('reads back every file address it writes', () => {
    const segment = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 12 })
      .filter(text => !text.includes('/') && pathProblem(text) === undefined);
    const segments = fc.array(segment, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.constantFrom('blob' as const, 'tree' as const),
        segments,
        segments,
        (kind, ref, path) => {
          const url = fileUrl(
            BASE,
            { owner: 'a', name: 'b' },
            kind,
            ref.join('/'),
            path.join('/'),
          );
          expect(parseFileUrl(BASE, url)).toEqual({
            owner: 'a',
            name: 'b',
            kind,
            refAndPath: [...ref, ...path],
          });
        },
      ),
    );
  });

  it.each([
    'http://portal.example:7007/api/catalog/x',
    'https://portal.example:7007/api/git/a/b/blob/main/x',
    'http://portal.example:7008/api/git/a/b/blob/main/x',
    'http://portal.example:7007.evil.example/api/git/a/b/blob/main/x',
    `${BASE}/a/b/raw/main/x`,
    `${BASE}/a/b/blob`,
    `${BASE}/a/b.git/blob/main/x`,
    `${BASE}/a/b/blob/main/..%2fx`,
    `${BASE}/a/b/blob/main/%2e%2e%2fx`,
    `${BASE}/a/b/blob/main/%zz`,
    `${BASE}/../git/v1/b/blob/main/x`,
    'nonsense',
  ])('reads nothing from %s', url => {
    expect(parseFileUrl(BASE, url)).toBeUndefined();
  });
});

it.each([
  ['a'.repeat(40), true],
  ['A'.repeat(40), false],
  ['a'.repeat(39), false],
  ['g'.repeat(40), false],
])('%s is a commit id: %s', (text, expected) => {
  expect(isCommitId(text)).toBe(expected);
});
