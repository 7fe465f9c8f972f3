import fc from 'fast-check';
import {
  buildManifest,
  type BuildManifestOptions,
  compareWithManifest,
  isRepositoryPath,
  MANIFEST_PATH,
  parseManifest,
  serializeManifest,
} from './manifest';

const hash = (c: string) => c.repeat(64);

const options: BuildManifestOptions = {
  template: {
    ref: 'template:default/typescript-service',
    version: '1.0.0',
    commit: 'a'.repeat(40),
  },
  answers: {
    name: 'ledger',
    owner: 'group:default/payments',
    deployToken: 'hunter2',
    pin: '******',
  },
  secretAnswers: ['deployToken'],
  files: [
    { path: 'src/index.ts', sha256: hash('1') },
    { path: 'scripts/verify.sh', sha256: hash('2'), executable: true },
    { path: '.gitlab-ci.yml', sha256: hash('3') },
    { path: MANIFEST_PATH, sha256: hash('4') },
  ],
  ownership: [
    { pattern: 'src/', class: 'seed' },
    { pattern: '.gitlab-ci.yml', class: 'managed' },
  ],
};

describe('buildManifest', () => {
  it('records each file with its class, and no secret', () => {
    expect(buildManifest(options)).toEqual({
      apiVersion: 'pavedroad.dev/v1alpha1',
      kind: 'GoldenPath',
      template: {
        ref: 'template:default/typescript-service',
        version: '1.0.0',
        commit: 'a'.repeat(40),
      },
      renderer: '1',
      answers: { name: 'ledger', owner: 'group:default/payments' },
      files: {
        '.gitlab-ci.yml': { sha256: hash('3'), class: 'managed' },
        'scripts/verify.sh': {
          sha256: hash('2'),
          class: 'merged',
          executable: true,
        },
        'src/index.ts': { sha256: hash('1'), class: 'seed' },
      },
    });
  });

  it('gives the same bytes whatever the order of files and answers', () => {
    const one = serializeManifest(buildManifest(options));
    const other = serializeManifest(
      buildManifest({
        ...options,
        answers: Object.fromEntries(Object.entries(options.answers).reverse()),
        files: [...options.files].reverse(),
      }),
    );
    expect(other).toBe(one);
  });

  it.each([
    [
      { template: { ref: 'typescript-service', version: '1.0.0' } },
      /template\.ref/,
    ],
    [{ template: { ...options.template, version: '1.0' } }, /semantic version/],
    [{ template: { ...options.template, commit: 'main' } }, /full commit id/],
    [{ files: [{ path: '../x', sha256: hash('1') }] }, /inside the repository/],
    [{ files: [{ path: 'x', sha256: 'abc' }] }, /SHA-256/],
  ])('refuses %j', (change, reason) => {
    expect(() => buildManifest({ ...options, ...change })).toThrow(reason);
  });

  it('reads back what it wrote, whatever the answers', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false }), {
          noNullPrototype: true,
        }),
        fc.uniqueArray(
          fc
            .stringMatching(/^[a-zA-Z0-9 ._:#@&*!|>'"%-]{1,20}$/)
            .filter(isRepositoryPath),
        ),
        (answers, paths) => {
          const manifest = buildManifest({
            ...options,
            answers,
            files: paths.map(path => ({ path, sha256: hash('a') })),
          });
          expect(parseManifest(serializeManifest(manifest))).toEqual(manifest);
        },
      ),
    );
  });
});

describe('parseManifest', () => {
  it.each([
    ['', /not valid/],
    ['[', /not valid YAML/],
    ['kind: A\nkind: B', /not valid YAML/],
    ['a: &x [1]\nb: *x', /not valid YAML/],
    ['kind: GoldenPath', /not valid at "apiVersion"/],
    [`${serializeManifest(buildManifest(options))}\nextra: 1`, /extra/],
    ['x'.repeat(1_000_001), /1000000 is the most/],
  ])('refuses %#', (text, reason) => {
    expect(() => parseManifest(text)).toThrow(reason);
  });
});

describe('isRepositoryPath', () => {
  it.each(['a', '.github/workflows/ci.yaml', 'a b/c', '.gitignore', '...'])(
    'accepts %j',
    path => expect(isRepositoryPath(path)).toBe(true),
  );
  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '../a',
    'a/..',
    './a',
    '.git/config',
    'a/.GIT/hooks',
    'a\\b',
    'a\nb',
  ])('refuses %j', path => expect(isRepositoryPath(path)).toBe(false));
});

describe('compareWithManifest', () => {
  it('tells unchanged, changed and missing files apart', () => {
    expect(
      compareWithManifest(
        buildManifest(options),
        new Map([
          ['src/index.ts', hash('9')],
          ['.gitlab-ci.yml', hash('3')],
          ['own.ts', hash('5')],
        ]),
      ),
    ).toEqual({
      unchanged: ['.gitlab-ci.yml'],
      changed: ['src/index.ts'],
      missing: ['scripts/verify.sh'],
    });
  });
});
