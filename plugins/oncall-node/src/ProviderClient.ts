import { ServiceUnavailableError } from '@backstage/errors';

import { readBaseUrl, type ProviderAccount } from './accounts';
import { ProviderActionError } from './acting';
import { fieldsOf, looseText } from './webhooks';

/** What is asked of a provider. */
export type ProviderRequest = {
  /** Parts of the path under the base URL; each is encoded. */
  path: string[];
  /** Query parameters; a list repeats the parameter. */
  query?: Record<string, string | string[]>;
  /** Sent as JSON by POST; without it the request is a GET. */
  body?: unknown;
};

/** What a provider is to do. */
export type ProviderAction = ProviderRequest & {
  /** Default: POST. */
  method?: 'POST' | 'PUT' | 'PATCH';
  headers?: Record<string, string>;
  /** What must not be in an error, besides the headers: keys in the path or the body. */
  secrets?: string[];
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

  /**
   * For an address in the settings of an account.
   * @throws InputError as `readBaseUrl`.
   */
  static forAccount(
    account: ProviderAccount,
    options: {
      /** The setting, and the address without it. */
      key: string;
      fallback?: string;
      /** Behind the address. */
      path?: string;
      headers?: Record<string, string>;
      secrets?: string[];
    },
  ): ProviderClient {
    const { key, fallback, path, headers = {}, secrets } = options;
    const root = readBaseUrl(account, key, fallback);
    return new ProviderClient({
      baseUrl: path ? `${root}/${path}` : root,
      headers,
      timeout: account.timeout,
      ...(secrets ? { secrets } : {}),
    });
  }

  constructor(
    private readonly options: {
      baseUrl: string;
      headers: Record<string, string>;
      /** Milliseconds one request may take. */
      timeout: number;
      /** What must not be in an error, besides the headers: keys in the address. */
      secrets?: string[];
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

  /**
   * Does something, and answers with the JSON of the answer, or undefined when it is none.
   * @throws ProviderActionError, never with the credentials in it.
   */
  async act(action: ProviderAction): Promise<unknown> {
    const signal = AbortSignal.timeout(this.options.timeout);
    if (this.#notBefore > this.#now()) {
      throw new ProviderActionError(
        'it asks for no more requests for a while',
        502,
        true,
      );
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#url(action), {
        method: action.method ?? 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          ...this.options.headers,
          ...action.headers,
        },
        body: JSON.stringify(action.body ?? {}),
        redirect: 'manual',
        signal,
      });
      text = await readText(response);
    } catch (error) {
      if (error instanceof ProviderActionError) {
        throw error;
      }
      if (signal.aborted) {
        throw new ProviderActionError(
          `it did not answer within ${this.options.timeout} ms`,
          504,
          false,
        );
      }
      throw new ProviderActionError(
        'no connection could be made, or it broke',
        502,
        isNeverSent(error),
      );
    }
    const answer = parsed(text);
    if (response.ok) {
      return answer;
    }
    throw this.#refusal(response, answer, action);
  }

  #refusal(
    response: Response,
    answer: unknown,
    action: ProviderAction,
  ): ProviderActionError {
    const { status } = response;
    const said = reasonOf(answer);
    const secrets = Object.entries({
      ...this.options.headers,
      ...action.headers,
    })
      .filter(([name]) => !['accept', 'content-type', 'from'].includes(name))
      .flatMap(([, value]) => value.split(/[ =]/))
      .concat(action.secrets ?? [], this.options.secrets ?? [])
      .filter(part => part.length > 3);
    const reason =
      said && !secrets.some(secret => said.includes(secret)) ? `: ${said}` : '';
    if (status === 429) {
      this.#notBefore = this.#now() + waitOf(response.headers, this.#now());
      return new ProviderActionError(
        'it asks for no more requests for a while',
        502,
        true,
      );
    }
    if (status === 401 || status === 403) {
      return new ProviderActionError(
        `it refuses the configured credentials for this (${status})${reason}`,
        403,
        true,
      );
    }
    return status >= 400 && status < 500
      ? new ProviderActionError(`it refused (${status})${reason}`, 409, true)
      : new ProviderActionError(`it answered ${status}`, 502, status < 400);
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

/** Whether an error came before anything could have been received. */
function isNeverSent(error: unknown): boolean {
  const cause = error instanceof Error ? fieldsOf(error.cause) : undefined;
  return (
    cause !== undefined &&
    ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH'].includes(
      String(cause.code),
    )
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why a provider refused, in its own words. */
function reasonOf(answer: unknown): string | undefined {
  const fields = fieldsOf(answer);
  const inner = fieldsOf(fields?.error);
  const list = [inner?.errors, fields?.errors].find(Array.isArray) ?? [];
  const texts = [
    inner?.message,
    fields?.message,
    fields?.error,
    fields?.detail,
    ...list.slice(0, 3).map(item => fieldsOf(item)?.message ?? item),
  ].flatMap(item => looseText(item) ?? []);
  return texts.length > 0
    ? [...new Set(texts)].join('; ').slice(0, 200)
    : undefined;
}
