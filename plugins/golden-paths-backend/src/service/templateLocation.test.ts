import { isWanted, templateFolders } from './templateLocation';

const at = (location: string) => ({
  apiVersion: 'scaffolder.backstage.io/v1beta3',
  kind: 'Template',
  metadata: {
    name: 'x',
    annotations: { 'backstage.io/source-location': location },
  },
});

describe('templateFolders', () => {
  it.each<[string, string[], number, string[]]>([
    [
      'https://h/o/r/tree/main/templates/x/',
      ['./skeleton'],
      0,
      ['', 'skeleton'],
    ],
    [
      'https://h/o/r/tree/main/templates/x/',
      ['./skeleton', '../platform/docs', '../platform/iac/${{ parameters.y }}'],
      1,
      ['x', 'x/skeleton', 'platform/docs', 'platform/iac'],
    ],
    [
      'https://h/o/r/blob/main/a/x/template.yaml',
      ['../../shared'],
      2,
      ['a/x', 'shared'],
    ],
    ['https://h/o/r/tree/main/x/', [], 0, ['']],
  ])('%s reading %j begins %s above', (location, urls, above, wanted) => {
    const folders = templateFolders(at(`url:${location}`), urls);
    expect(folders.above).toBe(above);
    expect(folders.wanted.slice().sort()).toEqual(wanted.slice().sort());
  });

  it.each<[string, string[], RegExp]>([
    ['file:/etc/templates/x/', [], /not read from a repository/],
    ['url:file:///etc/x/', [], /not read from a repository/],
    ['url:https://h/o/r/tree/main/x/', ['https://evil/'], /other repositories/],
    ['url:https://h/o/r/tree/main/x/', ['/etc'], /other repositories/],
    ['url:https://h/o/r/tree/main/x/', ['../../../../../..'], /too far/],
  ])('refuses %s reading %j', (location, urls, message) => {
    expect(() => templateFolders(at(location), urls)).toThrow(message);
  });
});

it.each([
  ['x/template.yaml', true],
  ['platform', true],
  ['platform/docs/a.md', true],
  ['platform/iac/a.tf', false],
  ['xy/template.yaml', false],
])('%s is wanted: %s', (path, wanted) => {
  expect(isWanted(['x', 'platform/docs'], path)).toBe(wanted);
});
