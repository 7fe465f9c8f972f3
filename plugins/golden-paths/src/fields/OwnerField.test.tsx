import {
  configApiRef,
  discoveryApiRef,
  fetchApiRef,
  identityApiRef,
} from '@backstage/frontend-plugin-api';
import { mockApis, TestApiProvider } from '@backstage/frontend-test-utils';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import { createFieldValidation } from '@backstage/plugin-scaffolder-react/alpha';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { SWRConfig } from 'swr';
import { OwnerField } from './OwnerField';
import { sortOwners } from './ownerOptions';
import { validateOwner } from './ownerFormField';

const group = (name: string, displayName: string, children: string[] = []) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Group',
  metadata: { name, namespace: 'default' },
  spec: { type: 'team', profile: { displayName }, children },
});

const groups = [
  group('warehouse', 'Warehouse'),
  group('shopping', 'Shopping', ['payments', 'storefront']),
  group('payments', 'Payments'),
];

function renderField(
  answers: Record<string, { status?: number; body: object }>,
) {
  const chosen: (string | undefined)[] = [];
  function Harness() {
    const [value, setValue] = useState<string>();
    const props = {
      formData: value,
      onChange: (next: string | undefined) => {
        chosen.push(next);
        setValue(next);
      },
      idSchema: { $id: 'root_owner' },
      schema: { title: 'Owner' },
      uiSchema: {},
      rawErrors: [],
      required: true,
    } as unknown as FieldExtensionComponentProps<string>;
    return <OwnerField {...props} />;
  }
  render(
    // A cache of its own: what one test looked up is not known to the next.
    <SWRConfig value={{ provider: () => new Map() }}>
      <TestApiProvider
        apis={[
          [catalogApiRef, catalogApiMock({ entities: groups })],
          [
            identityApiRef,
            {
              getBackstageIdentity: async () => ({
                type: 'user' as const,
                userEntityRef: 'user:default/ines.duarte',
                ownershipEntityRefs: [
                  'user:default/ines.duarte',
                  'group:default/shopping',
                  'group:default/payments',
                ],
              }),
            },
          ],
          [
            discoveryApiRef,
            { getBaseUrl: async (id: string) => `http://portal/api/${id}` },
          ],
          [
            fetchApiRef,
            {
              fetch: async (input: RequestInfo | URL) => {
                const ref = new URL(String(input)).searchParams.get(
                  'entityRef',
                );
                const answer = answers[ref ?? ''] ?? { status: 404, body: {} };
                return new Response(JSON.stringify(answer.body), {
                  status: answer.status ?? 200,
                });
              },
            },
          ],
        ]}
      >
        <Harness />
      </TestApiProvider>
    </SWRConfig>,
  );
  return chosen;
}

describe('OwnerField', () => {
  it("chooses the user's team and shows who is on call", async () => {
    const chosen = renderField({
      'group:default/payments': {
        body: {
          coverage: 'full',
          levels: [
            {
              people: [
                { ref: 'user:default/ines.duarte', displayName: 'Inês Duarte' },
              ],
            },
          ],
        },
      },
    });
    expect(await screen.findByText('On call')).toBeInTheDocument();
    expect(screen.getByText('Inês Duarte')).toBeInTheDocument();
    expect(chosen).toEqual(['group:default/payments']);
  });

  it.each([
    [{ coverage: 'gap', levels: [] }, 'Nobody on call now', /Fill the gap/],
    [
      { coverage: 'none', levels: [] },
      'No on-call schedule',
      /Add an OnCallSchedule/,
    ],
  ])('says what to do for %j', async (body, status, advice) => {
    renderField({ 'group:default/payments': { body } });
    expect(await screen.findByText(status)).toBeInTheDocument();
    expect(screen.getByText(advice)).toBeInTheDocument();
  });

  it('works without on-call', async () => {
    renderField({ 'group:default/payments': { status: 500, body: {} } });
    expect(
      await screen.findByText(/cannot be shown right now/),
    ).toBeInTheDocument();
  });

  it('lists own groups first and warns of others', async () => {
    const chosen = renderField({});
    await screen.findByText(/cannot be shown right now/);
    await userEvent.click(screen.getByRole('button', { name: /Owner/ }));
    expect(
      (await screen.findAllByRole('option')).map(o => o.textContent),
    ).toEqual(['Payments', 'Shopping', 'Warehouse']);
    await userEvent.click(screen.getByRole('option', { name: 'Warehouse' }));
    expect(
      await screen.findByText(/You are not in this group/),
    ).toBeInTheDocument();
    expect(chosen.at(-1)).toBe('group:default/warehouse');
  });
});

describe('sortOwners', () => {
  it('puts the team before its department, others by title', () => {
    expect(
      sortOwners(groups, ['group:default/shopping', 'GROUP:default/payments']),
    ).toEqual({
      own: [
        { ref: 'group:default/payments', title: 'Payments' },
        { ref: 'group:default/shopping', title: 'Shopping' },
      ],
      others: [{ ref: 'group:default/warehouse', title: 'Warehouse' }],
    });
  });
});

describe('validateOwner', () => {
  const covered = {
    coverage: 'covered',
    levels: [{ people: [{ displayName: 'Inês', until: '2026-11-22T09:00Z' }] }],
  };
  it.each<[string | undefined, object | undefined, boolean, number]>([
    ['group:default/payments', covered, true, 0],
    ['payments', covered, true, 0],
    ['user:default/ines.duarte', covered, true, 1],
    ['a:b:c', covered, true, 1],
    [undefined, covered, true, 1],
    ['payments', { coverage: 'none', levels: [] }, true, 1],
    ['payments', { coverage: 'none', levels: [] }, false, 0],
    // What cannot be asked now is asked again before anything is created.
    ['payments', undefined, true, 0],
  ])('%s with %j, on call %s: %i errors', async (owner, body, on, count) => {
    const field = createFieldValidation();
    const addError = jest.fn();
    field.addError = addError;
    const apis = new Map<unknown, unknown>([
      [
        configApiRef,
        mockApis.config({ data: { goldenPaths: { requireOnCall: on } } }),
      ],
      [discoveryApiRef, { getBaseUrl: async () => 'http://portal/api/oncall' }],
      [
        fetchApiRef,
        {
          fetch: async () =>
            new Response(JSON.stringify(body ?? {}), {
              status: body ? 200 : 503,
            }),
        },
      ],
    ]);
    await validateOwner(owner as string, field, {
      apiHolder: { get: (ref: unknown) => apis.get(ref) },
    } as never);
    expect(addError).toHaveBeenCalledTimes(count);
  });
});
