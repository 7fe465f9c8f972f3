import { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  CatalogServiceEntry,
  serviceEntryOf,
  ServiceMapping,
  ServiceRule,
} from './serviceMapping';

const PAGE = 1000;
const FIELDS = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.annotations',
];

/**
 * The services of the catalog, kept in memory and refreshed. Read with the
 * plugin's own credentials: which service an event is about does not depend on
 * who sent it.
 */
export class CatalogServiceDirectory {
  private mapping: ServiceMapping;
  private loadedAt = -Infinity;
  private loading: Promise<ServiceMapping> | undefined;
  private fingerprint: string | undefined;

  static create(options: {
    catalog: CatalogService;
    auth: AuthService;
    logger: LoggerService;
    rules: ServiceRule[];
    now?: () => number;
  }): CatalogServiceDirectory {
    return new CatalogServiceDirectory(
      options.catalog,
      options.auth,
      options.logger,
      options.rules,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly catalog: CatalogService,
    private readonly auth: AuthService,
    private readonly logger: LoggerService,
    private readonly rules: ServiceRule[],
    private readonly now: () => number,
  ) {
    this.mapping = ServiceMapping.create([], rules);
  }

  /** The mapping as last read; never waits. */
  current(): ServiceMapping {
    return this.mapping;
  }

  /**
   * Changes whenever {@link current} would resolve something differently;
   * `undefined` until the catalog was read once.
   */
  version(): string | undefined {
    return this.fingerprint;
  }

  /** The mapping, read anew when it is older than the given age in milliseconds. */
  async fresh(maxAgeMilliseconds: number): Promise<ServiceMapping> {
    if (this.now() - this.loadedAt <= maxAgeMilliseconds) {
      return this.mapping;
    }
    this.loading ??= this.load().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async load(): Promise<ServiceMapping> {
    try {
      const credentials = await this.auth.getOwnServiceCredentials();
      const entries: CatalogServiceEntry[] = [];
      let cursor: string | undefined;
      do {
        const page = await this.catalog.queryEntities(
          cursor
            ? { cursor, limit: PAGE, fields: FIELDS }
            : { filter: { kind: 'Component' }, limit: PAGE, fields: FIELDS },
          { credentials },
        );
        for (const entity of page.items) {
          const entry = serviceEntryOf(entity);
          if (entry) {
            entries.push(entry);
          }
        }
        cursor = page.pageInfo.nextCursor;
      } while (cursor);
      entries.sort((a, b) => (a.entityRef < b.entityRef ? -1 : 1));
      this.mapping = ServiceMapping.create(entries, this.rules);
      this.fingerprint = JSON.stringify(entries);
    } catch (error) {
      // Nothing is lost without the catalog: events wait unmapped, and what was
      // known before stays known.
      this.logger.warn(`Could not read services from the catalog: ${error}`);
    }
    this.loadedAt = this.now();
    return this.mapping;
  }
}
