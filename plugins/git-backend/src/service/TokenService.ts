import { InputError, NotFoundError } from '@backstage/errors';
import {
  AccessToken,
  CreatedAccessToken,
  TokenScope,
} from '@pavedroad/plugin-git-common';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { GitStore, TokenRow } from '../store/GitStore';

/** Every access token starts with this, so that secret scanners can find it. */
export const TOKEN_PREFIX = 'pvr_';

const DAY_MS = 24 * 60 * 60 * 1000;
/** How exactly the last use is noted. */
const USE_RESOLUTION_MS = 60 * 1000;
const MAX_LIVE_TOKENS = 50;

/** What a verified access token allows. */
export interface VerifiedToken {
  id: string;
  userRef: string;
  scopes: TokenScope[];
}

function hashOf(token: string): string {
  // The token is 256 random bits, so one round of a fast hash is enough.
  return createHash('sha256').update(token).digest('hex');
}

function withoutHash(row: TokenRow): AccessToken {
  const { hash: _, ...token } = row;
  return token;
}

/** Makes, verifies and revokes users' access tokens. */
export class TokenService {
  readonly #store: GitStore;
  readonly #now: () => Date;

  constructor(options: { store: GitStore; now?: () => Date }) {
    this.#store = options.store;
    this.#now = options.now ?? (() => new Date());
  }

  /** Makes a token. The secret is in the answer and nowhere else. */
  async create(options: {
    userRef: string;
    name: string;
    scopes: TokenScope[];
    expiresInDays: number;
  }): Promise<CreatedAccessToken> {
    const now = this.#now();
    const live = (await this.#store.listTokens(options.userRef)).filter(
      token => !token.revokedAt && new Date(token.expiresAt) > now,
    );
    if (live.length >= MAX_LIVE_TOKENS) {
      throw new InputError(
        `You have ${MAX_LIVE_TOKENS} access tokens in force; revoke one that you no longer use first`,
      );
    }
    if (live.some(token => token.name === options.name)) {
      throw new InputError(
        `You already have an access token called '${options.name}'`,
      );
    }
    const token = `${TOKEN_PREFIX}${randomBytes(32).toString('base64url')}`;
    const row: TokenRow = {
      id: randomUUID(),
      name: options.name,
      owner: options.userRef,
      hash: hashOf(token),
      hint: token.slice(0, TOKEN_PREFIX.length + 4),
      scopes: [...new Set(options.scopes)],
      createdAt: now.toISOString(),
      expiresAt: new Date(
        now.getTime() + options.expiresInDays * DAY_MS,
      ).toISOString(),
    };
    await this.#store.insertToken(row);
    return { ...withoutHash(row), token };
  }

  /** Whose token this is, or `undefined` when it is unknown, expired or revoked. */
  async verify(token: string): Promise<VerifiedToken | undefined> {
    const row = await this.#store.findTokenByHash(hashOf(token));
    const now = this.#now();
    if (!row || row.revokedAt || new Date(row.expiresAt) <= now) {
      return undefined;
    }
    if (
      !row.lastUsedAt ||
      now.getTime() - new Date(row.lastUsedAt).getTime() > USE_RESOLUTION_MS
    ) {
      await this.#store.markTokenUsed(row.id, now);
    }
    return { id: row.id, userRef: row.owner, scopes: row.scopes };
  }

  async list(userRef: string): Promise<AccessToken[]> {
    return (await this.#store.listTokens(userRef)).map(withoutHash);
  }

  /**
   * Revokes at once and for good. Revoking twice is no error.
   *
   * @param userRef - whose token it must be; anybody's if left out
   * @throws NotFoundError when there is no such token, or it is another's
   */
  async revoke(id: string, userRef: string | undefined): Promise<void> {
    const row = await this.#store.getToken(id);
    if (!row || (userRef !== undefined && row.owner !== userRef)) {
      throw new NotFoundError('There is no such access token');
    }
    await this.#store.revokeToken(id, this.#now());
  }
}
