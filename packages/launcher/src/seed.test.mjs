// @ts-check
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { Progress } from './progress.mjs';
import {
  chooseSource,
  locationName,
  releaseOptions,
  waitForFacts,
} from './seed.mjs';

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

for (const [name, pending, withinMs, expected] of /** @type {const} */ ([
  ['until nothing is pending', [2, 1, 0], 5_000, { asked: 3, lines: [] }],
  [
    'not for ever, and says what is left',
    [1, 0],
    0,
    {
      asked: 1,
      lines: [
        'The delivery history of 1 service is still being counted; their pages say so until it is done.',
      ],
    },
  ],
])) {
  test(`the start waits for delivery events to be counted ${name}`, async () => {
    let asked = 0;
    const server = http.createServer((request, response) => {
      assert.equal(request.headers.authorization, 'Bearer secret');
      assert.match(request.url ?? '', /^\/api\/dora\/metrics\?from=/);
      const services = Array.from(
        { length: pending[asked++] },
        (_, i) => `component:default/s${i}`,
      );
      response.end(
        JSON.stringify({
          // One note of those that are late, and one of the others.
          dataQuality: [services.slice(0, 1), services.slice(1)]
            .filter(some => some.length > 0)
            .map(some => ({ code: 'facts_pending', services: some })),
        }),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (
      server.address()
    );
    /** @type {string[]} */
    const lines = [];
    try {
      await waitForFacts(
        {
          baseUrl: `http://127.0.0.1:${port}`,
          token: 'secret',
          signal: new AbortController().signal,
          progress: new Progress({ write: text => lines.push(text.trim()) }),
        },
        { detail: () => {} },
        { withinMs, everyMs: 5 },
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
    assert.deepEqual({ asked, lines }, expected);
  });
}
