import { allBlocks, readDeclarative } from './declarative';
import { jenkinsFindings } from './jenkins';

const shape = (source: string) =>
  allBlocks(readDeclarative(source)).map(({ name, argument, line }) =>
    `${line} ${name} ${argument}`.trim(),
  );

describe('readDeclarative', () => {
  it.each([
    [
      'nested blocks',
      "a {\n  b {\n    sh 'x'\n  }\n}",
      ['1 a', '2 b', "3 sh 'x'"],
    ],
    ['a block on one line', "agent { label 'x' }", ['1 agent', "1 label 'x'"]],
    [
      'braces in texts',
      `a { sh '}' \n sh "{" }`,
      ['1 a', `1 sh '}'`, '2 sh "{"'],
    ],
    ['braces in comments', "a { // }\n /* } */ sh 'x' }", ['1 a', "2 sh 'x'"]],
    ['an address in a text', "sh 'https://x' // y", ["1 sh 'https://x'"]],
    ['three quotes', `sh '''\n}\n'''`, [`1 sh '''\n}\n'''`]],
    ['an escaped quote', `sh 'it\\'s }'`, [`1 sh 'it\\'s }'`]],
    [
      'arguments over lines',
      "w([x(a: 1,\n  b: 2)]) {\n sh 'x'\n}",
      ['1 w ([x(a: 1,\n  b: 2)])', "3 sh 'x'"],
    ],
    ['nothing', '', []],
  ])('%s', (_, source, expected) => {
    expect(shape(source)).toEqual(expected);
  });
});

describe('jenkinsFindings', () => {
  it('asks for a declarative pipeline', () => {
    expect(jenkinsFindings("node { sh 'make' }", new Map(), [])).toEqual([
      { where: 'Jenkinsfile', message: 'has no declarative pipeline' },
    ]);
  });

  it.each([
    ['agent any', 'runs on any agent'],
    ["agent { docker { image 'node:24' } }", 'not named by digest'],
    ["agent { dockerfile { filename 'nowhere' } }", 'which is not there'],
  ])('%s', (agent, message) => {
    expect(
      jenkinsFindings(
        `pipeline { stages { stage('lint') { ${agent}\n steps { sh 'ci/lint.sh' } } } }`,
        new Map(),
        [],
      ).some(finding => finding.message.includes(message)),
    ).toBe(true);
  });
});
