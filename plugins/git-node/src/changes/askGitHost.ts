import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import {
  AuthenticationError,
  ConflictError,
  InputError,
  NotAllowedError,
  ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { GitHostClient } from '@pavedroad/plugin-git-common';

/** Longest wait for one answer, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** How the portal's own git host is reached. */
export type GitHostAccess = { auth: AuthService; discovery: DiscoveryService };

/** A token for the portal's git host (plugin `git`) on behalf of somebody. Secret. */
export async function gitHostToken(
  access: GitHostAccess,
  credentials: BackstageCredentials,
): Promise<string> {
  const { token } = await access.auth.getPluginRequestToken({
    onBehalfOf: credentials,
    targetPluginId: 'git',
  });
  return token;
}

/**
 * Asks the portal's git host on behalf of somebody; `undefined` when it answers that there is no such thing.
 *
 * @throws InputError, AuthenticationError, NotAllowedError, ConflictError or ServiceUnavailableError with the host's sentence
 */
export async function askGitHost<T>(
  access: GitHostAccess,
  credentials: BackstageCredentials,
  call: (
    client: GitHostClient,
    options: { token: string; signal: AbortSignal },
  ) => Promise<T>,
): Promise<T | undefined> {
  const client = new GitHostClient({ discovery: access.discovery });
  try {
    return await call(client, {
      token: await gitHostToken(access, credentials),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    if (!(error instanceof ResponseError)) {
      throw new ServiceUnavailableError(
        'The git host cannot be reached. Try again in a while, or tell the platform team.',
        error,
      );
    }
    const { message, statusCode } = error;
    switch (statusCode) {
      case 404:
        return undefined;
      case 400:
        throw new InputError(message);
      case 401:
        throw new AuthenticationError(message);
      case 403:
        throw new NotAllowedError(message);
      case 409:
        throw new ConflictError(message);
      default:
        throw new ServiceUnavailableError(
          `The git host answered with status ${statusCode}: ${message}`,
        );
    }
  }
}
