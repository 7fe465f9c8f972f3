import { Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { RELATION_OWNED_BY } from '@backstage/catalog-model';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { useAsyncData } from '@pavedroad/portal-ui';
import { EntityLink } from '../EntityName';

/** Who may correct the failures of a service, for those who may not. */
export function WhoMay({ serviceRef }: { serviceRef: string }) {
  const catalog = useApi(catalogApiRef);
  const { data: entity } = useAsyncData(`catalog/entity ${serviceRef}`, () =>
    catalog.getEntityByRef(serviceRef),
  );
  const owners = (entity?.relations ?? [])
    .filter(({ type }) => type === RELATION_OWNED_BY)
    .map(({ targetRef }) => targetRef);
  return (
    <Text as="p" color="secondary" style={{ margin: 0 }}>
      What a failure is put down to can be corrected by the owners of the
      service
      {owners.length > 0 ? ' (' : ''}
      {owners.map((owner, i) => (
        <span key={owner}>
          {i > 0 ? ', ' : ''}
          <EntityLink entityRef={owner} />
        </span>
      ))}
      {owners.length > 0 ? ')' : ''} and by administrators of the portal.
    </Text>
  );
}
