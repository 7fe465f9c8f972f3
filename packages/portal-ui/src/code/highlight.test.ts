import { highlight } from './highlight';

describe('highlight', () => {
  const kinds = (path: string, text: string) =>
    highlight(path, text).map(line =>
      line
        .filter(({ kind }) => kind !== 'plain')
        .map(({ kind, text: part }) => [kind, part]),
    );

  it.each([
    [
      'a.ts',
      "const x = 'a // b'; // c",
      [
        ['keyword', 'const'],
        ['string', "'a // b'"],
        ['comment', '// c'],
      ],
    ],
    [
      'a.py',
      'x = 12  # no',
      [
        ['number', '12'],
        ['comment', '# no'],
      ],
    ],
    ['a.yaml', 'url: http://x/#a', []],
    // What people write there is prose.
    ['a.yaml', "says: with or without the provider's name, and true love", []],
    [
      'a.yaml',
      "on: { pushed: true, name: 'a' } # so",
      [
        ['keyword', 'true'],
        ['string', "'a'"],
        ['comment', '# so'],
      ],
    ],
    [
      'a.sh',
      'if x; then',
      [
        ['keyword', 'if'],
        ['keyword', 'then'],
      ],
    ],
    [
      'main.tf',
      'resource "a" {',
      [
        ['keyword', 'resource'],
        ['string', '"a"'],
      ],
    ],
    ['Makefile', 'include x', [['keyword', 'include']]],
    ['Dockerfile', 'FROM x', [['keyword', 'FROM']]],
    ['Dockerfile', '# c', [['comment', '# c']]],
    ['Jenkinsfile', '// c', [['comment', '// c']]],
    ['a.unknown', 'const # //', []],
    ['constructor', 'const # //', []],
    ['a.__proto__', 'const # //', []],
    ['toString.hasOwnProperty', 'const # //', []],
  ])('marks %s: %s', (path, text, expected) => {
    expect(kinds(path, text)).toEqual([expected]);
  });

  it('carries a comment over lines', () => {
    expect(kinds('a.c', 'a /* b\nc\nd */ e')).toEqual([
      [['comment', '/* b']],
      [['comment', 'c']],
      [['comment', 'd */']],
    ]);
  });

  it('adds up to what was put in', () => {
    const text = 'a("x\\"y", \'z\n`un" closed /* c */ 0x1F\n\n\t#!$';
    for (const path of ['a.ts', 'a.sh', 'a.sql', 'a.html', 'a']) {
      expect(
        highlight(path, text).map(line =>
          line.map(token => token.text).join(''),
        ),
      ).toEqual(text.split('\n'));
    }
  });
});
