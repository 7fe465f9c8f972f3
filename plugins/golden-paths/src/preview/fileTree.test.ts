import { fileTree, type Folder, formatBytes } from './fileTree';

const outline = ({ name, count, folders, files }: Folder): unknown => [
  `${name || '.'} ${count}`,
  ...folders.map(outline),
  ...files.map(({ path }) => path),
];

it('puts files into folders, and folders without anything else into one', () => {
  const files = [
    'README.md',
    'infra/kubernetes/base/a.yaml',
    'infra/kubernetes/base/b.yaml',
    'ci/lint.sh',
    '.gitignore',
    'src/main.ts',
    'src/lib/x.ts',
  ].map(path => ({ path, bytes: 1, executable: false }));
  expect(outline(fileTree(files))).toEqual([
    '. 7',
    ['ci 1', 'ci/lint.sh'],
    [
      'infra/kubernetes/base 2',
      'infra/kubernetes/base/a.yaml',
      'infra/kubernetes/base/b.yaml',
    ],
    ['src 2', ['lib 1', 'src/lib/x.ts'], 'src/main.ts'],
    '.gitignore',
    'README.md',
  ]);
  expect(outline(fileTree([]))).toEqual(['. 0']);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [4_230, '4.2 kB'],
  [212_000, '212 kB'],
  [1_300_000, '1.3 MB'],
])('%s bytes are %s', (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});
