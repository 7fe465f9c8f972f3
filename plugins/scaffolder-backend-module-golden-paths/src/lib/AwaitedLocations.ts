import { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import {
  CatalogService,
  locationSpecToMetadataName,
} from '@backstage/plugin-catalog-node';
import { CatalogScmEventsService } from '@backstage/plugin-catalog-node/alpha';

const ENTITY_FILE = /\/catalog-info\.ya?ml$/;

/**
 * Makes the catalog look again at a location that was registered before its file was there, as soon as the file is pushed: until it has
 * read a location once, the catalog does not connect it with what is pushed, and would find the file within its usual interval only.
 */
export class AwaitedLocations {
  static create(services: {
    auth: AuthService;
    catalog: Pick<CatalogService, 'refreshEntity'>;
    logger: LoggerService;
  }): AwaitedLocations {
    return new AwaitedLocations(services);
  }

  private constructor(
    private readonly services: {
      auth: AuthService;
      catalog: Pick<CatalogService, 'refreshEntity'>;
      logger: LoggerService;
    },
  ) {}

  /** Follows what is pushed from now on. */
  follow(events: Pick<CatalogScmEventsService, 'subscribe'>): void {
    events.subscribe({
      onEvents: async news => {
        for (const event of news) {
          if (
            (event.type === 'location.created' ||
              event.type === 'location.updated') &&
            ENTITY_FILE.test(event.url)
          ) {
            await this.refresh(event.url);
          }
        }
      },
    });
  }

  private async refresh(target: string): Promise<void> {
    const { auth, catalog, logger } = this.services;
    try {
      await catalog.refreshEntity(
        `location:default/${locationSpecToMetadataName({
          type: 'url',
          target,
        })}`,
        { credentials: await auth.getOwnServiceCredentials() },
      );
    } catch (error) {
      // Nobody registered it, or it is read again within the usual interval.
      logger.debug(`${target} could not be looked at again: ${error}`);
    }
  }
}
