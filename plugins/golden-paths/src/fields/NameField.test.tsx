import {
  configApiRef,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/frontend-plugin-api';
import { mockApis, TestApiProvider } from '@backstage/frontend-test-utils';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { createFieldValidation } from '@backstage/plugin-scaffolder-react/alpha';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { NameField, type NameFieldOptions } from './NameField';
import { validateName } from './nameFormField';

const component = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'ledger', namespace: 'default' },
};

const template = {
  apiVersion: 'scaffolder.backstage.io/v1beta3',
  kind: 'Template',
  metadata: { name: 'ledger-path', namespace: 'default' },
};

function createApis(
  options: { repositories?: string[]; provider?: string } = {},
) {
  const asked: string[] = [];
  const fetchApi = {
    fetch: async (input: RequestInfo | URL) => {
      const url = new URL(String(input));
      asked.push(url.pathname);
      const wanted = url.searchParams.get('query') ?? '';
      const slugs = options.repositories ?? [];
      return new Response(
        JSON.stringify({
          items: slugs
            .filter(slug => slug.includes(wanted))
            .map(slug => ({ slug })),
        }),
      );
    },
  };
  const catalogApi = catalogApiMock({ entities: [component, template] });
  const configApi = mockApis.config({
    data: {
      goldenPaths: { publish: { provider: options.provider ?? 'git' } },
    },
  });
  const discoveryApi = {
    getBaseUrl: async (id: string) => `http://portal.example/api/${id}`,
  };
  return { asked, catalogApi, configApi, discoveryApi, fetchApi };
}

type HarnessProps = {
  owner?: string;
  rawErrors?: string[];
  kind?: NameFieldOptions['kind'];
};

function Harness(props: HarnessProps) {
  const [value, setValue] = useState<string>();
  const fieldProps = {
    formData: value,
    onChange: setValue,
    formContext: { formData: { owner: props.owner } },
    idSchema: { $id: 'root_name' },
    schema: { title: 'Name' },
    uiSchema: { 'ui:options': { kind: props.kind } },
    rawErrors: props.rawErrors ?? [],
    required: true,
  } as unknown as FieldExtensionComponentProps<string, NameFieldOptions>;
  return <NameField {...fieldProps} />;
}

function renderField(
  options: { repositories?: string[]; provider?: string } = {},
  props: HarnessProps = {},
) {
  const apis = createApis(options);
  render(
    <TestApiProvider
      apis={[
        [catalogApiRef, apis.catalogApi],
        [configApiRef, apis.configApi],
        [discoveryApiRef, apis.discoveryApi],
        [fetchApiRef, apis.fetchApi],
      ]}
    >
      <Harness {...props} />
    </TestApiProvider>,
  );
  return apis;
}

describe('NameField', () => {
  it('says at once what is wrong, without asking anybody', async () => {
    const { asked } = renderField();
    await userEvent.type(screen.getByLabelText(/Name/), '-x');
    expect(
      await screen.findByText(/This name is too short/),
    ).toBeInTheDocument();
    await userEvent.type(screen.getByLabelText(/Name/), 'yz');
    expect(
      await screen.findByText(/cannot start with a dash/),
    ).toBeInTheDocument();
    expect(screen.getByLabelText(/Name/)).toBeInvalid();
    expect(asked).toEqual([]);
  });

  it.each([
    ['ledger', /a component called ledger is already in the catalog/],
    ['billing', /payments already has a repository called billing/],
    ['card-vault', /card-vault is free/],
  ])('%s: %s', async (name, words) => {
    renderField(
      { repositories: ['payments/billing', 'payments/card-vault-2'] },
      { owner: 'group:default/payments' },
    );
    await userEvent.type(screen.getByLabelText(/Name/), name);
    expect(await screen.findByText(words)).toBeInTheDocument();
  });

  it('asks the git host only where repositories are published to it', async () => {
    const { asked } = renderField(
      { repositories: ['payments/billing'], provider: 'github' },
      { owner: 'group:default/payments' },
    );
    await userEvent.type(screen.getByLabelText(/Name/), 'billing');
    expect(await screen.findByText('billing is free.')).toBeInTheDocument();
    expect(asked).toEqual([]);
  });

  it.each([
    ['ledger-path', /a template called ledger-path is already in the catalog/],
    ['ledger', /ledger is free/],
    ['billing', /billing is free/],
  ])('of a template %s: %s', async (name, words) => {
    const { asked } = renderField(
      { repositories: ['payments/billing'] },
      { owner: 'group:default/payments', kind: 'template' },
    );
    await userEvent.type(screen.getByLabelText(/Name/), name);
    expect(await screen.findByText(words)).toBeInTheDocument();
    expect(asked).toEqual([]);
  });

  it('says the rule when the step is sent without a name', () => {
    renderField({}, { rawErrors: ['is a required property'] });
    expect(screen.getByText(/A name is needed/)).toBeInTheDocument();
  });
});

describe('validateName', () => {
  it.each([
    [undefined, [/A name is needed/]],
    ['../x', [/misread/]],
    ['ledger', [/Taken/]],
    ['billing', [/Taken/]],
    ['card-vault', []],
  ])('%s: %s', async (name, reasons) => {
    const apis = createApis({ repositories: ['payments/billing'] });
    const found = new Map<unknown, unknown>([
      [catalogApiRef.id, apis.catalogApi],
      [configApiRef.id, apis.configApi],
      [discoveryApiRef.id, apis.discoveryApi],
      [fetchApiRef.id, apis.fetchApi],
    ]);
    const field = createFieldValidation();
    const errors: string[] = [];
    field.addError = message => {
      errors.push(message);
    };
    await validateName(name as string, field, {
      apiHolder: { get: ref => found.get(ref.id) as never },
      formData: { owner: 'group:default/payments' },
      schema: {},
    });
    expect(errors).toEqual(
      reasons.map(reason => expect.stringMatching(reason)),
    );
  });
});
