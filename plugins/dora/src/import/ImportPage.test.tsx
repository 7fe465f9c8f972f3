import { fetchApiRef, discoveryApiRef } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { permissionApiRef } from '@backstage/plugin-permission-react';
import { ImportReport } from '@pavedroad/plugin-dora-common';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { SWRConfig } from 'swr';
import { ImportPage } from './ImportPage';

// The accessibility rules take seconds on a busy machine.
jest.setTimeout(60_000);

const none = { accepted: 0, duplicate: 0, ignored: 0, rejected: 0 };
const DRY: ImportReport = {
  dryRun: true,
  applied: false,
  applicable: true,
  format: 'csv',
  records: 3,
  counts: { ...none, accepted: 2, duplicate: 1 },
  kinds: [{ kind: 'deployment', ...none, accepted: 2, duplicate: 1 }],
  services: [
    { name: 'checkout', entityRef: 'component:default/checkout', records: 2 },
    { name: 'unheard-of', records: 1 },
  ],
  servicesTotal: 2,
  environments: [{ name: 'production', records: 3 }],
  from: '2026-04-01T12:00:00.000Z',
  to: '2026-04-03T12:00:00.000Z',
  problems: [],
  problemsTotal: 0,
  ignoredColumns: ['note'],
};
const BROKEN: ImportReport = {
  ...DRY,
  applicable: false,
  counts: { ...none, accepted: 1, rejected: 1 },
  kinds: [{ kind: 'deployment', ...none, accepted: 1, rejected: 1 }],
  problems: [
    {
      line: 3,
      kind: 'deployment',
      column: 'finished_at',
      message: 'finished_at "2026-04-01" has no offset',
      remedy: 'Write it with one.',
    },
  ],
  problemsTotal: 1,
};
const FORMATS = {
  maxBytes: 50_000_000,
  maxRecords: 200_000,
  kinds: [
    {
      kind: 'deployment',
      example: 'deployments.csv',
      columns: [
        {
          name: 'service',
          required: true,
          description: 'the service',
          example: 'checkout',
        },
      ],
    },
  ],
};

const lines = (...said: object[]) =>
  new Response(said.map(line => `${JSON.stringify(line)}\n`).join(''), {
    headers: { 'content-type': 'application/x-ndjson' },
  });

/** Renders the page of a portal that answers as told, and remembers what it was sent. */
function show(
  answers: ((url: URL) => Response | Promise<Response>)[],
  allowed = true,
) {
  const sent: { url: URL; headers: Headers; body: unknown }[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(String(input));
    if (init?.method !== 'POST') {
      return Response.json(FORMATS);
    }
    sent.push({ url, headers: new Headers(init.headers), body: init.body });
    return answers[sent.length - 1](url);
  };
  const { container } = renderInTestApp(
    <SWRConfig value={{ provider: () => new Map() }}>
      <ImportPage />
    </SWRConfig>,
    {
      apis: [
        [fetchApiRef, { fetch }],
        [
          discoveryApiRef,
          { getBaseUrl: async (id: string) => `http://portal/api/${id}` },
        ],
        [
          permissionApiRef,
          mockApis.permission({
            authorize: allowed ? AuthorizeResult.ALLOW : AuthorizeResult.DENY,
          }),
        ],
      ],
    },
  );
  return { sent, container };
}

const choose = async (name = 'deployments.csv') => {
  const input = await screen.findByLabelText(/CSV or NDJSON file/);
  await userEvent.upload(input, new File(['a,b'], name));
};
const importButton = () => screen.findByRole('button', { name: /^Import / });

async function expectAccessible(container: Element) {
  const { violations } = await axe.run(container, {
    // Colours are not computed here; the journeys look at them.
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
}

describe('ImportPage', () => {
  it('shows what a file would do as soon as it is chosen, and then does it', async () => {
    const { sent, container } = show([
      () => Response.json(DRY),
      () =>
        lines(
          { done: 1, total: 3 },
          { done: 3, total: 3 },
          { report: { ...DRY, dryRun: false, applied: true } },
        ),
    ]);
    await choose();
    await screen.findByText('Importing would bring 2 deployments.');
    expect(Object.fromEntries(sent[0].url.searchParams)).toEqual({
      format: 'csv',
      dryRun: 'true',
    });
    const row = within(
      screen.getByRole('region', { name: 'Records by kind' }),
    ).getByRole('row', { name: /deployments/ });
    expect(
      within(row)
        .getAllByRole('cell')
        .map(cell => cell.textContent),
    ).toEqual(['2', '1', '0', '0']);
    expect(screen.getByText('not in the catalog')).toBeInTheDocument();
    expect(screen.getByText(/left out: note/)).toBeInTheDocument();
    await expectAccessible(container);

    await userEvent.click(await importButton());
    await screen.findByText('2 deployments imported.');
    expect(sent).toHaveLength(2);
    expect(Object.fromEntries(sent[1].url.searchParams)).toEqual({
      format: 'csv',
    });
    expect(sent[1].headers.get('accept')).toBe('application/x-ndjson');
    expect(
      screen.getByRole('link', { name: 'See the numbers' }),
    ).toHaveAttribute('href', '/delivery');
  });

  it.each([
    [2, 'Download CSV: services of the file'],
    [500, 'Download CSV: services of the file, the 2 with most records'],
  ])(
    'says of a file with %i services what it hands over of them',
    async (servicesTotal, name) => {
      show([() => Response.json({ ...DRY, servicesTotal })]);
      await choose();
      expect(await screen.findByRole('button', { name })).toBeInTheDocument();
      expect(
        screen.queryAllByText(/the file to download has the 2 with most/),
      ).toHaveLength(servicesTotal > 2 ? 1 : 0);
    },
  );

  it('shows how far it is', async () => {
    let finish = () => {};
    show([
      () => Response.json(DRY),
      () => {
        const body = new ReadableStream({
          start(controller) {
            const say = (line: object) =>
              controller.enqueue(
                new TextEncoder().encode(`${JSON.stringify(line)}\n`),
              );
            say({ done: 1, total: 3 });
            finish = () => {
              say({ report: { ...DRY, applied: true } });
              controller.close();
            };
          },
        });
        return new Response(body, {
          headers: { 'content-type': 'application/x-ndjson' },
        });
      },
    ]);
    await choose();
    await userEvent.click(await importButton());
    await screen.findByText('Importing: 1 of 3 records …');
    const bar = screen.getByRole('progressbar', { name: 'Records imported' });
    expect(bar).toHaveValue(1);
    finish();
    await screen.findByText('2 deployments imported.');
  });

  it('says what is wrong with which line, and imports nothing unless the rest is asked for', async () => {
    const { sent, container } = show([
      () => Response.json(BROKEN),
      () => Response.json({ ...BROKEN, dryRun: false, applied: true }),
    ]);
    await choose('rows.ndjson.gz');
    await screen.findByText(/The file has 1 problem\./);
    expect(sent[0].url.searchParams.get('format')).toBe('ndjson');
    const row = screen.getByRole('row', { name: /has no offset/ });
    expect(row).toHaveTextContent('3finished_at');
    expect(row).toHaveTextContent('Write it with one.');
    expect(await importButton()).toBeDisabled();
    await expectAccessible(container);

    await userEvent.click(
      screen.getByRole('checkbox', { name: /Leave broken rows out/ }),
    );
    expect(
      screen.getByText(
        'Importing would bring 1 deployment and leave out 1 broken record.',
      ),
    ).toBeInTheDocument();
    await userEvent.click(await importButton());
    await screen.findByText('1 deployment imported.');
    expect(sent[1].url.searchParams.get('onError')).toBe('skip');
  });

  it('shows what the backend says when it refuses, and tries again', async () => {
    show([
      () =>
        Response.json(
          {
            error: {
              name: 'PayloadTooLargeError',
              message: 'Too large: split',
            },
            response: { statusCode: 413 },
          },
          { status: 413 },
        ),
      () => Response.json(DRY),
    ]);
    await choose();
    expect(await screen.findByText(/Too large: split/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByText('Importing would bring 2 deployments.');
  });

  it('shows the answer about the file that was chosen last', async () => {
    let answerFirst = (_: Response) => {};
    show([
      () =>
        new Promise<Response>(resolve => {
          answerFirst = resolve;
        }),
      () =>
        Response.json({
          ...DRY,
          counts: { ...none, duplicate: 3 },
          kinds: [],
        }),
    ]);
    await choose('first.csv');
    const input = screen.getByLabelText(/CSV or NDJSON file/);
    fireEvent.change(input, { target: { files: [new File(['x'], 'b.csv')] } });
    await screen.findByText(/Everything in the file is known already/);
    answerFirst(Response.json(DRY));
    await waitFor(() =>
      expect(
        screen.queryByText('Importing would bring 2 deployments.'),
      ).not.toBeInTheDocument(),
    );
  });

  it('says that a break in the connection does no harm', async () => {
    show([() => Response.json(DRY), () => lines({ done: 1, total: 3 })]);
    await choose();
    await userEvent.click(await importButton());
    expect(await screen.findByText(/Import the file again/)).toBeVisible();
    expect(await importButton()).toBeEnabled();
  });

  it('is for those who may send events', async () => {
    const { sent } = show([], false);
    expect(
      await screen.findByText(/needs a permission that you do not have/),
    ).toBeInTheDocument();
    expect(screen.queryByLabelText(/CSV or NDJSON/)).not.toBeInTheDocument();
    expect(sent).toEqual([]);
  });

  it('describes the files that are understood', async () => {
    show([]);
    await userEvent.click(await screen.findByText('Columns for deployments'));
    expect(screen.getByRole('row', { name: /service yes/ })).toBeVisible();
    expect(
      screen.getByRole('button', { name: 'Download deployments.csv' }),
    ).toBeVisible();
  });
});
