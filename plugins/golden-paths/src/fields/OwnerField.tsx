import { parseEntityRef } from '@backstage/catalog-model';
import {
  discoveryApiRef,
  fetchApiRef,
  identityApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { Flex, Select, Text } from '@backstage/ui';
import { onCallProblem } from '@pavedroad/plugin-golden-paths-common';
import {
  ErrorState,
  formatDateTime,
  StatusBadge,
  useAsyncData,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { useEffect } from 'react';
import { fetchOnCallCoverage } from '../api/onCall';
import { type OwnerOptions, sortOwners } from './ownerOptions';

function useOwners() {
  const catalogApi = useApi(catalogApiRef);
  const identityApi = useApi(identityApiRef);
  return useAsyncData<OwnerOptions>('golden-paths/owners', async () => {
    const [{ items }, { ownershipEntityRefs }] = await Promise.all([
      catalogApi.getEntities({
        filter: { kind: 'Group' },
        fields: [
          'kind',
          'metadata.name',
          'metadata.namespace',
          'metadata.title',
          'relations',
          'spec.children',
          'spec.profile.displayName',
        ],
      }),
      identityApi.getBackstageIdentity(),
    ]);
    return sortOwners(items, ownershipEntityRefs);
  });
}

/** Who would be called: shown under the field, so that a group without on-call is no surprise later. */
function OwnerCoverage(props: { groupRef: string }) {
  const { groupRef } = props;
  const discoveryApi = useApi(discoveryApiRef);
  const fetchApi = useApi(fetchApiRef);
  const { data, error, isLoading } = useAsyncData(
    `golden-paths/on-call/${groupRef}`,
    () => fetchOnCallCoverage(groupRef, { discoveryApi, fetchApi }),
  );
  if (error) {
    return (
      <StatusBadge level="info">
        Who is on call cannot be shown right now; it is checked again before
        anything is created.
      </StatusBadge>
    );
  }
  if (isLoading || !data) {
    return (
      <Text variant="body-small" color="secondary">
        Looking up who is on call…
      </Text>
    );
  }
  const { name } = parseEntityRef(groupRef);
  const zone = viewerTimeZone();
  const problem = onCallProblem(name, data);
  if (data.state !== 'covered') {
    return (
      <Flex direction="column" gap="1" align="start">
        <StatusBadge level="warning">
          {data.state === 'gap' ? 'Nobody on call now' : 'No on-call schedule'}
        </StatusBadge>
        <Text variant="body-small">{problem?.message}</Text>
      </Flex>
    );
  }
  return (
    <Flex gap="2" align="center">
      <StatusBadge level="good">On call</StatusBadge>
      <Text variant="body-small">
        {data.people.map(person => person.displayName).join(', ')}
        {data.until ? ` until ${formatDateTime(data.until, zone)} ${zone}` : ''}
      </Text>
    </Flex>
  );
}

/** Options of the field in a template. */
export type OwnerFieldOptions = {
  /** Asks for the group something is handed over to: any group, chosen by hand. */
  handover?: boolean;
};

/** The owner of a new component: the user's own groups first, and who is on call for the one chosen. */
export function OwnerField(
  props: FieldExtensionComponentProps<string, OwnerFieldOptions>,
) {
  const { formData, idSchema, onChange, rawErrors, required } = props;
  const {
    title = 'Owner',
    description = 'The group that runs it and is called when it breaks',
  } = props.schema;
  const handover = props.uiSchema?.['ui:options']?.handover === true;
  const { data, error, reload } = useOwners();

  // Most people are in one team: it is chosen for them, visibly.
  const first = handover ? undefined : data?.own[0]?.ref;
  useEffect(() => {
    if (!formData && first) {
      onChange(first);
    }
  }, [formData, first, onChange]);

  if (error) {
    return (
      <ErrorState
        action="Groups could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  const sections = [
    { title: 'Your groups', groups: data?.own ?? [] },
    {
      title: handover ? 'Other groups' : 'Other groups (for their members)',
      groups: data?.others ?? [],
    },
  ]
    .filter(({ groups }) => groups.length > 0)
    .map(({ title: section, groups }) => ({
      title: section,
      options: groups.map(({ ref, title: label }) => ({ id: ref, label })),
    }));
  const foreign =
    !handover &&
    formData !== undefined &&
    data?.others.some(({ ref }) => ref === formData) === true;
  const chosen = data ? formData : undefined;

  return (
    <Flex direction="column" gap="2">
      <Select
        id={idSchema?.$id}
        label={title}
        description={props.uiSchema?.['ui:description'] ?? description}
        secondaryLabel={required ? 'Required' : undefined}
        isRequired={required}
        isInvalid={(rawErrors ?? []).length > 0 && !formData}
        isDisabled={!data}
        placeholder={data ? 'Choose a group' : 'Loading groups…'}
        options={sections}
        search={{ placeholder: 'Find a group' }}
        value={chosen ?? null}
        onChange={key => onChange(key === null ? undefined : String(key))}
      />
      <div role="status">
        {!data && (rawErrors ?? []).length > 0 ? (
          <Text variant="body-small" color="secondary">
            Your groups are still being looked up; go on once one is chosen.
          </Text>
        ) : undefined}
        {foreign ? (
          <Text variant="body-small" color="warning">
            You are not in this group: only its members and administrators of
            the portal can create for it.
          </Text>
        ) : undefined}
        {chosen ? <OwnerCoverage groupRef={chosen} /> : undefined}
      </div>
    </Flex>
  );
}
