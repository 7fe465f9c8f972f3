import { pinningFindings } from './pinning';

const commit = 'de0fac2e4500dabe0009e67214ff5f5447ce83dd';
const digest = `sha256:${'0a'.repeat(32)}`;
const workflow = 'toolchain/.github/actions/toolchain/action.yml';
const pipeline = 'toolchain/.gitlab/toolchain.yml';

describe('pinningFindings', () => {
  it.each([
    [workflow, `    - uses: actions/checkout@${commit} # v6`, []],
    [workflow, '    - uses: actions/checkout@v6', ['actions/checkout@v6']],
    [
      workflow,
      '      uses: "actions/checkout@main"',
      ['actions/checkout@main'],
    ],
    [workflow, '    - uses: actions/checkout', ['actions/checkout']],
    [workflow, '    - uses: ./.github/actions/toolchain', []],
    ['docs/index.md', '    - uses: actions/checkout@v6', []],
    ['image/Dockerfile.njk', `FROM node:24@${digest} AS build\nFROM build`, []],
    ['image/Dockerfile', 'FROM node:24 AS build\nFROM scratch', ['node:24']],
    ['image/Dockerfile', 'FROM --platform=linux/amd64 node:24', ['node:24']],
    ['.jenkins/toolchain.Dockerfile', `FROM node:24@${digest}`, []],
    [pipeline, `  image: node:24@${digest}`, []],
    [pipeline, '  image: node:24', ['node:24']],
    ['.gitlab-ci.yml.njk', 'image: ${{ values.image }}', []],
    ['infra/kubernetes/base/workload.yaml.njk', '  image: ledger', []],
  ])('%s: %j', (file, text, unpinned) => {
    expect(pinningFindings(file, text).map(f => f.message)).toEqual(
      unpinned.map(reference => expect.stringContaining(`${reference} is not`)),
    );
  });
});
