import { parseCgiHeaders } from '../git/httpBackend';
import { isSupportedGit } from '../git/version';
import { tokenOf } from '../service/actors';
import { catalogPaths, refChanges } from '../service/PushRecorder';
import { matchesEtag, wantsHtml } from './files';
import { parseGitHttpTarget } from './gitHttp';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('tokenOf', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['Bearer abc', 'abc'],
    ['bearer   abc ', 'abc'],
    [basic('git:abc'), 'abc'],
    [basic(':abc'), 'abc'],
    [basic('git:a:b'), 'a:b'],
    [basic('git:'), undefined],
  ])('reads %j as %j', (header, token) => {
    expect(tokenOf(header)).toBe(token);
  });

  it.each(['Digest x', 'Bearer', 'Bearer a b', basic('nocolon')])(
    'refuses %j',
    header => {
      expect(() => tokenOf(header)).toThrow(
        expect.objectContaining({ name: 'AuthenticationError' }),
      );
    },
  );
});

describe('parseGitHttpTarget', () => {
  it.each([
    [
      'GET',
      '/a/b.git/info/refs',
      'git-upload-pack',
      { service: 'git-upload-pack', step: 'advertise' },
    ],
    [
      'POST',
      '/a/b.git/git-receive-pack',
      undefined,
      { service: 'git-receive-pack', step: 'rpc' },
    ],
  ])('reads %s %s', (method, path, service, expected) => {
    expect(parseGitHttpTarget(method, path, service)).toEqual({
      owner: 'a',
      name: 'b',
      ...expected,
    });
  });

  it.each([
    ['POST', '/a/b.git/info/refs', 'git-upload-pack'],
    ['GET', '/a/b.git/git-receive-pack', undefined],
    ['GET', '/a/b.git/info/refs', ['git-upload-pack', 'git-upload-pack']],
    ['GET', '/a/b.git.git/info/refs', 'git-upload-pack'],
    ['GET', '/a/../b.git/info/refs', 'git-upload-pack'],
    ['GET', '/a/%2e%2e.git/info/refs', 'git-upload-pack'],
    ['GET', '/a/b.git/objects/info/packs', undefined],
  ])('does not take %s %s', (method, path, service) => {
    expect(parseGitHttpTarget(method, path, service)).toBeUndefined();
  });
});

it.each([
  [undefined, false],
  ['*/*', false],
  ['text/plain', false],
  ['application/xhtml+xml', false],
  ['text/html', true],
  ['text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', true],
  ['application/json, text/html;q=0.1', true],
])('Accept %j means a browser: %s', (accept, expected) => {
  expect(wantsHtml(accept)).toBe(expected);
});

it.each([
  [undefined, false],
  ['"abc"', true],
  ['W/"abc"', true],
  ['"x", "abc"', true],
  ['"x"', false],
  ['*', true],
])('If-None-Match %j matches abc: %s', (header, expected) => {
  expect(matchesEtag(header, 'abc')).toBe(expected);
});

it('parseCgiHeaders waits for the blank line and keeps the body as it is', () => {
  expect(parseCgiHeaders(Buffer.from('Content-Type: a\r\n'))).toBeUndefined();
  const parsed = parseCgiHeaders(
    Buffer.concat([
      Buffer.from('Status: 403 Forbidden\r\nX: y: z\r\n\r\n'),
      Buffer.from([0, 255, 10, 10]),
    ]),
  );
  expect(parsed?.status).toBe(403);
  expect(parsed?.headers).toEqual([['X', 'y: z']]);
  expect([...(parsed?.rest ?? [])]).toEqual([0, 255, 10, 10]);
});

it('refChanges names what is new, moved and gone, the default branch first', () => {
  const ref = (name: string, objectId: string) => ({ ref: name, objectId });
  const changes = refChanges(
    [
      ref('refs/heads/a', '1'),
      ref('refs/heads/same', '1'),
      ref('refs/tags/t', '1'),
    ],
    [
      ref('refs/heads/a', '2'),
      ref('refs/heads/same', '1'),
      ref('refs/heads/main', '1'),
    ],
    'main',
  );
  expect(
    changes.map(change => [
      change.ref,
      change.before?.objectId,
      change.after?.objectId,
    ]),
  ).toEqual([
    ['refs/heads/main', undefined, '1'],
    ['refs/heads/a', '1', '2'],
    ['refs/tags/t', '1', undefined],
  ]);
});

it('catalogPaths keeps what a catalog may read', () => {
  expect(
    catalogPaths([
      'a.ts',
      'catalog-info.yaml',
      'x/mkdocs.yml',
      'yaml',
      'e.JSON',
    ]),
  ).toEqual(['catalog-info.yaml', 'x/mkdocs.yml', 'e.JSON']);
});

it.each([
  ['git version 2.38.0', true],
  ['git version 2.37.9', false],
  ['git version 3.0.0 (Apple)', true],
  ['nonsense', false],
])('%s is new enough: %s', (text, expected) => {
  expect(isSupportedGit(text)).toBe(expected);
});
