// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, gitComplaint, nodeComplaint } from './versions.mjs';

for (const [left, right, sign] of /** @type {const} */ ([
  ['20.0.0', '20.0.0', 0],
  ['20.0.1', '20.0.0', 1],
  ['9.9.9', '20.0.0', -1],
  ['2.39.5.windows.1', '2.39.5', 0],
  ['2.9', '2.28.0', -1],
])) {
  test(`version ${left} against ${right}`, () => {
    assert.equal(Math.sign(compareVersions(left, right)), sign);
  });
}

for (const [running, complains] of /** @type {const} */ ([
  ['18.20.4', true],
  ['20.0.0', false],
  ['24.21.0', false],
])) {
  test(`Node ${running} is ${complains ? 'refused' : 'accepted'}`, () => {
    const complaint = nodeComplaint(running);
    assert.equal(complaint !== undefined, complains);
    if (complaint) {
      assert.match(complaint, /^Node 18\.20\.4 is too old: install Node 20/);
    }
  });
}

for (const [output, expected] of /** @type {const} */ ([
  [undefined, /^git was not found/],
  ['git version 2.17.1', /^git 2\.17\.1 is too old/],
  ['nonsense', /^git of unknown version is too old/],
  ['git version 2.39.5 (Apple Git-154)', undefined],
])) {
  test(`git saying ${output}`, () => {
    const complaint = gitComplaint(output);
    if (expected) {
      assert.match(complaint ?? '', expected);
    } else {
      assert.equal(complaint, undefined);
    }
  });
}
