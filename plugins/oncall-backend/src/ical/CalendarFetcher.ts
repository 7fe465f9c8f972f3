import type { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { lookup } from 'node:dns/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import { isPublicAddress, isWithin } from './addresses';

/** What a feed answered. */
export type FetchedCalendar =
  | { unchanged: true }
  | {
      unchanged: false;
      text: string;
      etag?: string;
      lastModified?: string;
    };

const LIMIT = 1_000_000;
const TIME = 5_000;
const REDIRECTS = 3;

/**
 * Reads calendar feeds. An address comes from the catalog, so it is not trusted: a name is looked up once and the connection made to the
 * address found, which must be of the open internet unless configuration allows the host or the network; redirects are looked at in the same
 * way. Answers are limited in size, unpacked, and in time from the first to the last byte.
 */
export class CalendarFetcher {
  /** @throws InputError for networks that are none. */
  static fromConfig(config: Config): CalendarFetcher {
    const networks = new BlockList();
    const given =
      config.getOptionalStringArray('oncall.calendars.allowedNetworks') ?? [];
    for (const text of given) {
      const [address, prefix] = text.split('/');
      const family = isIP(address);
      if (family === 0 || !/^\d{1,3}$/.test(prefix ?? '')) {
        throw new InputError(
          `oncall.calendars.allowedNetworks: ${text} is no network such as 10.1.0.0/16`,
        );
      }
      networks.addSubnet(
        address,
        Number(prefix),
        family === 4 ? 'ipv4' : 'ipv6',
      );
    }
    return new CalendarFetcher(
      new Set(
        (
          config.getOptionalStringArray('oncall.calendars.allowedHosts') ?? []
        ).map(host => host.toLocaleLowerCase('en-US')),
      ),
      networks,
    );
  }

  private constructor(
    private readonly hosts: Set<string>,
    private readonly networks: BlockList,
    private readonly resolve: (
      host: string,
    ) => Promise<{ address: string; family: number }[]> = host =>
      lookup(host, { all: true, verbatim: true }),
  ) {}

  /**
   * What is at an address, or that it is as it was.
   * @throws InputError that says why it is not read, without the address.
   */
  async fetch(
    url: string,
    known: { etag?: string; lastModified?: string } = {},
  ): Promise<FetchedCalendar> {
    const deadline = AbortSignal.timeout(TIME);
    try {
      return await this.#follow(new URL(url), known, deadline);
    } catch (error) {
      if (deadline.aborted) {
        throw new InputError(
          `The feed took longer than ${TIME / 1000} s to answer`,
        );
      }
      if (error instanceof InputError) {
        throw error;
      }
      const { code } = error as { code?: unknown };
      throw new InputError(
        `The feed cannot be reached${
          typeof code === 'string' ? ` (${code.slice(0, 60)})` : ''
        }`,
      );
    }
  }

  async #follow(
    start: URL,
    known: { etag?: string; lastModified?: string },
    deadline: AbortSignal,
  ): Promise<FetchedCalendar> {
    let url = start;
    for (let count = 0; count <= REDIRECTS; count++) {
      const target = await raced(this.#target(url), deadline);
      const response = await this.#ask(url, target, known, deadline);
      const { statusCode: status = 0, headers } = response;
      const location = headers.location;
      if (status >= 300 && status < 400 && status !== 304) {
        response.destroy();
        if (!location || !URL.canParse(location, url)) {
          throw new InputError('The feed redirects to nowhere');
        }
        const next = new URL(location, url);
        if (url.protocol === 'https:' && next.protocol !== 'https:') {
          throw new InputError(
            'The feed redirects from https to an address that is not',
          );
        }
        url = next;
        continue;
      }
      if (status === 304 && (known.etag || known.lastModified)) {
        response.destroy();
        return { unchanged: true };
      }
      if (status !== 200) {
        response.destroy();
        throw new InputError(`The feed answered ${status}`);
      }
      const text = await textOf(response);
      const etag = headers.etag;
      const lastModified = headers['last-modified'];
      return {
        unchanged: false,
        text,
        ...(etag && etag.length < 500 ? { etag } : {}),
        ...(lastModified && lastModified.length < 100 ? { lastModified } : {}),
      };
    }
    throw new InputError(`The feed redirects more than ${REDIRECTS} times`);
  }

  /** The address to connect to. */
  async #target(url: URL): Promise<{ address: string; family: number }> {
    const host = url.hostname
      .replace(/^\[|\]$/g, '')
      .toLocaleLowerCase('en-US');
    const allowed = this.hosts.has(host) || this.hosts.has(url.host);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowed)) {
      throw new InputError(
        'Feeds are read by https only, unless oncall.calendars.allowedHosts names the host',
      );
    }
    if (url.username || url.password) {
      throw new InputError('An address with credentials in it is not read');
    }
    const found =
      isIP(host) === 0
        ? await this.resolve(host)
        : [{ address: host, family: isIP(host) }];
    const [target] = found;
    if (!target) {
      throw new InputError('The host of the feed has no address');
    }
    // All of them: what a name stands for must not depend on which is tried.
    if (
      !allowed &&
      !found.every(
        ({ address }) =>
          isPublicAddress(address) || isWithin(address, this.networks),
      )
    ) {
      throw new InputError(
        'The feed is on a private network; oncall.calendars.allowedHosts or allowedNetworks can allow it',
      );
    }
    return target;
  }

  async #ask(
    url: URL,
    target: { address: string; family: number },
    known: { etag?: string; lastModified?: string },
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const client = url.protocol === 'https:' ? https : http;
    return await new Promise((resolve, reject) => {
      client
        .get(
          url,
          {
            signal,
            agent: false,
            // The one address that was looked at; asking again could give another.
            lookup: (_host, options, callback) => {
              if (options.all) {
                callback(null, [target]);
              } else {
                callback(null, target.address, target.family);
              }
            },
            headers: {
              accept: 'text/calendar, text/plain;q=0.5',
              'accept-encoding': 'gzip, deflate, br',
              'user-agent': 'on-call calendar import',
              ...(known.etag ? { 'if-none-match': known.etag } : {}),
              ...(known.lastModified
                ? { 'if-modified-since': known.lastModified }
                : {}),
            },
          },
          resolve,
        )
        .on('error', reject);
    });
  }
}

async function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise((resolve, reject) => {
    const stop = () => reject(new Error('It took too long'));
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  const unpack = {
    gzip: createGunzip,
    'x-gzip': createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  }[encoding.toLocaleLowerCase('en-US')];
  if (!unpack && encoding !== 'identity') {
    response.destroy();
    throw new InputError('The feed is packed in a way nobody asked for');
  }
  const stream = unpack ? unpack() : undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  let packed = 0;
  response.on('data', (chunk: Buffer) => {
    packed += chunk.length;
    if (packed > LIMIT) {
      response.destroy(new InputError(`The feed is larger than 1 MB`));
    }
  });
  if (stream) {
    response.on('error', error => stream.destroy(error));
    response.pipe(stream);
  }
  try {
    for await (const chunk of stream ?? response) {
      size += chunk.length;
      if (size > LIMIT) {
        throw new InputError('The feed is larger than 1 MB');
      }
      chunks.push(chunk);
    }
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (String(code).startsWith('Z_') || String(code).startsWith('ERR__')) {
      throw new InputError('The feed cannot be unpacked');
    }
    throw error;
  } finally {
    response.destroy();
  }
  return Buffer.concat(chunks).toString('utf8');
}
