import { useApi } from '@backstage/frontend-plugin-api';
import {
  catalogApiRef,
  EntityRefLink,
  useEntity,
} from '@backstage/plugin-catalog-react';
import { Flex, Link, Text } from '@backstage/ui';
import { Section, StatusBadge, useAsyncData } from '@pavedroad/portal-ui';
import {
  docsPage,
  OUT_OF_SERVICE_ANNOTATION,
  readGoldenPath,
  TEMPLATE_VERSION_ANNOTATION,
} from './goldenPath';

/** Which template a component was made from, in which version, and whether a newer one is out. */
export function GoldenPathCard() {
  const { entity } = useEntity();
  const catalogApi = useApi(catalogApiRef);
  const path = readGoldenPath(entity);
  const { data } = useAsyncData(
    path ? `golden-paths/template/${path.templateRef}` : undefined,
    async () => {
      // Asked for as a list: browsers report an answer that there is no such thing as an error.
      const { items } = await catalogApi.getEntitiesByRefs({
        entityRefs: [path?.templateRef ?? ''],
      });
      const template = items[0];
      return {
        exists: template !== undefined,
        newest: template?.metadata.annotations?.[TEMPLATE_VERSION_ANNOTATION],
      };
    },
  );
  if (!path) {
    return null;
  }
  const behind =
    data?.newest !== undefined &&
    path.version !== undefined &&
    data.newest !== path.version;
  const checklist = entity.metadata.annotations?.[OUT_OF_SERVICE_ANNOTATION];
  const page = checklist ? docsPage(entity, checklist) : undefined;
  return (
    <Section title="Golden path">
      <Flex direction="column" gap="2" align="start">
        {checklist ? (
          <StatusBadge level="warning">Being taken out of service</StatusBadge>
        ) : undefined}
        {page ? <Link href={page}>What is left to do</Link> : undefined}
        <Text>
          Made from{' '}
          {data?.exists === false ? (
            path.templateRef
          ) : (
            <EntityRefLink
              entityRef={path.templateRef}
              defaultKind="template"
            />
          )}
          {path.version ? `, version ${path.version}` : ''}
        </Text>
        {behind ? (
          <StatusBadge level="info">Version {data.newest} is out</StatusBadge>
        ) : undefined}
        {data?.newest !== undefined && !behind && path.version ? (
          <StatusBadge level="good">Newest version</StatusBadge>
        ) : undefined}
        {data?.exists === false ? (
          <StatusBadge level="warning">
            The template is no longer in the catalog
          </StatusBadge>
        ) : undefined}
      </Flex>
    </Section>
  );
}
