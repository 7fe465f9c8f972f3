import { setTimeout as delay } from 'node:timers/promises';

/** Waits in milliseconds between attempts after a passing fault. */
const RETRIES = [1_000, 4_000, 15_000, 60_000];
/** Waits in milliseconds after a refusal for load that does not say how long. */
const UNSAID_WAITS = [60_000, 120_000, 240_000, 480_000];
const MAX_REDIRECTS = 5;
const REQUEST_TIMEOUT = 60_000;
/** Share of a budget that is left to the other users of the same credentials. */
const RESERVED_SHARE = 0.1;

/**
 * An answer other than success that repeating will not mend.
 *
 * @public
 */
export class ApiError extends Error {
  constructor(readonly status: number, url: string) {
    super(`${withoutQuery(url)} answered ${status}`);
    this.name = 'ApiError';
  }
}

/**
 * The provider asks to wait for longer than is worth waiting: go on later.
 *
 * @public
 */
export class RateLimitedError extends Error {
  constructor(
    /** Epoch milliseconds. */
    readonly until: number,
  ) {
    super(`The rate limit lasts until ${new Date(until).toISOString()}`);
    this.name = 'RateLimitedError';
  }
}

/**
 * One page of an answer.
 *
 * @public
 */
export interface ApiPage {
  body: unknown;
  /** URL of the next page; always of the same origin. */
  next?: string;
}

/**
 * Reads a provider's JSON API with patience: it follows `Link` headers, repeats
 * what failed in passing, keeps to primary and secondary rate limits as the
 * provider's headers state them, and never sends credentials to another origin.
 *
 * @public
 */
export class ApiClient {
  /** Requests answered, for progress and tests. */
  requests = 0;
  /** Epoch milliseconds before which the budget allows no request. */
  private notBefore = 0;

  static create(options: {
    /** Asked before each request: tokens of apps expire. */
    headers: () => Promise<Record<string, string>>;
    fetch?: typeof fetch;
    now?: () => number;
    sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
    /** Longest wait for a rate limit, in milliseconds. Default 15 minutes. */
    maxWait?: number;
    signal?: AbortSignal;
  }): ApiClient {
    return new ApiClient(
      options.headers,
      options.fetch ?? fetch,
      options.now ?? Date.now,
      options.sleep ??
        ((milliseconds, signal) => delay(milliseconds, undefined, { signal })),
      options.maxWait ?? 15 * 60_000,
      options.signal,
    );
  }

  private constructor(
    private readonly headers: () => Promise<Record<string, string>>,
    private readonly fetcher: typeof fetch,
    private readonly now: () => number,
    private readonly pause: (
      milliseconds: number,
      signal?: AbortSignal,
    ) => Promise<void>,
    private readonly maxWait: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * One page.
   *
   * @throws ApiError, RateLimitedError
   */
  async page(url: string): Promise<ApiPage> {
    const response = await this.request(url);
    const next = nextLink(response.headers.get('link'));
    return {
      body: await response.json(),
      ...(next && sameOrigin(next, url) && { next }),
    };
  }

  /** The body of one page, or `undefined` where there is nothing (404, 410, 451). */
  async find(url: string): Promise<unknown> {
    try {
      return (await this.page(url)).body;
    } catch (error) {
      if (error instanceof ApiError && [404, 410, 451].includes(error.status)) {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * All items of a listing, for listings that belong to one thing.
   *
   * @param most - after which it stops
   */
  async all(url: string, most = 5_000): Promise<unknown[]> {
    const items: unknown[] = [];
    let next: string | undefined = url;
    while (next !== undefined && items.length < most) {
      const page: ApiPage = await this.page(next);
      items.push(...itemsOf(page.body));
      next = page.next;
    }
    return items;
  }

  private async request(url: string): Promise<Response> {
    let faults = 0;
    let refusals = 0;
    for (;;) {
      this.signal?.throwIfAborted();
      await this.wait(this.notBefore);
      let response: Response;
      try {
        response = await this.send(url);
      } catch (error) {
        this.signal?.throwIfAborted();
        if (faults >= RETRIES.length || error instanceof ApiError) {
          throw error;
        }
        await this.pause(RETRIES[faults++], this.signal);
        continue;
      }
      this.requests += 1;
      const { status } = response;
      if (status === 429 || (status === 403 && (await isRefusal(response)))) {
        const said = waitOf(response.headers, this.now());
        if (refusals >= UNSAID_WAITS.length) {
          throw new RateLimitedError(said ?? this.now() + this.maxWait);
        }
        const until = said ?? this.now() + UNSAID_WAITS[refusals];
        refusals += 1;
        await this.wait(until);
        continue;
      }
      if (status >= 500 && faults < RETRIES.length) {
        await this.pause(
          Math.max(
            RETRIES[faults++],
            (waitOf(response.headers, this.now()) ?? 0) - this.now(),
          ),
          this.signal,
        );
        continue;
      }
      if (!response.ok) {
        throw new ApiError(status, url);
      }
      this.notBefore = this.budget(response.headers);
      return response;
    }
  }

  private async send(url: string): Promise<Response> {
    const headers = await this.headers();
    let target = url;
    for (let redirects = 0; ; redirects++) {
      const response = await this.fetcher(target, {
        headers: { accept: 'application/json', ...headers },
        // Followed here: the platform would take some credentials along.
        redirect: 'manual',
        signal: this.signal
          ? AbortSignal.any([this.signal, AbortSignal.timeout(REQUEST_TIMEOUT)])
          : AbortSignal.timeout(REQUEST_TIMEOUT),
      });
      const location = response.headers.get('location');
      if (![301, 302, 303, 307, 308].includes(response.status) || !location) {
        return response;
      }
      const next = new URL(location, target).toString();
      if (redirects >= MAX_REDIRECTS || !sameOrigin(next, url)) {
        throw new ApiError(response.status, url);
      }
      target = next;
    }
  }

  /** When the budget that is left allows another request. */
  private budget(headers: Headers): number {
    const number = (name: string) => {
      const text =
        headers.get(`x-ratelimit-${name}`) ?? headers.get(`ratelimit-${name}`);
      return text !== null && /^\d{1,12}$/.test(text)
        ? Number(text)
        : undefined;
    };
    const remaining = number('remaining');
    const reset = number('reset');
    if (remaining === undefined || reset === undefined) {
      return 0;
    }
    const limit = number('limit') ?? 0;
    return remaining <= limit * RESERVED_SHARE
      ? resetMoment(reset, this.now())
      : 0;
  }

  private async wait(until: number): Promise<void> {
    const milliseconds = until - this.now();
    if (milliseconds <= 0) {
      return;
    }
    if (milliseconds > this.maxWait) {
      throw new RateLimitedError(until);
    }
    await this.pause(milliseconds, this.signal);
  }
}

/**
 * The items of a page: a list, or the one list in an object that counts it.
 *
 * @public
 */
export function itemsOf(body: unknown): unknown[] {
  if (Array.isArray(body)) {
    return body;
  }
  return typeof body === 'object' && body !== null
    ? Object.values(body).find(Array.isArray) ?? []
    : [];
}

/** A 403 for load instead of for lack of rights. */
async function isRefusal(response: Response): Promise<boolean> {
  if (
    response.headers.has('retry-after') ||
    response.headers.get('x-ratelimit-remaining') === '0' ||
    response.headers.get('ratelimit-remaining') === '0'
  ) {
    return true;
  }
  return /rate limit|abuse detection/i.test(
    (await response.text()).slice(0, 5_000),
  );
}

/** Until when a refusal asks to wait, in epoch milliseconds. */
function waitOf(headers: Headers, now: number): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null) {
    const seconds = /^\d{1,9}$/.test(after.trim()) ? Number(after) : undefined;
    const moment =
      seconds === undefined ? Date.parse(after) : now + seconds * 1_000;
    if (!Number.isNaN(moment)) {
      return moment;
    }
  }
  const reset =
    headers.get('x-ratelimit-reset') ?? headers.get('ratelimit-reset');
  const remaining =
    headers.get('x-ratelimit-remaining') ?? headers.get('ratelimit-remaining');
  // With budget left it is a secondary limit, which this moment does not end.
  return reset !== null &&
    /^\d{1,12}$/.test(reset) &&
    (remaining === null || remaining === '0')
    ? resetMoment(Number(reset), now)
    : undefined;
}

/** Providers write either the second of the clock or the seconds to go. */
function resetMoment(reset: number, now: number): number {
  // One more second: their clock and ours need not agree.
  return (reset > 1_000_000_000 ? reset * 1_000 : now + reset * 1_000) + 1_000;
}

function nextLink(header: string | null): string | undefined {
  for (const part of (header ?? '').slice(0, 10_000).split(',')) {
    const match = /^\s*<([^<>]+)>(.*)$/.exec(part);
    if (match && /;\s*rel="?next"?/i.test(match[2])) {
      return match[1];
    }
  }
  return undefined;
}

function sameOrigin(a: string, b: string): boolean {
  return (
    URL.canParse(a) &&
    URL.canParse(b) &&
    new URL(a).origin === new URL(b).origin
  );
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, '');
}
