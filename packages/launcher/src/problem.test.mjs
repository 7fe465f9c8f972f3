// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Problem,
  problemInPackageManagerOutput,
  report,
  sentenceFor,
} from './problem.mjs';
import { registryOf, toolchainEnv } from './toolchain.mjs';

/** @param {string} code */
const systemError = code =>
  Object.assign(new Error(`${code}: write`), { code, path: '/data/x' });

for (const [error, sentence] of /** @type {[unknown, RegExp][]} */ ([
  [new Problem('Just so.'), /^Just so\.$/],
  [systemError('ENOSPC'), /^The disk is full \(\/data\/x\)/],
  [systemError('EDQUOT'), /^The disk is full/],
  [systemError('EACCES'), /^Access was denied \(\/data\/x\)/],
  [systemError('EROFS'), /^The file system is read-only/],
  [
    new Error('FATAL: could not write: No space left on device'),
    /^The disk is full: free some space/,
  ],
  [new Error('odd'), /^odd$/],
  ['text', /^text$/],
])) {
  test(`the sentence for ${error}`, () => {
    assert.match(sentenceFor(error), sentence);
  });
}

const registry = 'https://registry.example/';
for (const [
  output,
  sentence,
] of /** @type {[string, RegExp | undefined][]} */ ([
  [
    'npm error code ECONNREFUSED',
    /^The package registry https:\/\/registry\.example\/ cannot be reached/,
  ],
  ['npm error code ENOTFOUND', /cannot be reached/],
  [
    'YN0001: Error [ERR_SOCKET_CLOSED_BEFORE_CONNECTION]: Socket closed',
    /cannot be reached/,
  ],
  ['YN0001: RequestError: getaddrinfo EAI_AGAIN', /cannot be reached/],
  ['ENOSPC: no space left on device, write', /^The disk is full/],
  [
    'YN0028: The lockfile would have been modified by this install',
    /^yarn\.lock does not match the package\.json files/,
  ],
  ['YN0000: Failed with errors', undefined],
])) {
  test(`a package manager printing '${output}'`, () => {
    const problem = problemInPackageManagerOutput(output, registry);
    if (sentence) {
      assert.match(problem?.message ?? '', sentence);
    } else {
      assert.equal(problem, undefined);
    }
  });
}

test('an error is printed as one line and ends with a code', () => {
  let printed = '';
  const code = report(systemError('ENOSPC'), {
    write: text => {
      printed += text;
    },
  });
  assert.equal(code, 1);
  assert.match(printed, /^The disk is full[^\n]*\n$/);
});

test("npm's settings reach neither Yarn nor the portal, but its registry does", () => {
  const env = toolchainEnv(
    {
      PATH: '/usr/bin',
      HOME: '/home/ines',
      npm_config_registry: 'http://mirror.example:4873/',
      npm_package_name: 'pavedroad',
      NODE_OPTIONS: '--inspect',
    },
    '/tools/bin',
  );
  assert.equal(env.PATH, '/tools/bin:/usr/bin');
  assert.equal(env.HOME, '/home/ines');
  assert.equal(env.YARN_NPM_REGISTRY_SERVER, 'http://mirror.example:4873');
  assert.equal(env.YARN_UNSAFE_HTTP_WHITELIST, 'mirror.example');
  assert.equal(env.NODE_OPTIONS, undefined);
  assert.deepEqual(
    Object.keys(env).filter(name => name.startsWith('npm_')),
    [],
  );
});

test('the registry in a message is the one that failed', () => {
  assert.equal(
    registryOf({}, 'request to https://one.example/node failed'),
    'https://one.example',
  );
  assert.equal(registryOf({}, 'no address'), 'that npm uses by default');
});
