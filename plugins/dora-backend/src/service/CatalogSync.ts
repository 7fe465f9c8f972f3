import { LoggerService } from '@backstage/backend-plugin-api';
import { CatalogServiceDirectory } from '../catalog/CatalogServiceDirectory';
import { DeliveryStore } from '../database/DeliveryStore';

/**
 * Carries what the catalog says about services into the database, so that events
 * which came before their component are counted once it is registered.
 */
export class CatalogSync {
  private applied: string | undefined;

  static create(options: {
    directory: CatalogServiceDirectory;
    store: DeliveryStore;
    logger: LoggerService;
    onChanged: () => void;
  }): CatalogSync {
    return new CatalogSync(
      options.directory,
      options.store,
      options.logger,
      options.onChanged,
    );
  }

  private constructor(
    private readonly directory: CatalogServiceDirectory,
    private readonly store: DeliveryStore,
    private readonly logger: LoggerService,
    private readonly onChanged: () => void,
  ) {}

  /** @param maxAgeMilliseconds - how old the view of the catalog may be */
  async run(maxAgeMilliseconds: number): Promise<void> {
    const mapping = await this.directory.fresh(maxAgeMilliseconds);
    const version = this.directory.version();
    if (version === undefined) {
      return;
    }
    let changed: boolean;
    if (version === this.applied) {
      changed = await this.store.resolveUnresolved(mapping);
    } else {
      changed = await this.store.applyMapping(mapping, ({ from, to }) =>
        this.logger.warn(
          `Delivery events that counted for ${from} now ${
            to ? `count for ${to}` : 'count for no service'
          }, because of what the catalog says about their repository`,
        ),
      );
      for (const {
        repository,
        entityRefs,
      } of mapping.contestedRepositories()) {
        this.logger.warn(
          `${entityRefs.join(
            ' and ',
          )} claim the repository ${repository} without source paths that tell them apart: events that name only the repository count for none of them`,
        );
      }
    }
    this.applied = version;
    if (changed) {
      this.logger.debug(
        'Mapped delivery events to the services of the catalog',
      );
      this.onChanged();
    }
  }
}
