import type {
  AuthService,
  LoggerService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type {
  CatalogScmEvent,
  CatalogScmEventsService,
} from '@backstage/plugin-catalog-node/alpha';
import { createHash } from 'node:crypto';

/**
 * Makes the catalog look at a configured location again when a file of it is pushed. The catalog does so by itself for locations it has read
 * before; one that had no file yet, such as a folder in which the first schedule was merged just now, it would only find minutes later.
 */
export class ConfiguredLocations {
  private constructor(
    private readonly targets: string[],
    private readonly services: {
      auth: AuthService;
      catalog: Pick<CatalogService, 'refreshEntity'>;
      logger: LoggerService;
    },
  ) {}

  static fromConfig(
    config: RootConfigService,
    services: ConfiguredLocations['services'],
  ): ConfiguredLocations {
    const targets = (config.getOptionalConfigArray('catalog.locations') ?? [])
      .filter(location => location.getString('type') === 'url')
      .map(location => location.getString('target'));
    return new ConfiguredLocations(targets, services);
  }

  /** Follows what is pushed from now on. */
  follow(events: Pick<CatalogScmEventsService, 'subscribe'>): void {
    events.subscribe({ onEvents: async news => this.#refresh(news) });
  }

  async #refresh(events: CatalogScmEvent[]): Promise<void> {
    const { auth, catalog, logger } = this.services;
    const urls = events.flatMap(event =>
      event.type === 'location.created' || event.type === 'location.updated'
        ? [event.url]
        : [],
    );
    const wanted = this.targets.filter(target =>
      urls.some(url => isOf(url, target)),
    );
    for (const target of wanted) {
      try {
        await catalog.refreshEntity(locationRef(target), {
          credentials: await auth.getOwnServiceCredentials(),
        });
      } catch (error) {
        // It is read again within the usual interval.
        logger.warn(`${target} could not be looked at again: ${error}`);
      }
    }
  }
}

/** Whether a file is one of those that a location names, by its address or by a pattern. Pure. */
export function isOf(url: string, target: string): boolean {
  const pattern = target
    .split(/(\*\*\/?|\*)/)
    .map(part => {
      if (part.startsWith('**')) {
        return '.*';
      }
      return part === '*'
        ? '[^/]*'
        : part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${pattern}$`).test(url);
}

/** The ref of the entity that the catalog makes of a location of its configuration. */
export function locationRef(target: string): string {
  const digest = createHash('sha1').update(`url:${target}`).digest('hex');
  return `location:default/generated-${digest}`;
}
