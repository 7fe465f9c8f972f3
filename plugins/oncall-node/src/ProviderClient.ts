import { ServiceUnavailableError } from '@backstage/errors';

/** What is asked of a provider. */
export type ProviderRequest = {
  /** Parts of the path under the base URL; each is encoded. */
  path: string[];
  /** Query parameters; a list repeats the parameter. */
  query?: Record<string, string | string[]>;
  /** Sent as JSON by POST; without it the request is a GET. */
  body?: unknown;
};

const MAX_BYTES = 5_000_000;
const CONCURRENT = 4;
/** Milliseconds to wait after a refusal for load that does not say how long. */
const UNSAID_WAIT = 30_000;
const LONGEST_WAIT = 10 * 60_000;

/**
 * Asks one account of a provider for JSON: in bounded time and size, a few requests at once, without following redirects, since those
 * would take the credentials elsewhere. After a refusal for load it asks nothing until the provider allows it. No error names the credentials.
 */
export class ProviderClient {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #notBefore = 0;

  constructor(
    private readonly options: {
      baseUrl: string;
      headers: Record<string, string>;
      /** Milliseconds one request may take. */
      timeout: number;
      clock?: () => number;
    },
  ) {}

  /**
   * The JSON of an answer, or undefined when there is nothing of that address (404, 410).
   * @throws ServiceUnavailableError when the provider cannot be asked, refuses, or answers something else than JSON.
   */
  async ask(request: ProviderRequest): Promise<unknown> {
    this.#checkLimit();
    if (this.#running >= CONCURRENT) {
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      // It may have been reached while waiting.
      this.#checkLimit();
      return await this.#send(request);
    } finally {
      const next = this.#waiting.shift();
      if (next) {
        next();
      } else {
        this.#running -= 1;
      }
    }
  }

  /**
   * As `ask`.
   * @throws ServiceUnavailableError also when there is nothing of that address.
   */
  async demand(request: ProviderRequest): Promise<unknown> {
    const answer = await this.ask(request);
    if (answer === undefined) {
      throw new ServiceUnavailableError(
        `it has nothing at /${request.path.join('/')}`,
      );
    }
    return answer;
  }

  #now(): number {
    return this.options.clock?.() ?? Date.now();
  }

  #checkLimit() {
    const wait = this.#notBefore - this.#now();
    if (wait > 0) {
      throw new ServiceUnavailableError(
        `it asks for no more requests for ${Math.ceil(wait / 1000)} s`,
      );
    }
  }

  async #send(request: ProviderRequest): Promise<unknown> {
    const signal = AbortSignal.timeout(this.options.timeout);
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#url(request), {
        method: request.body === undefined ? 'GET' : 'POST',
        headers: {
          accept: 'application/json',
          ...(request.body === undefined
            ? {}
            : { 'content-type': 'application/json' }),
          ...this.options.headers,
        },
        ...(request.body === undefined
          ? {}
          : { body: JSON.stringify(request.body) }),
        redirect: 'manual',
        signal,
      });
      text = await readText(response);
    } catch (error) {
      if (error instanceof ServiceUnavailableError) {
        throw error;
      }
      throw new ServiceUnavailableError(
        signal.aborted
          ? `it did not answer within ${this.options.timeout} ms`
          : 'no connection could be made, or it broke',
      );
    }
    const { status } = response;
    if (status === 404 || status === 410) {
      return undefined;
    }
    if (status === 429) {
      this.#notBefore = this.#now() + waitOf(response.headers, this.#now());
      this.#checkLimit();
    }
    if (status === 401 || status === 403) {
      throw new ServiceUnavailableError(
        `it refuses the configured credentials (${status})`,
      );
    }
    if (!response.ok) {
      throw new ServiceUnavailableError(`it answered ${status}`);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new ServiceUnavailableError('its answer is not JSON');
    }
  }

  #url({ path, query = {} }: ProviderRequest): string {
    for (const part of path) {
      // An address would be shortened by them, and lead to another place.
      if (/^\.{0,2}$/.test(part)) {
        throw new ServiceUnavailableError(
          `${JSON.stringify(part)} cannot be asked for`,
        );
      }
    }
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      [value].flat().forEach(item => parameters.append(name, item));
    }
    const search = parameters.size > 0 ? `?${parameters}` : '';
    return `${this.options.baseUrl}/${path
      .map(encodeURIComponent)
      .join('/')}${search}`;
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) {
      break;
    }
    size += part.value.byteLength;
    if (size > MAX_BYTES) {
      await reader?.cancel();
      throw new ServiceUnavailableError(
        `its answer is larger than ${MAX_BYTES} bytes`,
      );
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Milliseconds a refusal asks to wait. */
function waitOf(headers: Headers, now: number): number {
  const said =
    headers.get('retry-after') ??
    headers.get('ratelimit-reset') ??
    headers.get('x-ratelimit-reset-after');
  if (said === null) {
    return UNSAID_WAIT;
  }
  const wait = /^\d{1,9}$/.test(said.trim())
    ? Number(said) * 1000
    : Date.parse(said) - now;
  return Number.isNaN(wait)
    ? UNSAID_WAIT
    : Math.min(Math.max(wait, 1000), LONGEST_WAIT);
}
