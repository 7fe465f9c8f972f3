import { ConfigReader } from '@backstage/config';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { isPublicAddress } from './addresses';
import { CalendarFetcher } from './CalendarFetcher';

jest.setTimeout(30_000);

const CALENDAR = 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n';
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe('CalendarFetcher', () => {
  let server: Server;
  let handler: Handler;
  let asked: IncomingMessage[];
  const port = () => (server.address() as AddressInfo).port;
  const local = (path = '/feed.ics') => `http://localhost:${port()}${path}`;
  const fetcher = (calendars: object = { allowedHosts: ['localhost'] }) =>
    CalendarFetcher.fromConfig(new ConfigReader({ oncall: { calendars } }));

  beforeEach(async () => {
    asked = [];
    handler = (_, response) => response.end(CALENDAR);
    server = createServer((request, response) => {
      asked.push(request);
      handler(request, response);
    });
    await new Promise<void>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });

  it('reads a feed, and asks only whether it changed from then on', async () => {
    handler = (request, response) => {
      response.setHeader('etag', '"1"');
      response.statusCode =
        request.headers['if-none-match'] === '"1"' ? 304 : 200;
      response.end(response.statusCode === 304 ? undefined : CALENDAR);
    };
    const first = await fetcher().fetch(local());
    expect(first).toEqual({ unchanged: false, text: CALENDAR, etag: '"1"' });
    expect(await fetcher().fetch(local(), { etag: '"1"' })).toEqual({
      unchanged: true,
    });
    expect(asked[0].headers).not.toHaveProperty('cookie');
    expect(asked[0].headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('unpacks %s, and no more than a megabyte of it', async (name, pack) => {
    const send = (content: string | Buffer) => {
      handler = (_, response) => {
        response.setHeader('content-encoding', name);
        response.end(content);
      };
      return fetcher().fetch(local());
    };
    expect(await send(pack(CALENDAR))).toMatchObject({ text: CALENDAR });
    await expect(send(pack(Buffer.alloc(50_000_000)))).rejects.toThrow(
      'larger than 1 MB',
    );
    await expect(send('x'.repeat(100))).rejects.toThrow('unpacked');
  });

  it.each<[string, Handler, string]>([
    [
      'an endless answer',
      (_, response) => {
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        };
        response.on('drain', more);
        more();
      },
      'larger than 1 MB',
    ],
    ['an error', (_, r) => r.writeHead(500).end('oops'), 'answered 500'],
    ['a page that is gone', (_, r) => r.writeHead(404).end(), 'answered 404'],
    ['an unasked 304', (_, r) => r.writeHead(304).end(), 'answered 304'],
    ['a broken connection', request => request.socket.destroy(), 'reached'],
    [
      'another packing',
      (_, r) => r.writeHead(200, { 'content-encoding': 'zstd' }).end('x'),
      'packed in a way',
    ],
    ['a redirect to nowhere', (_, r) => r.writeHead(302).end(), 'nowhere'],
    [
      'redirects in a circle',
      (_, r) => r.writeHead(302, { location: '/again' }).end(),
      'more than 3 times',
    ],
    [
      'a redirect to a private address',
      (_, r) => r.writeHead(302, { location: 'https://10.0.0.1/x' }).end(),
      'private network',
    ],
    [
      'a redirect to the metadata address',
      (_, r) =>
        r.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
      'https only',
    ],
    [
      'a redirect to another scheme',
      (_, r) => r.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'https only',
    ],
    [
      'a redirect with credentials',
      (_, r) => r.writeHead(302, { location: 'https://a:b@x.example/' }).end(),
      'credentials',
    ],
  ])('refuses %s', async (_, wrong, message) => {
    handler = wrong;
    const failure = await fetcher()
      .fetch(local())
      .then(
        () => undefined,
        error => error as Error,
      );
    expect(failure?.message).toContain(message);
    expect(failure?.name).toBe('InputError');
    expect(failure?.message).not.toContain('localhost');
  });

  it.each<[string, Handler]>([
    ['does not answer', () => {}],
    [
      'answers by drops',
      (_, response) => {
        const timer = setInterval(() => response.write('x'), 100);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('gives up on a feed that %s', async (_, slow) => {
    handler = slow;
    const started = Date.now();
    await expect(fetcher().fetch(local())).rejects.toThrow('longer than 5 s');
    expect(Date.now() - started).toBeLessThan(8_000);
  });

  it.each([
    ['by its name', () => `https://localhost:${port()}/`],
    ['by its address', () => `https://127.0.0.1:${port()}/`],
    ['by a short form of it', () => `https://127.1:${port()}/`],
    ['by a number', () => `https://2130706433:${port()}/`],
    ['by octal numbers', () => `https://0177.0.0.1:${port()}/`],
    ['in IPv6', () => `https://[::1]:${port()}/`],
    ['mapped into IPv6', () => `https://[::ffff:127.0.0.1]:${port()}/`],
    ['by the address of all', () => `https://0.0.0.0:${port()}/`],
  ])('does not ask the machine itself %s', async (_, url) => {
    await expect(fetcher({}).fetch(url())).rejects.toThrow('private network');
    expect(asked).toEqual([]);
  });

  it('reads by http from hosts that are allowed only', async () => {
    await expect(fetcher({}).fetch(local())).rejects.toThrow('https only');
    await expect(
      fetcher({ allowedNetworks: ['127.0.0.0/8'] }).fetch(local()),
    ).rejects.toThrow('https only');
    // Allowed by its network, it gets as far as the handshake.
    await expect(
      fetcher({ allowedNetworks: ['127.0.0.0/8'] }).fetch(
        `https://127.0.0.1:${port()}/`,
      ),
    ).rejects.toThrow('cannot be reached');
    expect(() => fetcher({ allowedNetworks: ['10.0.0.0'] })).toThrow(
      'no network',
    );
  });

  it.each([
    ['93.184.216.34', true],
    ['2606:2800:220:1:248:1893:25c8:1946', true],
    ['10.1.2.3', false],
    ['172.16.0.1', false],
    ['172.32.0.1', true],
    ['192.168.1.1', false],
    ['100.64.0.1', false],
    ['169.254.169.254', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['::ffff:10.0.0.1', false],
    ['::ffff:a00:1', false],
    ['0:0:0:0:0:ffff:0a00:0001', false],
    ['::ffff:93.184.216.34', true],
    ['::ffff:0:a00:1', false],
    ['64:ff9b::a00:1', false],
    ['2002:a00:1::', false],
    ['fc00::1', false],
    ['fd12:3456::1', false],
    ['fe80::1', false],
    ['fd00:ec2::254', false],
    ['ff02::1', false],
    ['localhost', false],
    ['', false],
  ])('knows of %p whether it is public: %p', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });
});
