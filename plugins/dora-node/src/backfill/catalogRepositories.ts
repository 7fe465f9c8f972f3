import { AuthService } from '@backstage/backend-plugin-api';
import { Entity } from '@backstage/catalog-model';
import { CATALOG_FILTER_EXISTS } from '@backstage/catalog-client';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { BackfillRepository } from './Backfill';

const PAGE = 500;
const SOURCE_PATH = 'pavedroad.dev/source-path';
const LOCATIONS = [
  'backstage.io/source-location',
  'backstage.io/managed-by-location',
];

/**
 * The repositories that components of the catalog name by an annotation, by slug.
 *
 * @param options - `annotation` such as `github.com/project-slug`; `hosts` of the provider, the default first
 * @public
 */
export async function catalogRepositories(options: {
  catalog: CatalogService;
  auth: AuthService;
  annotation: string;
  hosts: readonly string[];
}): Promise<BackfillRepository[]> {
  const { catalog, auth, annotation, hosts } = options;
  const credentials = await auth.getOwnServiceCredentials();
  const found = new Map<string, BackfillRepository>();
  let cursor: string | undefined;
  do {
    const fields = ['metadata.annotations'];
    const page = await catalog.queryEntities(
      cursor
        ? { cursor, limit: PAGE, fields }
        : {
            filter: {
              kind: 'Component',
              [`metadata.annotations.${annotation}`]: CATALOG_FILTER_EXISTS,
            },
            limit: PAGE,
            fields,
          },
      { credentials },
    );
    for (const entity of page.items) {
      const repository = repositoryOf(entity, annotation, hosts);
      if (repository) {
        const key = `${repository.host} ${repository.slug.toLowerCase()}`;
        const known = found.get(key);
        found.set(key, {
          ...repository,
          monorepo: repository.monorepo || known?.monorepo === true,
        });
      }
    }
    cursor = page.pageInfo.nextCursor;
  } while (cursor);
  return [...found.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, repository]) => repository);
}

function repositoryOf(
  entity: Entity,
  annotation: string,
  hosts: readonly string[],
): BackfillRepository | undefined {
  const annotations = entity.metadata?.annotations ?? {};
  const slug = annotations[annotation]?.trim().replace(/^\/+|\/+$/g, '');
  // It becomes a part of an address: nothing in it may lead elsewhere.
  if (
    !slug ||
    !/^[\w.-]+(\/[\w.-]+)+$/.test(slug) ||
    slug.split('/').some(part => /^\.+$/.test(part))
  ) {
    return undefined;
  }
  const host = LOCATIONS.map(name => hostOf(annotations[name])).find(
    candidate => candidate !== undefined && hosts.includes(candidate),
  );
  return {
    slug,
    host: host ?? hosts[0],
    monorepo: annotations[SOURCE_PATH] !== undefined,
  };
}

function hostOf(location: string | undefined): string | undefined {
  const url = location?.replace(/^url:/, '');
  return url && URL.canParse(url) ? new URL(url).host : undefined;
}
