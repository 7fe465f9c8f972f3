import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { downloadText } from '@pavedroad/portal-ui';
import {
  fullMetrics,
  leadTimesResponse,
  metricsResponse,
  noMetrics,
  sourcesResponse,
} from '../__testUtils__/responses';
import { showInApp } from '../__testUtils__/showInApp';
import { DeliveryView } from './DeliveryView';

jest.mock('@pavedroad/portal-ui', () => ({
  ...jest.requireActual('@pavedroad/portal-ui'),
  downloadText: jest.fn(),
}));

function show(
  route: string,
  answers: Parameters<typeof showInApp>[1] = {},
  entityRef?: string,
) {
  return showInApp(
    <DeliveryView entityRef={entityRef} />,
    {
      getMetrics: jest
        .fn()
        .mockResolvedValue(
          metricsResponse({ scope: { entityRef, services: 3 } }),
        ),
      getLeadTimes: jest.fn().mockResolvedValue(leadTimesResponse()),
      getSources: jest.fn().mockResolvedValue(sourcesResponse()),
      getEnvironments: jest
        .fn()
        .mockResolvedValue({ items: [], sampleData: false }),
      getUnmapped: jest.fn().mockResolvedValue({ items: [] }),
      ...answers,
    },
    route,
  );
}

describe('a figure', () => {
  it('opens its definition by keyboard, with what was left out here, and gives the focus back', async () => {
    show('/');
    const button = await screen.findByRole('button', {
      name: 'How it is measured: Change lead time',
    });
    act(() => button.focus());
    await userEvent.keyboard('{Enter}');
    const dialog = await screen.findByRole('dialog', {
      name: 'Change lead time',
    });
    expect(dialog).toHaveTextContent(/from its commit .* never an average/);
    expect(dialog).toHaveTextContent(
      '12 changes, 1 deployment: Brought by the first deployment',
    );
    expect(dialog).toHaveTextContent('Definition version 1.');
    // It may be longer than the screen: the keyboard scrolls what has the focus.
    await userEvent.tab();
    await userEvent.tab();
    expect(document.activeElement).toHaveTextContent('Definition version 1.');
    await userEvent.keyboard('{Escape}');
    await waitFor(() => expect(button).toHaveFocus());
  });

  it('shows the period before beside its course', async () => {
    const api = show('/');
    const card = await screen.findByRole('region', {
      name: 'Change lead time',
    });
    expect(await within(card).findByText('Period before')).toBeInTheDocument();
    expect(api.getMetrics).toHaveBeenCalledWith(
      expect.objectContaining({
        from: '2025-12-15T00:00:00.000Z',
        to: '2026-01-05T00:00:00.000Z',
      }),
    );
  });
});

describe('a comparison', () => {
  it('with another scope asks for it, and says what differs', async () => {
    const response = metricsResponse({
      scope: { entityRef: 'group:default/payments', services: 3 },
    });
    const api = show(
      '/?compareScope=group:default/storefront',
      {
        getMetrics: jest.fn().mockResolvedValue({
          ...response,
          comparison: {
            ...response.comparison,
            window: response.window,
            scope: { entityRef: 'group:default/storefront', services: 4 },
          },
        }),
      },
      'group:default/payments',
    );
    const section = await screen.findByRole('region', {
      name: 'Compared with storefront (group)',
    });
    expect(section).toHaveTextContent(
      'Different beyond chance: change lead time.',
    );
    expect(section).toHaveTextContent('Differs beyond chance: shorter here.');
    expect(api.getMetrics).toHaveBeenCalledWith(
      expect.objectContaining({
        entityRef: 'group:default/payments',
        compareEntityRef: 'group:default/storefront',
      }),
    );
    // Its course, to be drawn beside.
    expect(api.getMetrics).toHaveBeenCalledWith(
      expect.objectContaining({ entityRef: 'group:default/storefront' }),
    );
  });

  it('with given days asks for them, half-open', async () => {
    const api = show('/?compareFrom=2025-06-01&compareUntil=2025-06-30');
    await screen.findByRole('region', { name: /^Compared with/ });
    expect(api.getMetrics).toHaveBeenCalledWith(
      expect.objectContaining({
        compareFrom: '2025-06-01',
        compareTo: '2025-07-01',
      }),
    );
  });
});

describe('benchmarks', () => {
  it('stand by year with their source, and 2024 sets no level by its inverted metric', async () => {
    show('/');
    const section = await screen.findByRole('region', {
      name: 'Beside the industry',
    });
    expect(section).toHaveTextContent('DORA published no levels in 2025.');
    expect(section).toHaveTextContent('Here 8, average 5.5');
    expect(within(section).getByRole('img')).toHaveAccessibleName(
      /^Positions from 0 to 10, 10 being best\. Change lead time: Here 8, average 5\.5 ± 2\.4\./,
    );
    await userEvent.click(
      within(section).getByRole('button', {
        name: 'Download: Position on the Quick Check',
      }),
    );
    expect(
      (await screen.findAllByRole('menuitem')).map(item => item.textContent),
    ).toEqual(['Picture (PNG)', 'Picture (SVG)', 'Numbers (CSV)']);
    await userEvent.keyboard('{Escape}');
    await userEvent.click(within(section).getByText('Show as a table'));
    expect(
      await within(section).findByRole('row', { name: /^Change lead time/ }),
    ).toHaveTextContent('1 h 30 min; “Less than one day”85.52.4');
    expect(
      within(section).getByRole('link', { name: /Quick Check, edition 2025/ }),
    ).toHaveAttribute('href', 'https://dora.dev/quickcheck/');
    await userEvent.click(
      within(section).getByRole('button', { name: /Edition/ }),
    );
    await userEvent.click(
      await screen.findByRole('option', { name: '2024, clusters' }),
    );
    expect(section).toHaveTextContent(/as elite answered/);
    expect(section).toHaveTextContent(/sets no level/);
    expect(section).toHaveTextContent(
      /the high level fails more often \(20 %\) than the medium one \(10 %\)/,
    );
    expect(
      within(section).getByRole('link', { name: /Report 2024/ }),
    ).toBeInTheDocument();
  });
});

it.each([
  [
    'the edition of the benchmarks',
    '/?benchmarks=2023',
    'Beside the industry',
    /four groups of respondents answered in 2023/,
  ],
  [
    'what is looked for among services that lack data',
    '/?tab=data-quality&search=service-7',
    'What is missing, by service',
    /^What is missing, by service12 services.*service-7/,
  ],
])('%s is in the address', async (_, route, name, expected) => {
  const services = Array.from(
    { length: 12 },
    (__, i) => `component:default/service-${i}`,
  );
  show(route, {
    getMetrics: jest.fn().mockResolvedValue(
      metricsResponse({
        scope: { services: 12 },
        dataQuality: [{ code: 'no_incident_source', services }],
      }),
    ),
  });
  const section = await screen.findByRole('region', { name });
  await waitFor(() => expect(section).toHaveTextContent(expected));
  expect(section).not.toHaveTextContent('service-3');
});

it('keeps in the address how many services are shown', async () => {
  show('/?tab=services&serviceRows=200', {
    getServices: jest.fn().mockResolvedValue({
      items: Array.from({ length: 350 }, (_, i) => ({
        entityRef: `component:default/service-${i}`,
        metrics: noMetrics,
        sampleData: false,
      })),
    }),
  });
  const section = await screen.findByRole('region', { name: 'Services' });
  const rows = () =>
    within(section).getAllByRole('link', { name: /^service-/ });
  await within(section).findByText('service-0');
  expect(rows()).toHaveLength(200);
  await userEvent.click(
    within(section).getByRole('button', {
      name: 'Show 100 more of 350 services',
    }),
  );
  await waitFor(() => expect(rows()).toHaveLength(300));
});

it('leaves no service out for a search without a field to clear it', async () => {
  const services = ['a', 'b', 'c'].map(name => `component:default/${name}`);
  show('/?tab=data-quality&search=zzz', {
    getMetrics: jest.fn().mockResolvedValue(
      metricsResponse({
        scope: { services: 3 },
        dataQuality: [{ code: 'no_incident_source', services }],
      }),
    ),
  });
  const section = await screen.findByRole('region', {
    name: 'What is missing, by service',
  });
  expect(section).toHaveTextContent('aincidentsbincidentscincidents');
  expect(within(section).queryByRole('searchbox')).not.toBeInTheDocument();
});

it('hands over the services whose latest events are being counted, though nothing is missing', async () => {
  show('/?tab=data-quality', {
    getMetrics: jest.fn().mockResolvedValue(
      metricsResponse({
        scope: { services: 3 },
        dataQuality: [
          {
            code: 'facts_pending',
            services: ['component:default/a'],
            since: '2026-01-02T00:00:00.000Z',
            waitedSeconds: 1,
          },
        ],
      }),
    ),
  });
  const section = await screen.findByRole('region', {
    name: 'What is missing, by service',
  });
  expect(section).toHaveTextContent(
    /^What is missing, by service.*Nothing is missing\./,
  );
  await userEvent.click(
    within(section).getByRole('button', {
      name: 'Download CSV: what is missing',
    }),
  );
  expect(downloadText).toHaveBeenCalledWith(
    'missing-data.csv',
    'text/csv',
    ['entity_ref,missing', 'component:default/a,facts_pending', ''].join(
      '\r\n',
    ),
  );
});

describe('lead time', () => {
  it('names the bottleneck first, then shows stages and distribution', async () => {
    const api = show('/?tab=lead-time&environment=staging');
    const stages = await screen.findByRole('region', {
      name: 'Where lead time goes',
    });
    expect(stages).toHaveTextContent(
      /^Where lead time goesMost of the lead time, 55 %, passes between opening/,
    );
    expect(within(stages).getByRole('img')).toHaveAccessibleName(
      /Review to approval 55 %, Approval to merge not known/,
    );
    const distribution = screen.getByRole('region', {
      name: 'How lead times are distributed',
    });
    expect(await within(distribution).findByRole('img')).toHaveAccessibleName(
      'Lead times of 130 changes, from 10 min to 1 d 12 h: half within 1 h 30 min, three quarters within 2 h 32 min, nine in ten within 5 h 40 min; most often between 1 h and 6 h.',
    );
    expect(distribution).toHaveTextContent(
      'one in ten takes longer than 5 h 40 min, 4 times as long.',
    );
    expect(api.getLeadTimes).toHaveBeenCalledWith(
      expect.objectContaining({ environment: 'staging' }),
    );
    await userEvent.click(within(distribution).getByText('Show as a table'));
    expect(
      await within(distribution).findByRole('row', { name: /^1 h to 6 h/ }),
    ).toHaveTextContent('1 h to 6 h9069 %92 %');
  });

  it('says so where there is none', async () => {
    show('/?tab=lead-time', {
      getMetrics: jest
        .fn()
        .mockResolvedValue(metricsResponse({ metrics: noMetrics })),
      getLeadTimes: jest.fn().mockResolvedValue(
        leadTimesResponse({
          status: 'no_data',
          changes: 0,
          p50Seconds: undefined,
          p75Seconds: undefined,
          p90Seconds: undefined,
          buckets: [],
        }),
      ),
    });
    expect(
      await screen.findByText('No changes with a known lead time'),
    ).toBeInTheDocument();
    expect(screen.getByText('No changes in this period.')).toBeInTheDocument();
  });
});

describe('data quality', () => {
  it('says what is missing, of which service, and where it could come from', async () => {
    show('/?tab=data-quality', {
      getMetrics: jest.fn().mockResolvedValue(
        metricsResponse({
          scope: { services: 3 },
          dataQuality: [
            {
              code: 'no_incident_source',
              services: ['component:default/a', 'component:default/b'],
            },
          ],
        }),
      ),
      getUnmapped: jest.fn().mockResolvedValue({
        items: [
          {
            hint: { repository: 'acme/shop' },
            reason: 'unknown_service',
            events: 7,
            firstSeen: '2026-01-02T00:00:00Z',
          },
        ],
      }),
    });
    const missing = await screen.findByRole('region', {
      name: 'What the numbers do not know',
    });
    expect(missing).toHaveTextContent('Failures of a and b are not reported');
    expect(
      await within(missing).findByRole('link', { name: 'PagerDuty' }),
    ).toHaveAttribute(
      'href',
      '/docs/default/component/portal/sources/pagerduty/',
    );
    expect(
      screen.getByRole('region', { name: 'What is missing, by service' }),
    ).toHaveTextContent('aincidentsbincidents');
    const unmapped = screen.getByRole('region', {
      name: 'Events that lead to no service',
    });
    expect(await within(unmapped).findByText('acme/shop')).toBeInTheDocument();
    expect(unmapped).toHaveTextContent('7 events since');
    const sources = screen.getByRole('region', { name: 'Sources' });
    expect(
      within(sources).getByRole('link', { name: 'Import a file' }),
    ).toHaveAttribute('href', '/delivery/import');
    expect(sources).toHaveTextContent(
      /CDEvents.*Receiving.*PagerDuty.*Not set up/,
    );
    expect(sources).toHaveTextContent(
      'http://localhost/api/dora/webhooks/pagerduty',
    );
  });
});

describe('the report', () => {
  it('has everything on one page, and prints once it has', async () => {
    const print = jest.fn();
    Object.defineProperty(window, 'print', { value: print, writable: true });
    show('/?tab=report', {
      getServices: jest.fn().mockResolvedValue({
        items: [
          {
            entityRef: 'component:default/basket',
            metrics: fullMetrics,
            sampleData: false,
          },
        ],
      }),
    });
    expect(
      await screen.findByRole('heading', {
        name: 'Delivery report: Everything',
      }),
    ).toBeInTheDocument();
    expect(
      await screen.findByRole('rowheader', { name: 'basket' }),
    ).toBeInTheDocument();
    for (const heading of [
      'In short',
      'Course',
      'Lead time',
      'How these numbers are defined',
    ]) {
      expect(
        screen.getByRole('heading', { name: heading, level: 3 }),
      ).toBeInTheDocument();
    }
    expect(screen.getAllByRole('img')).toHaveLength(7);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Print report' }),
    );
    expect(print).toHaveBeenCalledTimes(1);
    expect(
      screen.getByRole('link', { name: 'Back to the figures' }),
    ).toBeInTheDocument();
  });
});

describe('what is not the whole truth', () => {
  const beyond = {
    code: 'beyond_retention' as const,
    services: ['component:default/checkout'],
    since: '2025-06-01T00:00:00.000Z',
  };
  const pending = {
    code: 'facts_pending' as const,
    services: ['component:default/checkout'],
    count: 1,
  };
  const definition = { version: 1, environment: 'production' };
  const list = {
    definition,
    sampleData: false,
    dataQuality: [beyond, pending],
  };

  it.each(['overview', 'lead-time', 'report'])(
    'is said above the figures of %s',
    async tab => {
      show(`/?tab=${tab}`, {
        getMetrics: jest
          .fn()
          .mockResolvedValue(
            metricsResponse({ dataQuality: [pending, beyond] }),
          ),
      });
      const notes = await screen.findByRole('list', {
        name: 'What these numbers lack',
      });
      expect(notes).toHaveTextContent(
        /Not all kept.*The history of checkout is kept from 2025-06-01 on\..*Still counting.*Events of checkout are still being counted\./,
      );
    },
  );

  it.each(['services', 'deployments', 'incidents'])(
    'is said above the rows of %s by what those rows lack',
    async tab => {
      show(`/?tab=${tab}`, {
        getMetrics: jest
          .fn()
          .mockResolvedValue(metricsResponse({ dataQuality: [] })),
        getServices: jest.fn().mockResolvedValue({ items: [], ...list }),
        getDeployments: jest.fn().mockResolvedValue({ items: [], ...list }),
        getIncidents: jest.fn().mockResolvedValue({ items: [], ...list }),
      });
      expect(
        await screen.findByRole('list', { name: 'What these numbers lack' }),
      ).toHaveTextContent(/kept from 2025-06-01 on.*still being counted/);
    },
  );

  it.each(['overview', 'report', 'services', 'data-quality'])(
    'is not said in %s of events that came a moment ago',
    async tab => {
      const moment = { ...pending, since: beyond.since, waitedSeconds: 3 };
      show(`/?tab=${tab}`, {
        getMetrics: jest
          .fn()
          .mockResolvedValue(
            metricsResponse({ dataQuality: [moment], excluded: [] }),
          ),
        getServices: jest
          .fn()
          .mockResolvedValue({ items: [], ...list, dataQuality: [moment] }),
      });
      await waitFor(() =>
        expect(screen.queryByText(/^Loading/)).not.toBeInTheDocument(),
      );
      expect(screen.queryByText(/still being counted/)).not.toBeInTheDocument();
      // Where somebody looks for it, it is there.
      expect(screen.queryAllByText(/Everything that arrived by/)).toHaveLength(
        ['data-quality', 'report'].includes(tab) ? 1 : 0,
      );
      expect(
        screen.queryByText(/Nothing is missing and nothing was left out/),
      ).not.toBeInTheDocument();
    },
  );

  it.each([
    ['overview', 3, /Everything that arrived by .* is counted/],
    ['report', 3, /Everything that arrived by .* is counted/],
    ['overview', 60, /still being counted; the numbers are as of/],
    ['report', 60, /still being counted; the numbers are as of/],
  ])(
    'is said in %s beside how to report the first deployment, of one that came %i seconds ago',
    async (tab, waitedSeconds, words) => {
      show(`/?tab=${tab}`, {
        getMetrics: jest.fn().mockResolvedValue(
          metricsResponse({
            scope: { services: 1 },
            metrics: noMetrics,
            dataQuality: [
              {
                code: 'no_deployments',
                services: ['component:default/checkout'],
              },
              { ...pending, since: beyond.since, waitedSeconds },
            ],
          }),
        ),
      });
      expect(
        await screen.findByText('Report the first deployment'),
      ).toBeInTheDocument();
      expect(screen.getByText(words)).toBeInTheDocument();
    },
  );

  it('is in the files of Data quality, however short events wait', async () => {
    const young = {
      ...pending,
      since: '2026-01-20T12:00:00.000Z',
      waitedSeconds: 3,
    };
    const late = {
      ...pending,
      services: ['component:default/ledger'],
      since: '2026-01-20T11:00:00.000Z',
      waitedSeconds: 3_603,
    };
    show('/?tab=data-quality', {
      getMetrics: jest.fn().mockResolvedValue(
        metricsResponse({
          scope: { services: 2 },
          dataQuality: [late, young],
        }),
      ),
    });
    expect(
      await screen.findByText(/^Events of ledger are still being counted/),
    ).toBeInTheDocument();
    expect(
      screen.queryByText(/^Events of checkout are still being counted/),
    ).not.toBeInTheDocument();
    expect(
      screen.getByText(/^Of checkout, everything that arrived by/),
    ).toBeInTheDocument();
    const file = async (name: string) => {
      await userEvent.click(screen.getByRole('button', { name }));
      return jest.mocked(downloadText).mock.lastCall![2];
    };
    expect(await file('Download CSV: what the numbers do not know')).toMatch(
      /facts_pending,1,2026-01-20T11:.*default\/ledger[^]*facts_pending,1,2026-01-20T12:.*default\/checkout/,
    );
    expect(await file('Download CSV: what is missing')).toMatch(
      /default\/checkout,facts_pending[^]*default\/ledger,facts_pending/,
    );
  });

  it('is not said where nothing is amiss, or only something is not connected', async () => {
    show('/');
    await screen.findByRole('region', { name: 'Change lead time' });
    expect(
      screen.queryByRole('list', { name: 'What these numbers lack' }),
    ).not.toBeInTheDocument();
  });
});
