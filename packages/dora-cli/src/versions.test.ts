import { Problem } from './problem';
import { fileVersion, versionFile, versionReleases } from './versions';

describe('the file that holds the version', () => {
  it.each([
    ['package.json', 'package.json'],
    ['./services/checkout/VERSION', 'services/checkout/VERSION'],
    ['a//b', 'a/b'],
    ['*.json', '*.json'],
    ['..version', '..version'],
  ])('%s is %s', (text, path) => {
    expect(versionFile(text)).toBe(path);
  });

  it.each([
    '',
    ' ',
    '.',
    '/etc/passwd',
    '../package.json',
    'a/../../b',
    'a/..',
    '-o',
    './-o',
    '--output=x',
    'folder/',
    'a\\b',
    'C:/package.json',
    'a\nb',
    'a\0b',
  ])('%j is none', text => {
    expect(() => versionFile(text)).toThrow(Problem);
  });
});

it.each<[string, string, object]>([
  ['package.json', '{"version": " 1.2.3 "}', { version: '1.2.3' }],
  ['p.JSON', '\ufeff{"version":"1"}', { version: '1' }],
  ['package.json', '{"deep":{"version":"1"}}', {}],
  ['package.json', '{"version":""}', {}],
  ['package.json', 'null', {}],
  ['package.json', '["version"]', {}],
  [
    'package.json',
    '{"version":1}',
    { problem: 'has a version that is no text' },
  ],
  [
    'package.json',
    '{"version":null}',
    { problem: 'has a version that is no text' },
  ],
  ['package.json', '{"version":"1"', { problem: 'is not valid JSON' }],
  ['package.json', '', { problem: 'is not valid JSON' }],
  ['VERSION', ' v2.0\r\n', { version: 'v2.0' }],
  ['VERSION', '\n', {}],
  ['VERSION', '1.0\n2.0\n', { problem: 'holds more than a version' }],
  ['VERSION', '1'.repeat(201), { problem: 'holds more than a version' }],
])('%s with %j tells %j', (file, content, told) => {
  expect(fileVersion(file, content)).toEqual(told);
});

describe('releases', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const names = (...versions: (string | undefined)[]) =>
    versionReleases(
      versions.map((version, i) => ({
        commit: `${i}`.repeat(40),
        committedAt: at,
        version,
      })),
    ).releases.map(({ name, revision }) => `${name} at ${revision[0]}`);

  it.each<[string, (string | undefined)[], string[]]>([
    ['nothing', [], []],
    ['the first version', ['1'], ['v1 at 0']],
    ['each change', ['1', '1', '2'], ['v1 at 0', 'v2 at 2']],
    ['a prefix that is there', ['v1', 'V2'], ['v1 at 0', 'V2 at 1']],
    ['no version in between', ['1', undefined, '1'], ['v1 at 0']],
    [
      'versions that come back, under names of their own',
      ['1', '2', '1', '2', '1+b', '2', '1+b'],
      [
        'v1 at 0',
        'v2 at 1',
        'v1+222222222222 at 2',
        'v2+333333333333 at 3',
        'v1+b at 4',
        'v2+555555555555 at 5',
        'v1+b.666666666666 at 6',
      ],
    ],
  ])('are %s', (_, versions, expected) => {
    expect(names(...versions)).toEqual(expected);
  });

  it('are compared with the oldest commit of a shallow clone, which is none', () => {
    const change = { committedAt: at };
    expect(
      versionReleases([
        { ...change, commit: 'a', version: '1', changeUnknown: true },
        { ...change, commit: 'b', version: '1' },
        { ...change, commit: 'c', problem: 'is not valid JSON' },
        { ...change, commit: 'd', version: '2' },
      ]),
    ).toEqual({
      releases: [{ name: 'v2', revision: 'd', releasedAt: at }],
      passedOver: [{ commit: 'c', problem: 'is not valid JSON' }],
    });
  });
});
