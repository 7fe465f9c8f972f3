import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { NotFoundError } from '@backstage/errors';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { DoraApi, doraApiRef } from '../api/DoraApi';
import { incidentDetail, incidentItem } from '../__testUtils__/incidents';
import {
  detailResponse,
  fullMetrics,
  leadTimesResponse,
  listItem,
  metricsResponse,
  noMetrics,
  sourcesResponse,
} from '../__testUtils__/responses';
import { deliveryRouteRef, importRouteRef } from '../routes';
import { DeliveryPage } from './DeliveryPage';
import { DeliveryView } from './DeliveryView';
import { useIsNarrow } from './useIsNarrow';

jest.mock('./useIsNarrow', () => ({
  useIsNarrow: jest.fn().mockReturnValue(true),
}));

let service = 0;

/** Renders the view of a service of its own, so that nothing is remembered from another test. */
function show(
  answers: Partial<jest.Mocked<DoraApi>> = {},
  route = '/',
  element?: JSX.Element,
) {
  const api: jest.Mocked<DoraApi> = {
    getMetrics: jest.fn().mockResolvedValue(metricsResponse()),
    getSources: jest.fn().mockResolvedValue(sourcesResponse()),
    getEnvironments: jest
      .fn()
      .mockResolvedValue({ items: [], sampleData: false }),
    getUnmapped: jest.fn().mockResolvedValue({ items: [] }),
    getLeadTimes: jest.fn().mockResolvedValue(leadTimesResponse()),
    getServices: jest.fn().mockResolvedValue({
      items: [
        {
          entityRef: 'component:default/web-shop',
          metrics: fullMetrics,
          sampleData: false,
        },
        {
          entityRef: 'component:default/basket',
          metrics: {
            ...noMetrics,
            changeLeadTime: { status: 'ok', changes: 9, p50Seconds: 60 },
          },
          sampleData: false,
        },
      ],
    }),
    getDeployments: jest.fn().mockResolvedValue({
      items: [listItem()],
      totalItems: 1,
      definition: { version: 1, environment: 'production' },
      sampleData: false,
    }),
    getDeploymentsCsv: jest.fn().mockResolvedValue('id\r\n'),
    getDeployment: jest.fn().mockResolvedValue(detailResponse()),
    getDeploymentChanges: jest.fn(),
    getDeploymentChangesCsv: jest.fn(),
    getIncidents: jest.fn().mockResolvedValue({ items: [], totalItems: 0 }),
    getIncident: jest.fn().mockResolvedValue(incidentDetail()),
    getIncidentsCsv: jest.fn().mockResolvedValue('id\r\n'),
    attribute: jest.fn(),
    withdraw: jest.fn(),
    getReportingCredentials: jest
      .fn()
      .mockResolvedValue({ items: [], mayManage: false }),
    createReportingCredential: jest.fn(),
    revokeReportingCredential: jest.fn(),
    ...answers,
  };
  service++;
  renderInTestApp(
    element ?? (
      <DeliveryView entityRef={`component:default/service-${service}`} single />
    ),
    {
      apis: [
        [doraApiRef, api],
        [
          catalogApiRef,
          catalogApiMock({
            entities: [
              {
                apiVersion: 'backstage.io/v1alpha1',
                kind: 'Group',
                metadata: { name: 'payments', namespace: 'default' },
                spec: {},
              },
            ],
          }),
        ],
      ],
      mountedRoutes: {
        '/delivery': deliveryRouteRef,
        '/delivery/import': importRouteRef,
      },
      initialRouteEntries: [route],
    },
  );
  return api;
}

describe('DeliveryView', () => {
  it('answers with five figures in words, each with what it rests on', async () => {
    show();
    const leadTime = await screen.findByRole('region', {
      name: 'Change lead time',
    });
    expect(leadTime).toHaveTextContent(
      'Half of the changes reached production within 1 h 30 min.',
    );
    expect(leadTime).toHaveTextContent(
      '95 % interval: 1 h 18 min to 1 h 50 min',
    );
    expect(leadTime).toHaveTextContent('Changed beyond chance: shorter.');
    expect(within(leadTime).getByRole('img')).toHaveAccessibleName(
      /Median lead time over 3 intervals/,
    );
    for (const name of [
      'Deployment frequency',
      'Change fail rate',
      'Failed deployment recovery time',
      'Deployment rework rate',
    ]) {
      expect(screen.getByRole('region', { name })).toBeInTheDocument();
    }
    expect(
      screen.getByRole('region', { name: 'Where lead time goes' }),
    ).toHaveTextContent('Most of the lead time, 55 %');
    expect(screen.queryByText('Sample data')).not.toBeInTheDocument();
  });

  it.each([
    'overview',
    'overview&benchmarks=2024',
    'lead-time',
    'services',
    'deployments',
    'incidents',
    'report',
  ])('hands every table and plot of the tab %s over as a file', async tab => {
    jest.mocked(useIsNarrow).mockReturnValue(false);
    show(
      {
        getIncidents: jest
          .fn()
          .mockResolvedValue({ items: [incidentItem()], totalItems: 1 }),
      },
      `/?tab=${tab}`,
      <DeliveryView single={false} />,
    );
    await screen.findAllByRole(
      tab.match(/^(overview|lead-time)$/) ? 'img' : 'table',
    );
    // The report has no cards: it is one page to print.
    const parts =
      tab === 'report'
        ? [screen.getByRole('article')]
        : screen
            // Not the parts of them that scroll.
            .getAllByRole('region', {
              name: name => !name.endsWith(', table'),
            });
    const files = (part: HTMLElement, name: RegExp) =>
      within(part).queryAllByRole('button', { name }).length;
    let [tables, plots] = [0, 0];
    for (const part of parts) {
      const here = within(part).queryAllByRole('table').length;
      tables += here;
      expect(files(part, /^Download CSV/)).toBeGreaterThanOrEqual(here);
      const drawn = part.querySelectorAll('svg[role="img"]').length;
      plots += drawn;
      // Each opens a menu with PNG, SVG and CSV.
      expect(files(part, /^Download: /)).toBe(drawn);
    }
    expect(tables + plots).toBeGreaterThan(0);
    jest.mocked(useIsNarrow).mockReturnValue(true);
  });

  it('says what is missing, and what was left out, on a tab of its own', async () => {
    show();
    await userEvent.click(
      await screen.findByRole('link', { name: 'Data quality' }),
    );
    expect(
      await screen.findByRole('region', {
        name: 'What the numbers do not know',
      }),
    ).toHaveTextContent(/Builds of checkout are not known.*Send a CDEvents/);
    expect(
      screen.getByRole('region', { name: 'What was left out' }),
    ).toHaveTextContent('12 changes, 1 deployment');
    expect(screen.getByRole('link', { name: 'Data quality' })).toHaveAttribute(
      'aria-current',
      'page',
    );
    expect(
      screen.queryByRole('region', { name: 'Change lead time' }),
    ).not.toBeInTheDocument();
  });

  it('asks with what the address says', async () => {
    const api = show(
      {},
      '/?from=2026-01-01&until=2026-01-31&timeZone=Asia/Tokyo&environment=staging&interval=month&kind=rollback&tab=deployments',
    );
    await screen.findByRole('region', { name: 'Deployments' });
    const query = {
      entityRef: `component:default/service-${service}`,
      from: '2026-01-01',
      to: '2026-02-01',
      timeZone: 'Asia/Tokyo',
      environment: 'staging',
    };
    expect(api.getMetrics).toHaveBeenCalledWith({
      ...query,
      interval: 'month',
    });
    await waitFor(() =>
      expect(api.getDeployments).toHaveBeenCalledWith(
        expect.objectContaining({ ...query, kind: 'rollback' }),
      ),
    );
  });

  it.each([
    [
      'Deployments that failed',
      { kind: 'change', outcome: 'failed', failureData: true },
    ],
    [
      'Deployments that had to be recovered',
      { kind: 'change', outcome: 'failed', failureData: true },
    ],
    ['Deployments that were repairs', { failureData: true, rework: true }],
    ['Deployments that were counted', { kind: 'change' }],
  ])(
    'leads from a number to the rows it counts: %s',
    async (name, filter: Record<string, unknown>) => {
      const api = show({}, '/?kind=rollback&attempts=true');
      await userEvent.click(await screen.findByRole('link', { name }));
      const none = {
        kind: undefined,
        outcome: undefined,
        failureData: undefined,
        rework: undefined,
        attempts: undefined,
      };
      await waitFor(() =>
        expect(api.getDeployments).toHaveBeenLastCalledWith(
          expect.objectContaining({ ...none, ...filter }),
        ),
      );
      expect(document.getElementById('deployments')).toHaveFocus();
    },
  );

  it('says how to report a first deployment', async () => {
    show({
      getMetrics: jest.fn().mockImplementation(async () =>
        metricsResponse({
          dataQuality: [
            {
              code: 'no_deployments',
              services: [`component:default/service-${service}`],
            },
          ],
        }),
      ),
    });
    expect(
      await screen.findByText('Report the first deployment'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('region', { name: 'Reporting a deployment' }),
    ).toHaveTextContent(`"id": "component:default/service-${service}"`);
    expect(
      screen.queryByRole('region', { name: 'Change lead time' }),
    ).not.toBeInTheDocument();
  });

  it('says of events that lead nowhere before it asks for the first one', async () => {
    const services = [`component:default/service-${service}`];
    show({
      getMetrics: jest.fn().mockResolvedValue(
        metricsResponse({
          dataQuality: [
            { code: 'no_deployments', services },
            { code: 'unmapped_events', services: [], count: 4 },
          ],
        }),
      ),
    });
    expect(
      await screen.findByText('4 events lead to no service of the catalog.'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('region', { name: 'No deployments yet' }),
    ).toHaveTextContent('give each its source path');
  });

  it('marks sample data', async () => {
    show({
      getMetrics: jest
        .fn()
        .mockResolvedValue(metricsResponse({ sampleData: true })),
    });
    expect(await screen.findByText('Sample data')).toBeInTheDocument();
  });

  it('says what failed and tries again, while the controls stay', async () => {
    const getMetrics = jest
      .fn()
      .mockRejectedValueOnce(new NotFoundError('No such entity'))
      .mockResolvedValue(metricsResponse());
    show({ getMetrics });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'No such entity',
    );
    expect(
      screen.getByRole('group', { name: 'What is shown' }),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByRole('region', { name: 'Change lead time' }),
    ).toBeInTheDocument();
  });
});

describe('the services', () => {
  beforeAll(() => jest.mocked(useIsNarrow).mockReturnValue(false));
  afterAll(() => jest.mocked(useIsNarrow).mockReturnValue(true));

  const names = () =>
    screen.getAllByRole('rowheader').map(header => header.textContent);

  it('stand by name until a reader asks for an order, and lead to their own view', async () => {
    show({}, '/?tab=services&range=30d', <DeliveryPage />);
    await screen.findByRole('rowheader', { name: 'basket' });
    expect(names()).toEqual(['basket', 'web-shop']);
    expect(screen.getByRole('link', { name: 'basket' })).toHaveAttribute(
      'href',
      '/delivery?range=30d&timeZone=UTC&scope=component%3Adefault%2Fbasket',
    );
    expect(screen.getByRole('row', { name: /basket/ })).toHaveTextContent(
      'basket1 minno datano datano datano data',
    );
    await userEvent.click(screen.getByRole('button', { name: 'Deployments' }));
    // What is not known comes last, whichever way.
    expect(names()).toEqual(['web-shop', 'basket']);
    expect(
      screen.getByRole('columnheader', { name: 'Deployments' }),
    ).toHaveAttribute('aria-sort', 'ascending');
    await userEvent.click(screen.getByRole('button', { name: 'Deployments' }));
    expect(names()).toEqual(['web-shop', 'basket']);
    expect(
      screen.getByRole('columnheader', { name: 'Deployments' }),
    ).toHaveAttribute('aria-sort', 'descending');
  });

  it('are found by a part of their name', async () => {
    show({}, '/?tab=services', <DeliveryPage />);
    await screen.findByRole('rowheader', { name: 'basket' });
    await userEvent.type(
      screen.getByRole('searchbox', { name: 'Find a service' }),
      'shop',
    );
    await waitFor(() => expect(names()).toEqual(['web-shop']));
  });

  it('are no part of one service', async () => {
    show();
    await screen.findByRole('link', { name: 'Overview' });
    expect(
      screen.queryByRole('link', { name: 'Services' }),
    ).not.toBeInTheDocument();
  });
});

describe('DeliveryPage', () => {
  it('shows the scope that the address names, and how many services it has', async () => {
    const api = show(
      {
        getMetrics: jest.fn().mockResolvedValue(
          metricsResponse({
            scope: { entityRef: 'group:default/payments', services: 12 },
          }),
        ),
      },
      '/?scope=group:default/payments',
      <DeliveryPage />,
    );
    expect(await screen.findByText('12 services in scope')).toBeInTheDocument();
    expect(
      screen.getByRole('heading', { name: 'Delivery' }),
    ).toBeInTheDocument();
    expect(api.getMetrics).toHaveBeenCalledWith(
      expect.objectContaining({ entityRef: 'group:default/payments' }),
    );
    expect(
      await screen.findByRole('button', { name: /payments/ }),
    ).toBeInTheDocument();
  });

  it('says what is wrong with a scope that is none, and lets another be chosen', async () => {
    show(
      {
        getMetrics: jest
          .fn()
          .mockRejectedValue(new NotFoundError('No entity is called so')),
      },
      '/?scope=nonsense',
      <DeliveryPage />,
    );
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'No entity is called so',
    );
    expect(
      screen.getByRole('button', { name: /Organisation/ }),
    ).toBeInTheDocument();
  });
});
