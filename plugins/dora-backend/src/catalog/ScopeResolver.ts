import {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import {
  Entity,
  parseEntityRef,
  RELATION_HAS_PART,
  RELATION_PARENT_OF,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { InputError, NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';

/** The services a question is about. */
export interface ServiceScope {
  /** Absent when the question is about everything. */
  entityRef?: string;
  /** Component refs the asker may see, sorted. */
  services: string[];
}

const SCOPE_KINDS = ['component', 'system', 'domain', 'group', 'template'];
const FIELDS = ['kind', 'metadata.name', 'metadata.namespace', 'relations'];
const PAGE = 1000;
/** Deep enough for any organisation, and an end for relation cycles. */
const MAX_LEVELS = 20;

/** Answers are reused this long: a page asks the same scope several times at once. */
const CACHE_MILLISECONDS = 10_000;
const CACHE_ENTRIES = 500;

/**
 * Finds the services of a scope through the catalog, with the asker's own
 * credentials: what the catalog does not let somebody see is in none of the
 * numbers they get.
 */
export class ScopeResolver {
  private readonly cache = new Map<
    string,
    { at: number; scope: Promise<ServiceScope> }
  >();

  static create(options: {
    catalog: CatalogService;
    auth: AuthService;
    now?: () => number;
  }): ScopeResolver {
    return new ScopeResolver(
      options.catalog,
      options.auth,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly catalog: CatalogService,
    private readonly auth: AuthService,
    private readonly now: () => number,
  ) {}

  /**
   * @param entityRef - Component, System, Domain, Group or Template; absent for everything
   * @throws InputError for broken refs and other kinds, NotFoundError when the
   *   catalog has no such entity or does not show it to the asker
   */
  async resolve(
    entityRef: string | undefined,
    credentials: BackstageCredentials,
  ): Promise<ServiceScope> {
    const ref = entityRef === undefined ? undefined : parseScopeRef(entityRef);
    const key = JSON.stringify([this.principalKey(credentials), ref ?? '']);
    const cached = this.cache.get(key);
    if (cached && this.now() - cached.at < CACHE_MILLISECONDS) {
      return cached.scope;
    }
    const scope = this.find(ref, credentials);
    this.cache.delete(key);
    this.cache.set(key, { at: this.now(), scope });
    scope.catch(() => this.cache.delete(key));
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= CACHE_ENTRIES) {
        break;
      }
      this.cache.delete(oldest);
    }
    return scope;
  }

  private principalKey(credentials: BackstageCredentials): string {
    if (this.auth.isPrincipal(credentials, 'user')) {
      return `user ${credentials.principal.userEntityRef}`;
    }
    if (this.auth.isPrincipal(credentials, 'service')) {
      return `service ${credentials.principal.subject} ${JSON.stringify(
        credentials.principal.accessRestrictions ?? {},
      )}`;
    }
    return 'none';
  }

  private async find(
    ref: string | undefined,
    credentials: BackstageCredentials,
  ): Promise<ServiceScope> {
    if (ref === undefined) {
      return { services: await this.components({}, credentials) };
    }
    const entity = await this.catalog.getEntityByRef(ref, { credentials });
    if (!entity) {
      throw new NotFoundError(`The catalog has no ${ref}`);
    }
    const canonical = stringifyEntityRef(entity);
    const { kind } = parseEntityRef(canonical);
    const services = await this.servicesOf(kind, entity, credentials);
    return { entityRef: canonical, services };
  }

  private async servicesOf(
    kind: string,
    entity: Entity,
    credentials: BackstageCredentials,
  ): Promise<string[]> {
    const ref = stringifyEntityRef(entity);
    switch (kind) {
      case 'component':
        return [ref];
      case 'system':
        return this.components({ 'relations.partOf': [ref] }, credentials);
      case 'domain': {
        const parts = await this.descendants(
          entity,
          RELATION_HAS_PART,
          ['domain', 'system'],
          credentials,
        );
        return this.components({ 'relations.partOf': parts }, credentials);
      }
      case 'group': {
        const groups = await this.descendants(
          entity,
          RELATION_PARENT_OF,
          ['group'],
          credentials,
        );
        return this.components({ 'relations.ownedBy': groups }, credentials);
      }
      default:
        return this.components(
          { 'metadata.annotations.backstage.io/source-template': [ref] },
          credentials,
        );
    }
  }

  /** The entity and everything below it along one relation, level by level. */
  private async descendants(
    entity: Entity,
    relation: string,
    kinds: string[],
    credentials: BackstageCredentials,
  ): Promise<string[]> {
    const seen = new Set([stringifyEntityRef(entity)]);
    let level: Entity[] = [entity];
    for (let depth = 0; level.length > 0 && depth < MAX_LEVELS; depth++) {
      const next = new Set<string>();
      for (const parent of level) {
        for (const { type, targetRef } of parent.relations ?? []) {
          if (
            type === relation &&
            kinds.includes(targetRef.split(':')[0]) &&
            !seen.has(targetRef)
          ) {
            seen.add(targetRef);
            next.add(targetRef);
          }
        }
      }
      if (next.size === 0) {
        break;
      }
      const { items } = await this.catalog.getEntitiesByRefs(
        { entityRefs: [...next], fields: FIELDS },
        { credentials },
      );
      level = items.filter((item): item is Entity => item !== undefined);
    }
    return [...seen];
  }

  private async components(
    filter: Record<string, string[]>,
    credentials: BackstageCredentials,
  ): Promise<string[]> {
    const refs = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await this.catalog.queryEntities(
        cursor
          ? { cursor, limit: PAGE, fields: FIELDS.slice(0, 3) }
          : {
              filter: { kind: 'Component', ...filter },
              limit: PAGE,
              fields: FIELDS.slice(0, 3),
            },
        { credentials },
      );
      for (const item of page.items) {
        refs.add(stringifyEntityRef(item));
      }
      cursor = page.pageInfo.nextCursor;
    } while (cursor);
    return [...refs].sort();
  }
}

function parseScopeRef(text: string): string {
  let ref: string;
  try {
    ref = stringifyEntityRef(parseEntityRef(text));
  } catch {
    throw new InputError(
      `entityRef must look like kind:namespace/name, got ${JSON.stringify(
        text.slice(0, 100),
      )}`,
    );
  }
  const kind = ref.split(':')[0];
  if (!SCOPE_KINDS.includes(kind)) {
    throw new InputError(
      `entityRef must be a ${SCOPE_KINDS.join(', ')}; got a ${kind}`,
    );
  }
  return ref;
}
