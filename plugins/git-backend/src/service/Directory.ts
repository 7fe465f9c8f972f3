import {
  AuthService,
  LoggerService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import {
  Entity,
  parseEntityRef,
  RELATION_CHILD_OF,
  RELATION_MEMBER_OF,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { Actor } from './actors';

const CACHE_MS = 10_000;
const MAX_DEPTH = 10;

/** People and groups, as far as the host needs to know them. */
export interface Directory {
  /**
   * The user and every group they belong to: their own and all above it.
   * Entity refs in full form and lower case. Services belong to none.
   */
  membership(actor: Actor): Promise<Set<string>>;
  /** Whether there is a Group of this name in the default namespace. */
  isGroup(name: string): Promise<boolean>;
  /** Name and address that commits by this user carry. */
  identity(actor: Actor): Promise<{ name: string; email: string }>;
}

/** Related entity refs of one kind of relation. */
function related(entity: Entity, relation: string): string[] {
  return (entity.relations ?? [])
    .filter(({ type }) => type === relation)
    .map(({ targetRef }) => targetRef.toLowerCase());
}

/** Reads people and groups from the catalog. */
export class CatalogDirectory implements Directory {
  readonly #auth: AuthService;
  readonly #catalog: CatalogService;
  readonly #userInfo: UserInfoService;
  readonly #logger: LoggerService;
  readonly #cache = new Map<
    string,
    { until: number; refs: Promise<Set<string>> }
  >();

  constructor(options: {
    auth: AuthService;
    catalog: CatalogService;
    userInfo: UserInfoService;
    logger: LoggerService;
  }) {
    this.#auth = options.auth;
    this.#catalog = options.catalog;
    this.#userInfo = options.userInfo;
    this.#logger = options.logger;
  }

  async membership(actor: Actor): Promise<Set<string>> {
    if (actor.type === 'anonymous' || actor.type === 'service') {
      return new Set();
    }
    // One entry per way of signing in: claims may differ between them.
    const key = `${actor.type} ${actor.ref}`;
    const now = Date.now();
    const cached = this.#cache.get(key);
    if (cached && cached.until > now) {
      return cached.refs;
    }
    for (const [other, entry] of this.#cache) {
      if (entry.until <= now) {
        this.#cache.delete(other);
      }
    }
    const refs = this.#readMembership(actor);
    this.#cache.set(key, { until: now + CACHE_MS, refs });
    refs.catch(() => this.#cache.delete(key));
    return refs;
  }

  async isGroup(name: string): Promise<boolean> {
    const entity = await this.#catalog.getEntityByRef(`group:default/${name}`, {
      credentials: await this.#auth.getOwnServiceCredentials(),
    });
    return entity !== undefined;
  }

  async identity(actor: Actor): Promise<{ name: string; email: string }> {
    if (actor.type === 'user' || actor.type === 'token') {
      const { name } = parseEntityRef(actor.ref);
      const fallback = { name, email: `${name}@users.noreply.localhost` };
      try {
        const entity = await this.#catalog.getEntityByRef(actor.ref, {
          credentials: await this.#auth.getOwnServiceCredentials(),
        });
        const profile = entity?.spec?.profile as
          | { displayName?: string; email?: string }
          | undefined;
        // Git reads < > and line breaks as the ends of these fields.
        const clean = (text: string | undefined) =>
          text?.replace(/[<>\p{Cc}]/gu, '').trim();
        return {
          name: clean(profile?.displayName) || fallback.name,
          email: clean(profile?.email) || fallback.email,
        };
      } catch (error) {
        this.#logger.warn(
          `Could not read the profile of ${actor.ref}: ${error}`,
        );
        return fallback;
      }
    }
    return { name: 'Portal', email: 'portal@users.noreply.localhost' };
  }

  async #readMembership(
    actor: Extract<Actor, { type: 'user' | 'token' }>,
  ): Promise<Set<string>> {
    const credentials = await this.#auth.getOwnServiceCredentials();
    const refs = new Set<string>();
    if (actor.type === 'user') {
      const info = await this.#userInfo.getUserInfo(actor.credentials);
      info.ownershipEntityRefs.forEach(ref => refs.add(ref.toLowerCase()));
    } else {
      // Nobody signed in, so the catalog alone says who this is. A user who
      // has left the catalog has no rights left.
      const user = await this.#catalog.getEntityByRef(actor.ref, {
        credentials,
      });
      if (!user) {
        return refs;
      }
      refs.add(stringifyEntityRef(user));
      related(user, RELATION_MEMBER_OF).forEach(ref => refs.add(ref));
    }
    let frontier = [...refs].filter(ref => ref.startsWith('group:'));
    for (let depth = 0; frontier.length > 0 && depth < MAX_DEPTH; depth += 1) {
      const { items } = await this.#catalog.getEntitiesByRefs(
        { entityRefs: frontier, fields: ['kind', 'metadata', 'relations'] },
        { credentials },
      );
      frontier = [];
      for (const group of items) {
        for (const parent of group ? related(group, RELATION_CHILD_OF) : []) {
          if (!refs.has(parent)) {
            refs.add(parent);
            frontier.push(parent);
          }
        }
      }
    }
    return refs;
  }
}
