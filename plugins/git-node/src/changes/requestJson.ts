import {
  AuthenticationError,
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';

/** Longest wait for one answer of a host, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** Longest part of a host's own message that is repeated, in characters. */
const MAX_REASON = 300;

/** What {@link requestJson} needs. */
export type JsonRequest = {
  /** The host's name in sentences. */
  host: string;
  url: string;
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  headers: Record<string, string>;
  body?: unknown;
};

function reasonOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return '';
  }
  const record = value as Record<string, unknown>;
  const nested = (record.error ?? {}) as Record<string, unknown>;
  const reason = record.message ?? nested.message ?? record.error;
  const text = typeof reason === 'string' ? reason : JSON.stringify(reason);
  return text ? `: ${text.slice(0, MAX_REASON)}` : '';
}

/**
 * Asks a git host and gives the JSON it answers, `undefined` for 404 to GET and DELETE.
 *
 * @throws ServiceUnavailableError, AuthenticationError, NotAllowedError, ConflictError or InputError with a sentence.
 */
export async function requestJson(
  request: JsonRequest,
): Promise<unknown | undefined> {
  const { host, url, method = 'GET', headers, body } = request;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect could carry the credentials to another host.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new ServiceUnavailableError(
      `${host} cannot be reached. Try again in a while, or tell the platform team.`,
      error,
    );
  }
  const text = await response.text();
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    value = {};
  }
  if (response.ok) {
    return value;
  }
  const reason = reasonOf(value);
  switch (response.status) {
    case 404:
      if (method === 'POST') {
        throw new NotFoundError(
          `${host} does not know where to create this${reason}`,
        );
      }
      return undefined;
    case 401:
      throw new AuthenticationError(
        `${host} does not accept the portal's credentials${reason}`,
      );
    case 403:
      throw new NotAllowedError(`${host} does not allow this${reason}`);
    case 409:
      throw new ConflictError(`${host} refuses because of a conflict${reason}`);
    case 400:
    case 422:
      // GitHub and GitLab have no status of its own for a name that is taken.
      if (/already (exists|been taken)/.test(text)) {
        throw new ConflictError(`${host} already has one of that name`);
      }
      throw new InputError(`${host} does not accept the request${reason}`);
    default:
      throw new ServiceUnavailableError(
        `${host} answered with status ${response.status}${reason}`,
      );
  }
}
