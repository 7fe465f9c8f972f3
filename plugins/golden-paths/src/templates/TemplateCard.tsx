import { RELATION_OWNED_BY } from '@backstage/catalog-model';
import {
  EntityRefLinks,
  FavoriteEntity,
  getEntityRelations,
} from '@backstage/plugin-catalog-react';
import type { TemplateCardComponentProps } from '@backstage/plugin-scaffolder-react/alpha';
import {
  Box,
  Button,
  Card,
  CardBody,
  CardFooter,
  CardHeader,
  Flex,
  Link,
  Text,
} from '@backstage/ui';
import { useId } from 'react';
import { timeSavedOf } from '../timeSaved/timeSavedOf';
import { TemplateChannel } from './TemplateLifecycle';

/** A template among others: what it makes, how far it is, how much work it saves, whose it is. */
export function TemplateCard(props: TemplateCardComponentProps) {
  const { template, additionalLinks = [], onSelected } = props;
  const { metadata, spec } = template;
  const headingId = useId();
  const title = metadata.title ?? metadata.name;
  const saved = timeSavedOf(template);
  const owners = getEntityRelations(template, RELATION_OWNED_BY);
  const links = [
    ...additionalLinks,
    ...(metadata.links ?? []).map(({ url, title: text }) => ({
      url,
      text: text ?? url,
    })),
  ];
  return (
    <Card role="group" aria-labelledby={headingId} style={{ height: '100%' }}>
      <CardHeader>
        <Flex justify="between" align="start" gap="2">
          <Flex direction="column" gap="1">
            <Text variant="body-small" color="secondary">
              {spec.type}
            </Text>
            <Text
              as="h4"
              id={headingId}
              variant="title-x-small"
              weight="bold"
              style={{ margin: 0 }}
            >
              {title}
            </Text>
          </Flex>
          <FavoriteEntity entity={template} />
        </Flex>
      </CardHeader>
      <CardBody>
        <Flex direction="column" gap="3">
          <TemplateChannel template={template} />
          <Text variant="body-medium">{metadata.description}</Text>
          {saved ? (
            <Text variant="body-small">
              <strong>Saves {saved.words} of work</strong>
              {saved.how ? `: ${saved.how}` : ''}
            </Text>
          ) : undefined}
          {metadata.tags?.length ? (
            <Text variant="body-small" color="secondary">
              {metadata.tags.join(' · ')}
            </Text>
          ) : undefined}
          {links.map(({ url, text }) => (
            <Link key={url} href={url}>
              {text}
            </Link>
          ))}
        </Flex>
      </CardBody>
      <CardFooter>
        <Flex justify="between" align="center" gap="3">
          <Box style={{ minWidth: 0 }}>
            {owners.length > 0 ? (
              <EntityRefLinks entityRefs={owners} defaultKind="Group" />
            ) : undefined}
          </Box>
          <Button
            variant="secondary"
            onPress={() => onSelected?.()}
            aria-label={`Choose ${title}`}
          >
            Choose
          </Button>
        </Flex>
      </CardFooter>
    </Card>
  );
}
