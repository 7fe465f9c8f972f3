import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { incidentItem } from '../__testUtils__/incidents';
import { detailResponse, listItem } from '../__testUtils__/responses';
import { showInApp } from '../__testUtils__/showInApp';
import { DeploymentsSection } from './DeploymentsSection';
import { IncidentsSection } from './IncidentsSection';
import { useIsNarrow } from './useIsNarrow';

jest.mock('./useIsNarrow', () => ({
  useIsNarrow: jest.fn().mockReturnValue(true),
}));

const query = {
  entityRef: 'group:default/payments',
  from: '2026-01-01',
  to: '2026-02-01',
  timeZone: 'UTC',
  environment: 'production',
};
const deployments = (
  <DeploymentsSection query={query} showService refreshSeconds={0} />
);
const incidents = (
  <IncidentsSection query={query} showService refreshSeconds={0} />
);
const definition = { version: 1, environment: 'production' };

describe('the list of deployments', () => {
  it('asks with every filter that the address holds', async () => {
    const api = showInApp(
      deployments,
      {},
      '/?kind=change&outcome=failed&failureData=true&attempts=true&find=%2317&service=component:default/ledger&rows=75',
    );
    await screen.findByText(/checkout/);
    expect(api.getDeployments).toHaveBeenCalledWith({
      ...query,
      kind: 'change',
      outcome: 'failed',
      failureData: true,
      rework: undefined,
      attempts: true,
      find: '#17',
      service: 'component:default/ledger',
      cursor: undefined,
      limit: 75,
    });
  });

  it('says beside a rollout how long it took to reach all of its environments', async () => {
    jest.mocked(useIsNarrow).mockReturnValue(false);
    showInApp(deployments, {
      getDeployments: jest.fn().mockResolvedValue({
        items: [
          listItem({
            environments: ['eu', 'us'],
            finishedAt: '2026-01-20T12:00:00.000Z',
            finishedEverywhereAt: '2026-01-20T12:30:00.000Z',
          }),
          listItem({ id: 'd2' }),
        ],
        totalItems: 2,
        definition,
        sampleData: false,
      }),
    });
    expect(
      await screen.findByText('all of them after 30 min'),
    ).toBeInTheDocument();
    expect(screen.getAllByText(/^all of them/)).toHaveLength(1);
    jest.mocked(useIsNarrow).mockReturnValue(true);
  });

  it.each([
    [false, 'not known'],
    [true, /, changes not known/],
  ])(
    'does not call nothing what a deployment brought that nobody knows (narrow: %s)',
    async (narrow, words) => {
      jest.mocked(useIsNarrow).mockReturnValue(narrow);
      showInApp(deployments, {
        getDeployments: jest.fn().mockResolvedValue({
          items: [
            listItem({ changes: 0, historyGap: 'unknown_history' }),
            listItem({
              id: 'd2',
              kind: 'redeploy',
              changes: 0,
              historyGap: 'unknown_history',
            }),
          ],
          totalItems: 2,
          definition,
          sampleData: false,
        }),
      });
      expect(await screen.findAllByText(words)).toHaveLength(1);
      jest.mocked(useIsNarrow).mockReturnValue(true);
    },
  );

  it('looks for what is typed, once the typing ends', async () => {
    const api = showInApp(deployments);
    await screen.findByText(/checkout/);
    await userEvent.type(
      screen.getByRole('searchbox', { name: 'Find' }),
      'abcdef',
    );
    await waitFor(() =>
      expect(api.getDeployments).toHaveBeenLastCalledWith(
        expect.objectContaining({ find: 'abcdef' }),
      ),
    );
    expect(api.getDeployments).not.toHaveBeenCalledWith(
      expect.objectContaining({ find: 'abc' }),
    );
  });

  it('shows more on demand, from where the page before ended', async () => {
    const api = showInApp(deployments, {
      getDeployments: jest
        .fn()
        .mockImplementation(async ({ cursor, limit }) => ({
          items: Array.from({ length: Math.min(limit, 40) }, (_, i) =>
            listItem({ id: `${cursor ?? 'first'}-${i}` }),
          ),
          nextCursor: cursor ? undefined : 'next',
          ...(!cursor && { totalItems: 80 }),
          definition,
          sampleData: false,
        })),
    });
    await screen.findByText('80 deployments');
    expect(screen.getAllByText(/20 Jan 2026|Jan 20, 2026/)).toHaveLength(25);
    await userEvent.click(screen.getByRole('button', { name: 'Show 50 more' }));
    await waitFor(() =>
      expect(screen.getAllByText(/20 Jan 2026|Jan 20, 2026/)).toHaveLength(75),
    );
    expect(api.getDeployments).toHaveBeenLastCalledWith(
      expect.objectContaining({ cursor: 'next', limit: 35 }),
    );
  });

  it.each([
    ['/?find=nothing', 'No deployments match', 'Remove the filters'],
    ['/?outcome=failed', 'No deployments match', 'Remove the filters'],
  ])('says that the filters of %s leave none', async (route, title, action) => {
    const api = showInApp(
      deployments,
      {
        getDeployments: jest
          .fn()
          .mockResolvedValue({ items: [], definition, sampleData: false }),
      },
      route,
    );
    expect(await screen.findByText(title)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: action }));
    await waitFor(() =>
      expect(api.getDeployments).toHaveBeenLastCalledWith(
        expect.objectContaining({ find: undefined, outcome: undefined }),
      ),
    );
    expect(
      await screen.findByText('No deployments in this period'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'what is connected' }),
    ).toHaveAttribute('href', expect.stringContaining('tab=data-quality'));
  });

  it('says how far a search got that found nothing', async () => {
    showInApp(
      deployments,
      {
        getDeployments: jest.fn().mockResolvedValue({
          items: [],
          nextCursor: 'on',
          searchedBackTo: '2025-12-24T00:00:00.000Z',
          definition,
          sampleData: false,
        }),
      },
      '/?find=nothing',
    );
    expect(await screen.findByText(/None was found back to/)).toHaveTextContent(
      /2025/,
    );
  });
});

describe('the list of incidents', () => {
  const blamed = incidentItem({
    id: 'INC-2',
    title: 'Cards are declined',
    openedAt: '2026-01-25T12:00:00.000Z',
    attribution: {
      attributionId: 'a2',
      method: 'rollback',
      confidence: 0.95,
      evidence: 'Rolled back.',
      author: { kind: 'event', name: 'cdevents' },
      deploymentId: 'd1',
      deploymentFinishedAt: '2026-01-25T11:00:00.000Z',
      noneToBlame: false,
    },
  });
  const getIncidents = jest.fn().mockImplementation(async ({ attributed }) => ({
    items: attributed ? [blamed] : [incidentItem()],
    totalItems: 1,
    definition,
    sampleData: false,
  }));

  it('puts those whose cause is not known first, and says how the others are known', async () => {
    showInApp(incidents, { getIncidents });
    const section = await screen.findByRole('region', { name: 'Incidents' });
    await within(section).findByText('Cards are declined');
    expect(section).toHaveTextContent('2 incidents opened in this period');
    expect(section).toHaveTextContent(
      /Checkout is slow.*Not known.*Cards are declined.*Rolled back. High confidence/,
    );
    expect(
      within(section).getByRole('link', { name: /^Deployment of/ }),
    ).toHaveAttribute('href', expect.stringContaining('deployment=d1'));
    expect(
      within(section).getByRole('link', { name: 'Cards are declined' }),
    ).toHaveAttribute(
      'href',
      expect.stringContaining('incident=component%3Adefault%2Fcheckout+INC-2'),
    );
  });

  it('shows one once whose cause became known meanwhile, with its cause', async () => {
    showInApp(incidents, {
      getIncidents: jest.fn().mockImplementation(async ({ attributed }) => ({
        items: [attributed ? blamed : { ...blamed, attribution: undefined }],
        totalItems: 1,
        definition,
        sampleData: false,
      })),
    });
    const section = await screen.findByRole('region', { name: 'Incidents' });
    expect(
      await within(section).findAllByText('Cards are declined'),
    ).toHaveLength(1);
    expect(section).toHaveTextContent(/Rolled back. High confidence/);
  });

  it('lets those who may say what caused one', async () => {
    const api = showInApp(incidents, {
      getIncidents,
      getDeployment: jest
        .fn()
        .mockResolvedValue(
          detailResponse({ permissions: { attribute: true } }),
        ),
    });
    await userEvent.click(
      await screen.findByRole('button', {
        name: 'Say what caused it: Checkout is slow',
      }),
    );
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(
      await within(dialog).findByRole('radio', {
        name: 'No deployment is to blame',
      }),
    );
    await userEvent.type(
      within(dialog).getByRole('textbox', { name: /Reason/ }),
      'The network failed.',
    );
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Blame no deployment' }),
    );
    expect(api.attribute).toHaveBeenCalledWith('d1', {
      cause: { kind: 'incident', id: 'INC-1' },
      noneToBlame: true,
      reason: 'The network failed.',
    });
  });

  it('shows the others no button, and tells them who may', async () => {
    showInApp(incidents, {
      getIncidents: jest.fn().mockResolvedValue({
        items: [incidentItem({ permissions: { attribute: false } })],
        totalItems: 1,
        definition,
        sampleData: false,
      }),
    });
    const section = await screen.findByRole('region', { name: 'Incidents' });
    expect(
      await within(section).findByText(/is corrected by the owners/),
    ).toBeInTheDocument();
    expect(
      within(section).queryByRole('button', { name: /caused it/ }),
    ).not.toBeInTheDocument();
    expect(
      within(section).queryByRole('columnheader', { name: 'Correction' }),
    ).not.toBeInTheDocument();
  });
});
