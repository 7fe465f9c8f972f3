// @ts-check
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import {
  dependencyFiles,
  entersFrontend,
  fingerprint,
  frontendFiles,
  isUpToDate,
  writeStamp,
} from './fingerprint.mjs';

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} files
 */
function checkout(t, files) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'fingerprint-'));
  t.after(() => fs.rmSync(root, { recursive: true }));
  const write = (/** @type {string} */ name, /** @type {string} */ text) => {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  };
  Object.entries(files).forEach(([name, text]) => write(name, text));
  return { root, write };
}

const manifest = (/** @type {string} */ role) =>
  JSON.stringify({ backstage: { role } });

const files = {
  'package.json': '{}',
  'yarn.lock': 'a@1',
  'app-config.yaml': 'app: {}',
  'packages/app/package.json': manifest('frontend'),
  'packages/app/src/App.tsx': '1',
  'packages/app/dist/index.html': 'built',
  'packages/backend/package.json': manifest('backend'),
  'packages/backend/src/index.ts': '1',
  'plugins/dora/package.json': manifest('frontend-plugin'),
  'plugins/dora/src/Tab.tsx': '1',
  'plugins/dora/src/Tab.test.tsx': '1',
  'plugins/dora-common/package.json': manifest('common-library'),
  'plugins/dora-common/src/maths.ts': '1',
  'plugins/dora-backend/package.json': manifest('backend-plugin'),
  'plugins/dora-backend/src/router.ts': '1',
};

for (const [changed, rebuilds, reinstalls] of /** @type {const} */ ([
  ['packages/app/src/App.tsx', true, false],
  ['packages/app/src/New.tsx', true, false],
  ['plugins/dora/src/Tab.tsx', true, false],
  ['plugins/dora-common/src/maths.ts', true, false],
  ['yarn.lock', true, true],
  ['app-config.yaml', true, false],
  ['plugins/dora/src/Tab.test.tsx', false, false],
  ['packages/app/dist/index.html', false, false],
  ['packages/backend/src/index.ts', false, false],
  ['plugins/dora-backend/src/router.ts', false, false],
  ['README.md', false, false],
])) {
  test(`a change of ${changed}`, t => {
    const { root, write } = checkout(t, files);
    const prints = () => [
      fingerprint(root, frontendFiles(root)),
      fingerprint(root, dependencyFiles(root)),
    ];
    const before = prints();
    write(changed, '2');
    const after = prints();
    assert.equal(after[0] !== before[0], rebuilds, 'builds the screens again');
    assert.equal(after[1] !== before[1], reinstalls, 'installs again');
  });
}

test('a touched file and another place of the checkout change nothing', t => {
  const one = checkout(t, files);
  const two = checkout(t, files);
  const print = (/** @type {string} */ root) =>
    fingerprint(root, frontendFiles(root));
  const before = print(one.root);
  fs.utimesSync(path.join(one.root, 'packages/app/src/App.tsx'), 1, 1);
  assert.equal(print(one.root), before);
  assert.equal(print(two.root), before);
});

test('facts are part of the fingerprint', t => {
  const { root } = checkout(t, files);
  assert.notEqual(fingerprint(root, [], ['24']), fingerprint(root, [], ['22']));
});

for (const [role, expected] of /** @type {const} */ ([
  ['frontend', true],
  ['frontend-plugin', true],
  ['frontend-plugin-module', true],
  ['web-library', true],
  ['common-library', true],
  ['backend', false],
  ['backend-plugin', false],
  ['node-library', false],
  [undefined, false],
])) {
  test(`a package of role ${role} ${
    expected ? 'is' : 'is not'
  } in the screens`, () => {
    assert.equal(entersFrontend(role), expected);
  });
}

test('a stamp is up to date only for the same value', t => {
  const { root } = checkout(t, {});
  const stamp = path.join(root, 'deep/stamp');
  assert.equal(isUpToDate(stamp, 'a'), false);
  writeStamp(stamp, 'a');
  assert.equal(isUpToDate(stamp, 'a'), true);
  assert.equal(isUpToDate(stamp, 'b'), false);
});
