import {
  configApiRef,
  identityApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { catalogApiRef, useEntity } from '@backstage/plugin-catalog-react';
import { Flex, Link, Text } from '@backstage/ui';
import { ErrorState, Section, useAsyncData } from '@pavedroad/portal-ui';
import { changesFor, mayChange } from './changes';

/** What those who own a component, and administrators, can change about it by pull request: links to forms with what is known filled in. */
export function ChangesCard() {
  const { entity } = useEntity();
  const catalogApi = useApi(catalogApiRef);
  const identityApi = useApi(identityApiRef);
  const administrators =
    useApi(configApiRef).getOptionalStringArray('portal.administrators') ?? [];
  const { data, error, reload } = useAsyncData(
    `golden-paths/changes/${stringifyEntityRef(entity)}`,
    async () => {
      const { ownershipEntityRefs } = await identityApi.getBackstageIdentity();
      if (!mayChange(entity, ownershipEntityRefs, administrators)) {
        return [];
      }
      const { items } = await catalogApi.getEntities({
        filter: { kind: 'Template', 'spec.type': 'change' },
        fields: [
          'kind',
          'metadata.name',
          'metadata.namespace',
          'metadata.title',
          'metadata.description',
          'metadata.annotations',
        ],
      });
      return changesFor(entity, items);
    },
  );
  if (error) {
    return (
      <ErrorState
        action="What can be changed could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data?.length) {
    return null;
  }
  return (
    <Section
      title="Change it"
      subtitle="Each opens a pull request; nothing changes before it is merged"
    >
      <Flex direction="column" gap="3">
        {data.map(change => (
          <Flex key={change.templateRef} direction="column" gap="1">
            <Link href={change.href}>{change.title}</Link>
            <Text variant="body-small" color="secondary">
              {change.description}
            </Text>
          </Flex>
        ))}
      </Flex>
    </Section>
  );
}
