// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findViolations, importsOf, packageOf } from './dependency-rules.mjs';

const roles = {
  app: 'frontend',
  backend: 'backend',
  '@pavedroad/portal-ui': 'web-library',
  '@pavedroad/plugin-dora': 'frontend-plugin',
  '@pavedroad/plugin-oncall': 'frontend-plugin',
  '@pavedroad/plugin-dora-backend': 'backend-plugin',
  '@pavedroad/plugin-dora-backend-module-git': 'backend-plugin-module',
  '@pavedroad/plugin-catalog-backend-module-oncall': 'backend-plugin-module',
  '@pavedroad/plugin-dora-node': 'node-library',
  '@pavedroad/plugin-git-node': 'node-library',
  '@pavedroad/plugin-dora-common': 'common-library',
  '@pavedroad/plugin-git-common': 'common-library',
  '@pavedroad/dora-cli': 'cli',
};

/**
 * The house with one more dependency in it.
 *
 * @param {string} from
 * @param {{ dependency?: string, specifier?: string }} extra
 */
const house = (from, { dependency, specifier }) =>
  Object.entries(roles).map(([name, role]) => ({
    name,
    role,
    folder: `packages/${packageOf(name).split('/').pop()}`,
    dependencies: name === from && dependency ? [dependency] : [],
    imports:
      name === from && specifier ? [{ file: 'src/index.ts', specifier }] : [],
  }));

for (const [from, to, allowed] of /** @type {const} */ ([
  ['app', '@pavedroad/plugin-dora', true],
  ['app', '@pavedroad/portal-ui', true],
  ['app', '@pavedroad/plugin-dora-backend', false],
  ['app', '@pavedroad/plugin-dora-node', false],
  ['@pavedroad/plugin-dora', '@pavedroad/plugin-dora-common', true],
  ['@pavedroad/plugin-dora', '@pavedroad/portal-ui', true],
  ['@pavedroad/plugin-dora', '@pavedroad/plugin-oncall', false],
  ['@pavedroad/plugin-dora', '@pavedroad/plugin-dora-backend', false],
  ['@pavedroad/plugin-dora', 'app', false],
  ['@pavedroad/portal-ui', '@pavedroad/plugin-dora', false],
  ['backend', '@pavedroad/plugin-dora-backend', true],
  ['backend', '@pavedroad/plugin-dora-backend-module-git', true],
  ['backend', 'app', true],
  ['backend', '@pavedroad/plugin-dora', false],
  ['@pavedroad/plugin-dora-backend', '@pavedroad/plugin-dora-node', true],
  ['@pavedroad/plugin-dora-backend', '@pavedroad/plugin-dora-common', true],
  ['@pavedroad/plugin-dora-backend', '@pavedroad/plugin-dora', false],
  ['@pavedroad/plugin-dora-backend', '@pavedroad/dora-cli', false],
  [
    '@pavedroad/plugin-dora-backend-module-git',
    '@pavedroad/plugin-git-node',
    true,
  ],
  [
    '@pavedroad/plugin-dora-backend-module-git',
    '@pavedroad/plugin-dora-backend',
    false,
  ],
  [
    '@pavedroad/plugin-catalog-backend-module-oncall',
    '@backstage/plugin-catalog-backend',
    false,
  ],
  [
    '@pavedroad/plugin-catalog-backend-module-oncall',
    '@backstage/plugin-catalog-node',
    true,
  ],
  [
    '@pavedroad/plugin-dora-backend-module-git',
    '@backstage/plugin-catalog-node',
    true,
  ],
  ['@pavedroad/plugin-dora-node', '@pavedroad/plugin-dora-common', true],
  ['@pavedroad/plugin-dora-node', '@pavedroad/plugin-dora-backend', false],
  ['@pavedroad/plugin-dora-common', '@pavedroad/plugin-git-common', true],
  ['@pavedroad/plugin-dora-common', '@pavedroad/plugin-dora-node', false],
  ['@pavedroad/plugin-dora-common', 'luxon', true],
  ['@pavedroad/plugin-dora-common', 'knex', false],
  ['@pavedroad/plugin-dora-common', 'react', false],
  ['@pavedroad/plugin-dora-common', 'node:fs', false],
  ['@pavedroad/plugin-dora-common', 'path', false],
  ['@pavedroad/plugin-dora-common', '@backstage/errors', true],
  [
    '@pavedroad/plugin-dora-common',
    '@backstage/plugin-permission-common',
    true,
  ],
  ['@pavedroad/plugin-dora-common', '@backstage/backend-plugin-api', false],
  ['@pavedroad/plugin-dora-common', '@backstage/plugin-catalog-node', false],
  ['@pavedroad/dora-cli', '@pavedroad/plugin-dora-common', true],
])) {
  for (const extra of [{ dependency: to }, { specifier: to }]) {
    const how = 'dependency' in extra ? 'names' : 'imports';
    test(`${from} ${how} ${to}: ${allowed ? 'allowed' : 'refused'}`, () => {
      const violations = findViolations(house(from, extra));
      assert.equal(violations.length > 0, !allowed, violations.join('\n'));
      for (const violation of violations) {
        assert.ok(violation.includes(from) && violation.includes(to));
      }
    });
  }
}

test('a deep import counts as one of its package', () => {
  const violations = findViolations(
    house('@pavedroad/plugin-dora', {
      specifier: '@pavedroad/plugin-dora-backend/src/service',
    }),
  );
  assert.equal(violations.length, 1);
});

for (const [specifier, refused] of /** @type {const} */ ([
  ['../../dora-backend/src/service', true],
  ['../package.json', false],
  ['./service', false],
])) {
  test(`importing ${specifier} by path is ${
    refused ? 'refused' : 'allowed'
  }`, () => {
    assert.equal(
      findViolations(house('@pavedroad/plugin-dora', { specifier })).length,
      refused ? 1 : 0,
    );
  });
}

test('imports are found however they are written', () => {
  const source = `
    import a from 'a';
    import type { B } from "b";
    import {
      c,
      d,
    } from 'c/deep';
    import 'd';
    export * from './e';
    export { f } from 'f';
    const g = require('g');
    const h = import('h');
    const text = "from 'nowhere'";
  `;
  assert.deepEqual(importsOf(source).sort(), [
    './e',
    'a',
    'b',
    'c/deep',
    'd',
    'f',
    'g',
    'h',
  ]);
});
