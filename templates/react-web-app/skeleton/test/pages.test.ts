import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { loadSite } from '../src/site.js';
import { accepts } from '../src/routes/pages.js';
import { builtSite, SCRIPT, start } from './fixtures.js';

const configOf = (html: string) =>
  JSON.parse((/content="([^"]*)"/.exec(html)?.[1] ?? '').replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))) as Record<
    string,
    unknown
  >;

test('every page allows the scripts of its own answer only, and nothing inline', async () => {
  const app = start();
  const nonces = new Set<string>();
  for (const url of ['/', '/about', '/some/where', '/index.html']) {
    const response = await app.inject(url);
    assert.equal(response.statusCode, 200);
    assert.match(String(response.headers['content-type']), /^text\/html/);
    const policy = String(response.headers['content-security-policy']);
    const nonce = /'nonce-([^']{20,})'/.exec(policy)?.[1] ?? '';
    assert.ok(response.body.includes(`nonce="${nonce}"`));
    assert.match(policy, /^default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.match(policy, /report-uri \/v1\/csp-reports/);
    nonces.add(nonce);
  }
  assert.equal(nonces.size, 4);
});

const headers: [string, string, RegExp][] = [
  ['/', 'cache-control', /^no-cache$/],
  ['/', 'referrer-policy', /^strict-origin-when-cross-origin$/],
  ['/', 'permissions-policy', /camera=\(\)/],
  ['/', 'cross-origin-opener-policy', /^same-origin$/],
  ['/', 'x-content-type-options', /^nosniff$/],
  ['/', 'strict-transport-security', /^max-age=31536000/],
  ['/assets/index-4f2a.js', 'cache-control', /^public, max-age=31536000, immutable$/],
  ['/assets/index-4f2a.js', 'content-type', /^text\/javascript/],
  ['/assets/index-4f2a.js', 'content-security-policy', /^default-src 'none'/],
  ['/assets/index-4f2a.js', 'vary', /^accept-encoding$/],
  ['/robots.txt', 'cache-control', /^no-cache$/],
  ['/healthz', 'cache-control', /^no-store$/],
];
for (const [url, name, value] of headers) {
  test(`${url} is sent with ${name} ${value.source}`, async () => {
    assert.match(String((await start().inject(url)).headers[name]), value);
  });
}

for (const url of ['/assets/index-0000.js', '/assets/../index.html.js', '/v1/nowhere', '/missing.png', '/assets/%2e%2e/%2e%2e/package.json']) {
  test(`${url} is no page`, async () => {
    assert.equal((await start().inject(url)).statusCode, 404);
  });
}

test('a file is compressed for those who take it, and not sent again to those who have it', async () => {
  const app = start();
  const url = '/assets/index-4f2a.js';
  const plain = await app.inject({ url, headers: { 'accept-encoding': 'identity' } });
  assert.equal(plain.body, SCRIPT);
  const zipped = await app.inject({ url, headers: { 'accept-encoding': 'gzip, deflate' } });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(zipped.rawPayload).toString(), SCRIPT);
  const again = await app.inject({ url, headers: { 'if-none-match': String(plain.headers.etag) } });
  assert.equal(again.statusCode, 304);
});

const codings: [string | undefined, boolean][] = [
  [undefined, false],
  ['gzip', true],
  ['br;q=1, gzip;q=0.5', true],
  ['gzip;q=0', false],
  ['gzip; q=0.0', false],
  ['gzipped', false],
];
for (const [header, taken] of codings) {
  test(`accept-encoding ${header ?? 'left out'} ${taken ? 'takes' : 'does not take'} gzip`, () => {
    assert.equal(accepts(header, 'gzip'), taken);
  });
}

test("/assets/entry leads to the script every page begins with, for checks that cannot know its name's hash", async () => {
  const response = await start().inject('/assets/entry');
  assert.equal(response.statusCode, 302);
  assert.equal(response.headers.location, '/assets/index-4f2a.js');
});

test('the browser is told about the environment, without a rebuild', async () => {
  const { body } = await start([], { environment: 'staging', supportUrl: 'https://help.example.com/?a="b"&c', vitalsSampleRate: 0.5 }, true).inject('/');
  assert.deepEqual(configOf(body), {
    version: '1.2.3-abc',
    environment: 'staging',
    flags: { 'longer-greeting': true },
    supportUrl: 'https://help.example.com/?a="b"&c',
    vitalsSampleRate: 0.5,
  });
});

test('what is configured cannot leave its attribute', async () => {
  const { body } = await start([], { environment: '"><script>alert(1)</script>' }).inject('/');
  assert.equal(body.match(/<script/g)?.length, 1);
  assert.equal(configOf(body).environment, '"><script>alert(1)</script>');
});

for (const missing of ['__CSP_NONCE__', '__RUNTIME_CONFIG__', '<script']) {
  test(`a page without ${missing} stops the start`, async () => {
    const html = '<meta content="__RUNTIME_CONFIG__"><script nonce="__CSP_NONCE__" src="/a.js"></script>'.replace(missing, '');
    await assert.rejects(loadSite(await builtSite(html)));
  });
}
