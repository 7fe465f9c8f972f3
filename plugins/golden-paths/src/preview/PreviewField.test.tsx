import { discoveryApiRef, fetchApiRef } from '@backstage/frontend-plugin-api';
import { TestApiProvider } from '@backstage/frontend-test-utils';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import type { FieldExtensionComponentProps } from '@backstage/plugin-scaffolder-react';
import type { Preview } from '@pavedroad/plugin-golden-paths-common';
import { render, screen } from '@testing-library/react';
import { MemoryRouter, Route, Routes } from 'react-router-dom';
import { SWRConfig } from 'swr';
import { PreviewField } from './PreviewField';

const preview: Preview = {
  templateRef: 'template:default/decommission',
  version: '1.3.0',
  makes: 'change',
  files: [],
  bytes: 0,
  later: [],
  notes: [],
};

const formContext = { formData: { confirmName: 'legder' } };

/** Shows the field at answers that the form takes, unless told, to which the portal says this; answers what it was asked. */
function show(
  status: number,
  body: object,
  context: object = formContext,
  isValid = true,
) {
  const asked: unknown[] = [];
  const props = {
    formContext: context,
    registry: {
      rootSchema: {},
      schemaUtils: { getValidator: () => ({ isValid: () => isValid }) },
    },
  } as unknown as FieldExtensionComponentProps<null>;
  render(
    <SWRConfig value={{ provider: () => new Map() }}>
      <TestApiProvider
        apis={[
          [catalogApiRef, catalogApiMock()],
          [
            discoveryApiRef,
            { getBaseUrl: async (id: string) => `http://portal/api/${id}` },
          ],
          [
            fetchApiRef,
            {
              fetch: async (_: RequestInfo | URL, init?: RequestInit) => {
                asked.push(JSON.parse(String(init?.body)));
                return new Response(JSON.stringify(body), {
                  status,
                  headers: { 'content-type': 'application/json' },
                });
              },
            },
          ],
        ]}
      >
        <MemoryRouter initialEntries={['/default/decommission']}>
          <Routes>
            <Route
              path="/:namespace/:templateName"
              element={<PreviewField {...props} />}
            />
          </Routes>
        </MemoryRouter>
      </TestApiProvider>
    </SWRConfig>,
  );
  return asked;
}

const refusal = (name: string, statusCode: number, message: string) => ({
  error: { name, message },
  response: { statusCode },
});

describe('the preview', () => {
  it('says what would be refused and what to do, and not that one can go on', async () => {
    const words = 'You typed "legder". Type its exact name, ledger.';
    show(200, { ...preview, refused: words });
    expect(
      await screen.findByText('It would be refused with these answers'),
    ).toBeInTheDocument();
    expect(screen.getByText(words)).toBeInTheDocument();
    expect(screen.queryByText(/go on without it/)).not.toBeInTheDocument();
    expect(
      screen.queryByText(/Opens the pull request/),
    ).not.toBeInTheDocument();
  });

  it('asks with the answers to what is asked', async () => {
    const asked = show(
      200,
      { ...preview, nothing: 'Nothing would change.' },
      {
        formData: { confirmName: 'ledger', metric: 'a former choice asked' },
        askedOnly: ({ metric, ...answers }: Record<string, unknown>) => answers,
      },
    );
    expect(await screen.findByText('Nothing would change.')).toBeVisible();
    expect(asked).toEqual([
      {
        templateRef: 'template:default/decommission',
        values: { confirmName: 'ledger' },
      },
    ]);
  });

  it('lists what the portal does not take where the form takes all answers', async () => {
    show(
      400,
      refusal(
        'InputError',
        400,
        'The form refuses these answers:\n- "tier" must be equal to one of the allowed values\n- must have required property \'system\'',
      ),
    );
    expect(
      await screen.findByText('The portal does not take these answers'),
    ).toBeInTheDocument();
    expect(
      screen.getAllByRole('listitem').map(({ textContent }) => textContent),
    ).toEqual([
      '"tier" must be equal to one of the allowed values',
      "must have required property 'system'",
    ]);
    expect(
      screen.queryByText(/once everything that is required is answered/),
    ).not.toBeInTheDocument();
    expect(screen.getByRole('status')).toHaveTextContent(
      'Nothing can be shown',
    );
  });

  it('waits for answers where the form does', async () => {
    const asked = show(200, preview, formContext, false);
    expect(
      await screen.findByText(/once everything that is required is answered/),
    ).toBeVisible();
    expect(asked).toEqual([]);
  });

  it('says that one can go on where only the preview failed', async () => {
    show(503, refusal('ServiceUnavailableError', 503, 'It took too long.'));
    expect(
      await screen.findByText(/you can go on without it/),
    ).toBeInTheDocument();
  });

  it('does not say so to whoever may not create from the template', async () => {
    show(403, refusal('NotAllowedError', 403, 'You may not.'));
    expect(
      await screen.findByText(/The preview could not be made/),
    ).toBeInTheDocument();
    expect(screen.queryByText(/go on without it/)).not.toBeInTheDocument();
  });
});
