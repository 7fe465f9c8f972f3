import { useApiHolder } from '@backstage/frontend-plugin-api';
import { entityPresentationApiRef } from '@backstage/plugin-catalog-react';
import { useAsyncData } from '@pavedroad/portal-ui';

/** What people call a part of the organisation; nothing until that is known, and for the whole of it. */
export function useScopeTitle(
  entityRef: string | undefined,
): string | undefined {
  const presentation = useApiHolder().get(entityPresentationApiRef);
  const { data } = useAsyncData(
    entityRef && presentation ? `dora/scope-title ${entityRef}` : undefined,
    async () => {
      const { primaryTitle } = await presentation!.forEntity(entityRef!, {
        // The kind is said beside it.
        defaultKind: entityRef!.slice(0, entityRef!.indexOf(':')),
      }).promise;
      return { entityRef, title: primaryTitle };
    },
  );
  // What was asked before is another part.
  return data?.entityRef === entityRef ? data?.title : undefined;
}
