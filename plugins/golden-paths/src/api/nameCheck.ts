import { parseEntityRef } from '@backstage/catalog-model';
import type { CatalogApi } from '@backstage/plugin-catalog-react';
import { GitHostClient } from '@pavedroad/plugin-git-common';
import { nameProblem } from '@pavedroad/plugin-golden-paths-common';

/** Most pages of repositories with similar names that are looked through. */
const MAX_PAGES = 5;

/** What a name is for: a component has a repository of that name, too. */
export type NamedKind = 'component' | 'template';

/** What {@link findNameProblem} asks. */
export type NameCheckApis = {
  catalogApi: Pick<CatalogApi, 'getEntitiesByRefs'>;
  discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
  fetchApi: { fetch: typeof fetch };
  configApi: { getOptionalString(key: string): string | undefined };
};

/** Name of the owning group in the default namespace; `undefined` for what is not one. */
function ownerName(owner: string | undefined): string | undefined {
  try {
    const ref = parseEntityRef(owner ?? '', { defaultKind: 'group' });
    return ref.kind.toLocaleLowerCase('en-US') === 'group' &&
      ref.namespace === 'default'
      ? ref.name
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Says what is wrong with a name: against the rules, or taken in the catalog or, once an owner is chosen, on the portal's git host.
 * `undefined` when it is free. A check that fails to be asked counts as free: preflight asks again before anything is created.
 */
export async function findNameProblem(
  name: string | undefined,
  owner: string | undefined,
  apis: NameCheckApis,
  kind: NamedKind = 'component',
): Promise<string | undefined> {
  const problem = nameProblem(name);
  if (problem || !name) {
    return problem;
  }
  const inCatalog = async () => {
    // Asked for as a list: browsers report an answer that there is no such thing as an error.
    const { items } = await apis.catalogApi.getEntitiesByRefs({
      entityRefs: [`${kind}:default/${name}`],
      fields: ['metadata.name'],
    });
    return items[0] !== undefined;
  };
  const onGitHost = async () => {
    const group = ownerName(owner);
    const provider =
      apis.configApi.getOptionalString('goldenPaths.publish.provider') ?? 'git';
    if (kind !== 'component' || !group || provider !== 'git') {
      return false;
    }
    const client = new GitHostClient({
      discovery: apis.discoveryApi,
      fetchApi: apis.fetchApi,
    });
    const slug = `${group}/${name}`;
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { items, nextCursor } = await client.listRepositories({
        owner: group,
        query: slug,
        cursor,
      });
      if (items.some(repository => repository.slug === slug)) {
        return true;
      }
      if (!nextCursor) {
        return false;
      }
      cursor = nextCursor;
    }
    return false;
  };
  const [taken, repository] = await Promise.all([
    inCatalog().catch(() => false),
    onGitHost().catch(() => false),
  ]);
  if (taken) {
    return `Taken: a ${kind} called ${name} is already in the catalog.`;
  }
  if (repository) {
    return `Taken: ${ownerName(
      owner,
    )} already has a repository called ${name}.`;
  }
  return undefined;
}
