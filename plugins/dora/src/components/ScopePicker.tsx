import { useState } from 'react';
import { Flex, Select } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { useAsyncData } from '@pavedroad/portal-ui';
import styles from './delivery.module.css';

const KINDS = [
  { id: 'domain', label: 'Domain' },
  { id: 'system', label: 'System' },
  { id: 'group', label: 'Group' },
  { id: 'component', label: 'Component' },
  { id: 'template', label: 'Template' },
];

/** As many as the catalog gives at once; beyond them, a search asks the catalog. */
const LISTED = 500;

/** Chooses a part of the organisation: first its kind, then which. */
export function ScopePicker(props: {
  /** What is chosen: `Scope`, `Compare with`. */
  label?: string;
  /** Unless told, the kind. */
  entityLabel?: string;
  /** The words for no choice; without them there must be one. */
  everything?: string;
  value?: string;
  onChange: (entityRef: string | undefined) => void;
}) {
  const {
    label = 'Scope',
    entityLabel,
    everything = 'Organisation',
    value,
  } = props;
  const catalog = useApi(catalogApiRef);
  const [chosen, setChosen] = useState<string>();
  const [text, setText] = useState('');
  const kind = (value && safeKind(value)) ?? chosen ?? 'all';
  const term = text.trim();
  const entities = useAsyncData(
    kind === 'all' ? undefined : `dora/scopes ${kind} ${term}`,
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
        ...(term && {
          fullTextFilter: {
            term,
            fields: [
              'metadata.name',
              'metadata.title',
              'spec.profile.displayName',
            ],
          },
        }),
        orderFields: { field: 'metadata.name', order: 'asc' },
        limit: LISTED,
      });
      return items.map(entity => ({
        id: stringifyEntityRef(entity),
        label:
          displayName(entity.spec?.profile) ??
          entity.metadata.title ??
          entity.metadata.name,
      }));
    },
  );
  const options = entities.data ?? [];
  const listed =
    value && !options.some(option => option.id === value)
      ? [{ id: value, label: value.replace(/^.*[:/]/, '') }, ...options]
      : options;
  return (
    <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
      <Select
        className={styles.control}
        label={label}
        options={[{ id: 'all', label: everything }, ...KINDS]}
        selectedKey={kind}
        onSelectionChange={key => {
          setChosen(String(key));
          setText('');
          props.onChange(undefined);
        }}
      />
      {kind === 'all' ? undefined : (
        <Select
          className={styles.control}
          label={entityLabel ?? KINDS.find(k => k.id === kind)?.label}
          options={listed}
          search={{
            placeholder: 'Find by name',
            inputValue: text,
            onInputChange: setText,
          }}
          placeholder="Choose one"
          selectedKey={value ?? null}
          onSelectionChange={key =>
            props.onChange(key ? String(key) : undefined)
          }
        />
      )}
    </Flex>
  );
}

function displayName(profile: unknown): string | undefined {
  const name = (profile as { displayName?: unknown } | undefined)?.displayName;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function safeKind(entityRef: string): string | undefined {
  try {
    return parseEntityRef(entityRef).kind.toLowerCase();
  } catch {
    return undefined;
  }
}
