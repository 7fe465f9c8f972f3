import type { Entity } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  catalogApiRef,
  EntityDisplayName,
  EntityRefLink,
} from '@backstage/plugin-catalog-react';
import { Alert, Flex, Link, Text } from '@backstage/ui';
import {
  type TemplateLifecycle,
  templateLifecycle,
} from '@pavedroad/plugin-golden-paths-common';
import { formatDate, StatusBadge, useAsyncData } from '@pavedroad/portal-ui';
import type { ReactNode } from 'react';

const BETA =
  'The proof is green, and few teams have used it yet. Tell its owner what is missing.';
const DRAFT = 'Only its owners see it, until it is published.';

/** What takes the place of a deprecated template, and its last day; `link` is what leads to the successor. */
function Replaced(props: { lifecycle: TemplateLifecycle; link?: ReactNode }) {
  const { lifecycle, link } = props;
  return (
    <>
      {link ? <>Use {link} instead. </> : undefined}
      {lifecycle.ends ? (
        <>
          Its last day is{' '}
          <time dateTime={lifecycle.ends}>
            {formatDate(`${lifecycle.ends}T00:00:00Z`, 'UTC')}
          </time>
          .
        </>
      ) : undefined}
    </>
  );
}

/** On a card: the channel of a template that is not stable, and what to use instead of one that ends. */
export function TemplateChannel(props: { template: Entity }) {
  const lifecycle = templateLifecycle(props.template);
  const { channel, successor } = lifecycle;
  if (channel === 'beta' || channel === 'draft') {
    return (
      <div>
        <StatusBadge level="info">
          {channel === 'beta' ? 'Beta' : 'Draft'}
        </StatusBadge>
      </div>
    );
  }
  if (channel !== 'deprecated') {
    return null;
  }
  return (
    <Flex direction="column" gap="1" align="start">
      <StatusBadge level="warning">Deprecated</StatusBadge>
      <Text variant="body-small">
        <Replaced
          lifecycle={lifecycle}
          link={successor ? <EntityRefLink entityRef={successor} /> : undefined}
        />
      </Text>
    </Flex>
  );
}

/** Where the form of a template is. */
const formOf = (templateRef: string) =>
  `/create/templates/${templateRef.slice(templateRef.indexOf(':') + 1)}`;

/** Above a form: that its template is not stable, and for one that ends, the form to use instead. Nothing for a stable one. */
export function TemplateNotice(props: { templateRef: string }) {
  const { templateRef } = props;
  const catalogApi = useApi(catalogApiRef);
  const { data } = useAsyncData(
    `golden-paths/lifecycle/${templateRef}`,
    async () => {
      const { items } = await catalogApi.getEntitiesByRefs({
        entityRefs: [templateRef],
        fields: ['metadata.annotations'],
      });
      return items[0] ? templateLifecycle(items[0]) : {};
    },
  );
  switch (data?.channel) {
    case 'draft':
      return (
        <Alert status="info" icon title="A draft" description={DRAFT} mb="4" />
      );
    case 'beta':
      return (
        <Alert status="info" icon title="A beta" description={BETA} mb="4" />
      );
    case 'deprecated':
      return (
        <Alert
          status="warning"
          icon
          title="This template is deprecated"
          description={
            <Replaced
              lifecycle={data}
              link={
                data.successor ? (
                  <Link href={formOf(data.successor)}>
                    <EntityDisplayName entityRef={data.successor} hideIcon />
                  </Link>
                ) : undefined
              }
            />
          }
          mb="4"
        />
      );
    default:
      return null;
  }
}
