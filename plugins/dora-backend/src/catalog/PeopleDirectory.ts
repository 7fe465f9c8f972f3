import { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { parseEntityRef, UserEntity } from '@backstage/catalog-model';
import { CatalogService } from '@backstage/plugin-catalog-node';

const FIELDS = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
  'spec.profile.displayName',
];

/** Finds the names that people, groups and what else is in the catalog are known by. */
export class PeopleDirectory {
  static create(options: {
    catalog: CatalogService;
    auth: AuthService;
    logger: LoggerService;
  }): PeopleDirectory {
    return new PeopleDirectory(options.catalog, options.auth, options.logger);
  }

  private constructor(
    private readonly catalog: CatalogService,
    private readonly auth: AuthService,
    private readonly logger: LoggerService,
  ) {}

  /**
   * Names by ref. Who is not in the catalog goes by the name in the ref; what is no ref, such as the name of a program,
   * has none. Names are no secret between people who work together, so they are read with the portal's own credentials.
   */
  async displayNames(refs: Iterable<string>): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for (const ref of refs) {
      const name = nameInRef(ref);
      if (name !== undefined) {
        names.set(ref, name);
      }
    }
    if (names.size === 0) {
      return names;
    }
    const asked = [...names.keys()];
    try {
      const { items } = await this.catalog.getEntitiesByRefs(
        { entityRefs: asked, fields: FIELDS },
        { credentials: await this.auth.getOwnServiceCredentials() },
      );
      items.forEach((entity, index) => {
        const profile = (entity as UserEntity | undefined)?.spec?.profile;
        const name = profile?.displayName ?? entity?.metadata.title;
        if (name) {
          names.set(asked[index], name);
        }
      });
    } catch (error) {
      this.logger.warn(`Could not read the names of people: ${error}`);
    }
    return names;
  }
}

function nameInRef(ref: string): string | undefined {
  if (!/^(user|group|component|system|domain|template):/i.test(ref)) {
    return undefined;
  }
  try {
    return parseEntityRef(ref).name;
  } catch {
    return undefined;
  }
}
