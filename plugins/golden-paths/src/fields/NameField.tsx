import {
  configApiRef,
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { Flex, Text, TextField } from '@backstage/ui';
import {
  NAME_MAX_LENGTH,
  NAME_RULE,
  nameProblem,
} from '@pavedroad/plugin-golden-paths-common';
import { useEffect, useId, useState } from 'react';
import { findNameProblem, type NamedKind } from '../api/nameCheck';

/** How long the name must rest before the catalog and the git host are asked, in milliseconds. */
const REST_MS = 300;

/** Options of the field in a template. */
export type NameFieldOptions = {
  /** The parameter that holds the owner; `owner` by default. */
  ownerParameter?: string;
  /** What is named; `component` by default. */
  kind?: NamedKind;
};

/** What is known of the name that is in the field. */
type NameState =
  | { kind: 'empty' | 'checking' | 'free' }
  | { kind: 'problem'; message: string };

function useNameState(
  name: string,
  owner: string | undefined,
  kind: NamedKind | undefined,
): NameState {
  const catalogApi = useApi(catalogApiRef);
  const configApi = useApi(configApiRef);
  const discoveryApi = useApi(discoveryApiRef);
  const fetchApi = useApi(fetchApiRef);
  const question = `${name}\n${owner ?? ''}`;
  const [answer, setAnswer] = useState<{
    question: string;
    problem?: string;
  }>();

  const broken = name === '' ? undefined : nameProblem(name);
  const ask = name !== '' && broken === undefined;
  useEffect(() => {
    if (!ask) {
      return undefined;
    }
    let current = true;
    const timer = setTimeout(async () => {
      const problem = await findNameProblem(
        name,
        owner,
        { catalogApi, configApi, discoveryApi, fetchApi },
        kind,
      );
      if (current) {
        setAnswer({ question, problem });
      }
    }, REST_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [
    ask,
    kind,
    name,
    owner,
    question,
    catalogApi,
    configApi,
    discoveryApi,
    fetchApi,
  ]);

  if (name === '') {
    return { kind: 'empty' };
  }
  if (broken) {
    return { kind: 'problem', message: broken };
  }
  if (answer?.question !== question) {
    return { kind: 'checking' };
  }
  return answer.problem
    ? { kind: 'problem', message: answer.problem }
    : { kind: 'free' };
}

/** The name of a new component: says as one types whether it follows the rules and is free. */
export function NameField(
  props: FieldExtensionComponentProps<string, NameFieldOptions>,
) {
  const { formData, formContext, idSchema, onChange, rawErrors, required } =
    props;
  const { title = 'Name', description = NAME_RULE } = props.schema;
  const options = props.uiSchema?.['ui:options'];
  const answers = formContext?.formData as Record<string, unknown> | undefined;
  const owner = answers?.[options?.ownerParameter ?? 'owner'];
  const name = formData ?? '';
  const state = useNameState(
    name,
    typeof owner === 'string' ? owner : undefined,
    options?.kind,
  );
  const statusId = useId();
  const missing = name === '' && (rawErrors ?? []).length > 0;

  return (
    <Flex direction="column" gap="1">
      <TextField
        id={idSchema?.$id}
        label={title}
        description={props.uiSchema?.['ui:description'] ?? description}
        secondaryLabel={required ? 'Required' : undefined}
        isRequired={required}
        isInvalid={state.kind === 'problem' || missing}
        aria-describedby={statusId}
        placeholder={props.placeholder ?? 'card-vault'}
        autoComplete="off"
        spellCheck="false"
        // Longer than allowed, so that what is pasted is refused in words instead of cut.
        maxLength={NAME_MAX_LENGTH * 5}
        value={name}
        onChange={value => onChange(value === '' ? undefined : value)}
      />
      <div id={statusId} role="status">
        {state.kind === 'problem' ? (
          <Text variant="body-small" color="danger">
            {state.message}
          </Text>
        ) : undefined}
        {state.kind === 'checking' ? (
          <Text variant="body-small" color="secondary">
            Checking whether the name is free…
          </Text>
        ) : undefined}
        {state.kind === 'free' ? (
          <Text variant="body-small" color="success">
            {name} is free.
          </Text>
        ) : undefined}
        {missing ? (
          <Text variant="body-small" color="danger">
            {nameProblem('')}
          </Text>
        ) : undefined}
      </div>
    </Flex>
  );
}
