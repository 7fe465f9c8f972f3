import { parseEntityRef } from '@backstage/catalog-model';
import type { CatalogApi } from '@backstage/plugin-catalog-react';
import { GitHostClient } from '@pavedroad/plugin-git-common';
import { nameProblem } from '@pavedroad/plugin-golden-paths-common';

/** What {@link findNameProblem} asks. */
export type NameCheckApis = {
  catalogApi: Pick<CatalogApi, 'getEntityByRef'>;
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
): Promise<string | undefined> {
  const problem = nameProblem(name);
  if (problem || !name) {
    return problem;
  }
  const inCatalog = async () => {
    const entity = await apis.catalogApi.getEntityByRef(
      `component:default/${name}`,
    );
    return entity !== undefined;
  };
  const onGitHost = async () => {
    const group = ownerName(owner);
    const provider =
      apis.configApi.getOptionalString('goldenPaths.publish.provider') ?? 'git';
    if (!group || provider !== 'git') {
      return false;
    }
    const client = new GitHostClient({
      discovery: apis.discoveryApi,
      fetchApi: apis.fetchApi,
    });
    await client.getRepository(`${group}/${name}`);
    return true;
  };
  const [component, repository] = await Promise.all([
    inCatalog().catch(() => false),
    onGitHost().catch(() => false),
  ]);
  if (component) {
    return `Taken: a component called ${name} is already in the catalog.`;
  }
  if (repository) {
    return `Taken: ${ownerName(
      owner,
    )} already has a repository called ${name}.`;
  }
  return undefined;
}
