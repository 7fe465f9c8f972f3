import { useState } from 'react';
import { Flex, Select } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { useAsyncData } from '@pavedroad/portal-ui';
import styles from './delivery.module.css';

const KINDS = [
  { id: 'all', label: 'Everything' },
  { id: 'domain', label: 'Domain' },
  { id: 'system', label: 'System' },
  { id: 'group', label: 'Group' },
  { id: 'component', label: 'Component' },
];

/** Chooses a part of the organisation: first its kind, then which. */
export function ScopePicker(props: {
  value?: string;
  onChange: (entityRef: string | undefined) => void;
}) {
  const { value, onChange } = props;
  const catalog = useApi(catalogApiRef);
  const [chosen, setChosen] = useState<string>();
  const kind =
    (value && safeKind(value)) ?? (chosen === undefined ? 'all' : chosen);
  const entities = useAsyncData(
    kind === 'all' ? undefined : `dora/scopes ${kind}`,
    async () => {
      const { items } = await catalog.queryEntities({
        filter: { kind },
        fields: [
          'kind',
          'metadata.name',
          'metadata.namespace',
          'metadata.title',
          'spec.profile.displayName',
        ],
        orderFields: { field: 'metadata.name', order: 'asc' },
        limit: 1000,
      });
      return items.map(entity => ({
        id: stringifyEntityRef(entity),
        label: entity.metadata.title ?? entity.metadata.name,
      }));
    },
  );
  const options = entities.data ?? [];
  const listed =
    value && !options.some(option => option.id === value)
      ? [{ id: value, label: parseEntityRef(value).name }, ...options]
      : options;
  return (
    <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
      <Select
        className={styles.control}
        label="Scope"
        options={KINDS}
        selectedKey={kind}
        onSelectionChange={key => {
          setChosen(String(key));
          onChange(undefined);
        }}
      />
      {kind === 'all' ? undefined : (
        <Select
          className={styles.control}
          label={KINDS.find(k => k.id === kind)?.label ?? 'Entity'}
          options={listed}
          search={{ placeholder: 'Find by name' }}
          placeholder="Choose one"
          selectedKey={value ?? null}
          onSelectionChange={key => onChange(key ? String(key) : undefined)}
        />
      )}
    </Flex>
  );
}

function safeKind(entityRef: string): string | undefined {
  try {
    return parseEntityRef(entityRef).kind.toLowerCase();
  } catch {
    return undefined;
  }
}
