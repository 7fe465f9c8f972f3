import { Flex, Link, Text } from '@backstage/ui';
import { useEntityPresentation } from '@backstage/plugin-catalog-react';
import type { SearchResultListItemExtensionProps } from '@backstage/plugin-search-react';

type Found = NonNullable<SearchResultListItemExtensionProps['result']> &
  Partial<Record<'kind' | 'type' | 'lifecycle' | 'owner', unknown>>;

/** One entity that a search found: its name, what it is and whose, and what it is for. */
export function CatalogSearchResult(props: SearchResultListItemExtensionProps) {
  if (!props.result) {
    return null;
  }
  const result: Found = props.result;
  const words = [result.kind, result.type, result.lifecycle].filter(
    (word): word is string => typeof word === 'string' && word !== '',
  );
  return (
    <Flex direction="column" gap="1" py="3">
      <Link href={result.location} weight="bold">
        {result.title}
      </Link>
      {result.text ? <Text as="div">{result.text}</Text> : undefined}
      <Text as="div" color="secondary">
        {words.join(', ')}
        {typeof result.owner === 'string' && result.owner !== '' ? (
          <>
            {words.length > 0 ? '; ' : ''}owned by{' '}
            <OwnerName entityRef={result.owner} />
          </>
        ) : undefined}
      </Text>
    </Flex>
  );
}

function OwnerName({ entityRef }: { entityRef: string }) {
  const { primaryTitle } = useEntityPresentation(entityRef, {
    defaultKind: entityRef.includes(':')
      ? entityRef.slice(0, entityRef.indexOf(':'))
      : 'group',
  });
  return <>{primaryTitle}</>;
}
