import fc from 'fast-check';
import {
  matchesOwnershipPattern,
  ownershipPatternProblem,
  resolveOwnership,
  unusedOwnershipRules,
} from './ownership';

describe('matchesOwnershipPattern', () => {
  it.each([
    ['Makefile', 'Makefile', true],
    ['Makefile', 'src/Makefile', false],
    ['**/Makefile', 'Makefile', true],
    ['**/Makefile', 'a/b/Makefile', true],
    ['src/', 'src/a.ts', true],
    ['src/', 'src/a/b.ts', true],
    ['src/', 'src', false],
    ['src/', 'srcs/a.ts', false],
    ['src/**', 'src', false],
    ['src/*.ts', 'src/a.ts', true],
    ['src/*.ts', 'src/a/b.ts', false],
    ['src/**/*.ts', 'src/b.ts', true],
    ['src/**/*.ts', 'src/a/b/c.ts', true],
    ['.github/**', '.github/workflows/ci.yaml', true],
    ['deploy/*/patch-?.yaml', 'deploy/staging/patch-1.yaml', true],
    ['deploy/*/patch-?.yaml', 'deploy/staging/patch-10.yaml', false],
    ['**', 'anything/at/all', true],
    ['a.c', 'abc', false],
    ['(a|b)', 'a', false],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(matchesOwnershipPattern(pattern, path)).toBe(expected);
  });

  it.each([
    '',
    '/src',
    'a//b',
    '../a',
    'a/./b',
    'a**b',
    'a\\b',
    'x'.repeat(201),
  ])('says what is wrong with %j, and matches nothing', pattern => {
    expect(ownershipPatternProblem(pattern)).toEqual(expect.any(String));
    expect(matchesOwnershipPattern(pattern, 'a')).toBe(false);
  });

  const segment = fc
    .stringMatching(/^[a-z.]{1,5}$/)
    .filter(s => !/^\.+$/.test(s));

  it('agrees with the regular expression it stands for', () => {
    const part = fc.oneof(
      segment,
      fc.constant('*'),
      fc.constant('**'),
      fc.stringMatching(/^[a-z?*]{1,4}$/).filter(s => !s.includes('**')),
    );
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        (parts, path) => {
          const source = parts
            .map((p, i) => {
              if (p === '**') {
                return i === parts.length - 1
                  ? '[^/]+/(?:[^/]+/)*'
                  : '(?:[^/]+/)*';
              }
              return `${p
                .replace(/\./g, '\\.')
                .replace(/\*/g, '[^/]*')
                .replace(/\?/g, '[^/]')}/`;
            })
            .join('');
          const expected = new RegExp(`^${source}$`).test(`${path.join('/')}/`);
          expect(matchesOwnershipPattern(parts.join('/'), path.join('/'))).toBe(
            expected,
          );
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('resolveOwnership', () => {
  it.each([
    ['README.md', 'merged'],
    ['src/index.ts', 'seed'],
    ['src/platform/health.ts', 'managed'],
    ['.github/workflows/ci.yaml', 'managed'],
  ] as const)(
    '%s is %s: the last rule that matches decides',
    (path, expected) => {
      expect(
        resolveOwnership(path, [
          { pattern: '.github/', class: 'managed' },
          { pattern: 'src/', class: 'seed' },
          { pattern: 'src/platform/**', class: 'managed' },
        ]),
      ).toBe(expected);
    },
  );

  it('lists rules that match nothing', () => {
    expect(
      unusedOwnershipRules(
        ['src/a.ts'],
        [
          { pattern: 'src/', class: 'seed' },
          { pattern: 'lib/', class: 'seed' },
          { pattern: '.gitlab-ci.yml', class: 'managed', optional: true },
        ],
      ),
    ).toEqual([{ pattern: 'lib/', class: 'seed' }]);
  });
});
