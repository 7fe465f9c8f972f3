// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSource, locationName, releaseOptions } from './seed.mjs';

const checkout = {
  topLevel: '/src/portal',
  root: '/src/portal',
  shallow: false,
  head: '4f1c0de',
};

for (const [name, differs, expected] of /** @type {const} */ ([
  ['an ordinary clone', {}, 'history'],
  ['a shallow clone', { shallow: true }, 'snapshot'],
  ['an unpacked archive', { topLevel: undefined, head: undefined }, 'snapshot'],
  ['an archive inside another repository', { topLevel: '/src' }, 'snapshot'],
  ['a repository without commits', { head: undefined }, 'snapshot'],
])) {
  test(`${name} is published as ${expected}`, () => {
    assert.equal(chooseSource({ ...checkout, ...differs }), expected);
  });
}

for (const [name, tags, expected] of /** @type {const} */ ([
  ['one release tag', 'refs/tags/v0.1.0\n', ['--release-tags', 'v*']],
  [
    'release tags',
    'refs/tags/v0.1.0\nrefs/tags/v0.2.0\n',
    ['--release-tags', 'v*'],
  ],
  ['no release tag', '', ['--release-versions', 'package.json']],
  [
    'no release tag but a warning',
    'warning: refs/tags is old\n',
    ['--release-versions', 'package.json'],
  ],
])) {
  test(`the delivery history of a checkout with ${name} comes from ${expected[1]}`, () => {
    assert.deepEqual(releaseOptions(tags), expected);
  });
}

test('a location is named as the catalog names it', () => {
  // SHA-1 of `url:https://example.com/catalog-info.yaml`, worked out with sha1sum.
  assert.equal(
    locationName('url', 'https://example.com/catalog-info.yaml'),
    'generated-94fde8d1a3274d54a87afa4868abb452412d59c6',
  );
});
