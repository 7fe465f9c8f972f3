import { parseEntityRef } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { useAsyncData } from '@pavedroad/portal-ui';

/**
 * What entities are called, for lists and sentences that cannot hold a link. An entity that the catalog does not have, or not yet told
 * of, is called by the last part of its ref.
 */
export function useEntityNames(
  refs: readonly string[],
): (ref: string) => string {
  const catalogApi = useApi(catalogApiRef);
  const wanted = [...new Set(refs)].sort();
  const { data } = useAsyncData(
    wanted.length > 0 ? `oncall-names-${wanted.join(' ')}` : undefined,
    async () => {
      const { items } = await catalogApi.getEntitiesByRefs({
        entityRefs: wanted,
        fields: ['metadata.name', 'metadata.title', 'spec.profile.displayName'],
      });
      return new Map(
        items.flatMap((entity, index) => {
          const profile = entity?.spec?.profile;
          const displayName =
            typeof profile === 'object' &&
            profile !== null &&
            'displayName' in profile &&
            typeof profile.displayName === 'string'
              ? profile.displayName
              : undefined;
          const name = entity?.metadata.title ?? displayName;
          return name ? [[wanted[index], name] as const] : [];
        }),
      );
    },
  );
  return ref => data?.get(ref) ?? lastPartOf(ref);
}

function lastPartOf(ref: string): string {
  try {
    return parseEntityRef(ref, { defaultKind: 'group' }).name;
  } catch {
    return ref;
  }
}
