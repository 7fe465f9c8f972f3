import { UrlReaders } from '@backstage/backend-defaults/urlReader';
import { mockServices } from '@backstage/backend-test-utils';
import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { GitHostUrlReader } from './GitHostUrlReader';

const EXTERNAL = 'http://portal.example:7007/api/git';

describe('GitHostUrlReader', () => {
  let server: Server;
  let internal: string;
  let requests: IncomingMessage[];
  let answer: {
    status: number;
    headers?: Record<string, string>;
    body?: string;
  };

  beforeEach(async () => {
    requests = [];
    answer = { status: 200, headers: { etag: '"abc"' }, body: 'content' };
    server = createServer((request, response) => {
      requests.push(request);
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    internal = `http://127.0.0.1:${
      (server.address() as AddressInfo).port
    }/api/git`;
  });

  afterEach(async () => {
    await new Promise(resolve => server.close(resolve));
  });

  /** The reader as plugins get it, among those of Backstage. */
  function readers() {
    return UrlReaders.create({
      config: mockServices.rootConfig(),
      logger: mockServices.logger.mock(),
      factories: [
        ({ treeResponseFactory }) => {
          const reader = new GitHostUrlReader({
            externalBaseUrl: EXTERNAL,
            internalBaseUrl: async () => internal,
            serviceToken: async () => 'service-token',
            treeResponseFactory,
          });
          return [{ reader, predicate: url => reader.handles(url) }];
        },
      ],
    });
  }

  it('asks the host where it is reached, in the name of the plugin', async () => {
    const response = await readers().readUrl(
      `${EXTERNAL}/payments/api/blob/feature/x/a%20b.yaml`,
    );
    expect((await response.buffer()).toString()).toBe('content');
    expect(response.etag).toBe('abc');
    expect(requests[0].url).toBe(
      '/api/git/payments/api/blob/feature/x/a%20b.yaml',
    );
    expect(requests[0].headers.authorization).toBe('Bearer service-token');
  });

  it('prefers the token the caller gives', async () => {
    await readers().readUrl(`${EXTERNAL}/payments/api/blob/main/a`, {
      token: 'caller-token',
    });
    expect(requests[0].headers.authorization).toBe('Bearer caller-token');
  });

  it('carries its token nowhere else', async () => {
    answer = { status: 302, headers: { location: 'http://evil.example/' } };
    await expect(
      readers().readUrl(`${EXTERNAL}/payments/api/blob/main/a`),
    ).rejects.toThrow();
    expect(requests).toHaveLength(1);
  });

  it.each([
    [304, 'NotModifiedError'],
    [404, 'NotFoundError'],
    [403, 'ResponseError'],
    [500, 'ResponseError'],
  ])('answers %d with a %s', async (status, name) => {
    answer = { status };
    await expect(
      readers().readUrl(`${EXTERNAL}/payments/api/blob/main/a`, { etag: 'x' }),
    ).rejects.toMatchObject({ name });
    expect(requests[0].headers['if-none-match']).toBe('"x"');
  });

  it.each([
    'http://portal.example:7007/api/catalog/entities',
    'http://portal.example:7007/api/gitea/x',
    'http://portal.example:7007/api/git/../catalog/entities',
    'http://portal.example.evil.example:7007/api/git/a/b/blob/main/x',
    'http://portal.example:7007@evil.example/api/git/a/b/blob/main/x',
  ])('leaves %s to others', async url => {
    await expect(readers().readUrl(url)).rejects.toThrow(/not allowed/);
    expect(requests).toHaveLength(0);
  });

  it.each([
    `${EXTERNAL}/v1/repositories`,
    `${EXTERNAL}/payments/api.git/info/refs`,
    `${EXTERNAL}/payments/api/blob/main/..%2f..%2fx`,
  ])('does not read %s, which is no file', async url => {
    await expect(readers().readUrl(url)).rejects.toMatchObject({
      name: 'InputError',
    });
    expect(requests).toHaveLength(0);
  });
});
