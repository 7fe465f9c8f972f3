import {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import { TokenScope } from '@pavedroad/plugin-git-common';
import { IncomingMessage } from 'node:http';
import { TOKEN_PREFIX, TokenService } from './TokenService';

/** Who is behind a request. */
export type Actor =
  | { type: 'anonymous'; ref: 'anonymous' }
  | {
      type: 'user';
      /** Entity ref of the user. */
      ref: string;
      credentials: BackstageCredentials;
    }
  | {
      type: 'token';
      /** Entity ref of the user whose access token it is. */
      ref: string;
      tokenId: string;
      scopes: TokenScope[];
    }
  | {
      type: 'service';
      /** Subject of the service principal. */
      ref: string;
      credentials: BackstageCredentials;
    };

/**
 * The secret of an Authorization header: a Bearer token, or the password of
 * Basic credentials, whose user name does not matter.
 *
 * @returns `undefined` when the header is absent or carries nothing
 * @throws AuthenticationError when it cannot be read
 */
export function tokenOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization === '') {
    return undefined;
  }
  const match = /^(bearer|basic) +(\S+) *$/i.exec(authorization);
  if (!match) {
    throw new AuthenticationError(
      'The Authorization header must carry Basic or Bearer credentials',
    );
  }
  if (match[1].toLowerCase() === 'bearer') {
    return match[2];
  }
  const decoded = Buffer.from(match[2], 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) {
    throw new AuthenticationError(
      'The Basic credentials must hold a user name and a password',
    );
  }
  return decoded.slice(colon + 1) || undefined;
}

/** Finds out who is behind a request. */
export class ActorResolver {
  readonly #auth: AuthService;
  readonly #tokens: TokenService;

  constructor(options: { auth: AuthService; tokens: TokenService }) {
    this.#auth = options.auth;
    this.#tokens = options.tokens;
  }

  /**
   * Reads the Authorization header, and leaves it so that the rest of the
   * framework can read it too: Basic credentials become a Bearer token, and an
   * access token, which only this plugin knows, is taken away.
   *
   * @throws AuthenticationError when the credentials are not valid
   * @throws NotAllowedError when a token has no access to this plugin
   */
  async resolve(request: IncomingMessage): Promise<Actor> {
    const token = tokenOf(request.headers.authorization);
    if (token === undefined) {
      delete request.headers.authorization;
      return { type: 'anonymous', ref: 'anonymous' };
    }
    if (token.startsWith(TOKEN_PREFIX)) {
      delete request.headers.authorization;
      const verified = await this.#tokens.verify(token);
      if (!verified) {
        throw new AuthenticationError(
          'The access token is not known, has expired or was revoked',
        );
      }
      return {
        type: 'token',
        ref: verified.userRef,
        tokenId: verified.id,
        scopes: verified.scopes,
      };
    }
    request.headers.authorization = `Bearer ${token}`;
    let credentials: BackstageCredentials;
    try {
      credentials = await this.#auth.authenticate(token);
    } catch (error) {
      // Whatever the check stumbles on, the caller is not who they say.
      if ((error as Error).name === 'NotAllowedError') {
        throw error;
      }
      throw new AuthenticationError('The token is not valid');
    }
    if (this.#auth.isPrincipal(credentials, 'user')) {
      return {
        type: 'user',
        ref: credentials.principal.userEntityRef,
        credentials,
      };
    }
    if (this.#auth.isPrincipal(credentials, 'service')) {
      return {
        type: 'service',
        ref: credentials.principal.subject,
        credentials,
      };
    }
    throw new AuthenticationError(
      'The token names neither a user nor a service',
    );
  }
}
