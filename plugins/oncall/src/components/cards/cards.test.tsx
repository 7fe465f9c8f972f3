import type { Entity } from '@backstage/catalog-model';
import { screen } from '@testing-library/react';

import { ines, payments } from '../../__testUtils__/people';
import { showOnCall } from '../../__testUtils__/showOnCall';
import { MemberCoverage, OwnSchedules } from './OwnSchedules';
import { runbooksOf } from './runbooks';
import { ServiceFacts } from './ServiceFacts';

jest.setTimeout(60_000);

const entity = (kind: string, name: string, extra: Partial<Entity> = {}) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name, namespace: 'default' },
  ...extra,
});
const everybodyNow = async () => ({
  at: '2026-11-21T00:00:00Z',
  schedules: [
    {
      schedule: payments,
      coverage: 'full' as const,
      levels: [{ level: 1, name: 'Primary', people: [ines] }],
      services: 2,
      mine: true,
      canChange: true,
    },
    {
      schedule: {
        ...payments,
        ref: 'oncallschedule:default/x',
        title: 'Other',
        ownerRef: 'group:default/x',
      },
      coverage: 'gap' as const,
      levels: [],
      services: 0,
      mine: false,
      canChange: false,
    },
  ],
  totals: { services: 2, full: 1, gap: 0, none: 1 },
  services: [
    { entityRef: 'component:default/a', title: 'A', coverage: 'full' as const },
    { entityRef: 'component:default/b', title: 'B', coverage: 'none' as const },
    { entityRef: 'component:default/c', title: 'C', coverage: 'none' as const },
  ],
});

it('lists the schedules a group owns, and only these', async () => {
  showOnCall(<OwnSchedules entity={entity('Group', 'payments')} />, {
    everybodyNow,
  });
  const list = await screen.findByRole('list', {
    name: 'Schedules of this group',
  });
  expect(list).toHaveTextContent(/Payments on call.*answers for 2 services/);
  expect(list).not.toHaveTextContent('Other');
});

it('says which services of a system nobody is on call for', async () => {
  showOnCall(
    <MemberCoverage
      entity={entity('System', 'shop', {
        relations: ['a', 'b'].map(name => ({
          type: 'hasPart',
          targetRef: `component:default/${name}`,
        })),
      })}
    />,
    { everybodyNow },
  );
  expect(await screen.findByText(/1 of 2, 50 %/)).toBeInTheDocument();
  expect(screen.getByRole('list', { name: 'Without cover' })).toHaveTextContent(
    'BNo schedule',
  );
});

describe('what somebody who is called looks for next', () => {
  const incident = {
    id: 'pd:1',
    serviceRef: 'component:default/ledger',
    title: 'Refunds fail',
    url: 'https://pager.example/1',
  };
  const deployment = {
    id: 'd1',
    serviceRef: 'component:default/ledger',
    finishedAt: '2026-11-20T12:00:00Z',
    outcome: 'failed',
    revision: '0123456789abcdef',
  };
  const asked: string[] = [];
  /** Delivery metrics with these records of whatever they are asked for. */
  const facts = (
    kind: string,
    answers: { incidents: object[]; deployments: object[] },
  ) => {
    asked.length = 0;
    showOnCall(
      <ServiceFacts entity={entity(kind, 'pay')} />,
      {},
      {
        delivery: async input => {
          const url = new URL(String(input));
          asked.push(`${url.pathname} ${url.searchParams.get('entityRef')}`);
          return Response.json({
            items: url.pathname.endsWith('/incidents')
              ? answers.incidents
              : answers.deployments,
          });
        },
      },
    );
  };

  it('leads from a service to its incidents and its last deployment', async () => {
    facts('Component', { incidents: [incident], deployments: [deployment] });
    expect(
      await screen.findByRole('link', { name: 'Refunds fail' }),
    ).toHaveAttribute(
      'href',
      '/delivery?tab=incidents&incident=component%3Adefault%2Fledger+pd%3A1',
    );
    expect(screen.getByText('1 incident')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: '01234567' })).toHaveAttribute(
      'href',
      '/delivery?deployment=d1',
    );
    expect(screen.getByText('Failed')).toBeInTheDocument();
    expect(screen.getByText(/None is linked/)).toBeInTheDocument();
    expect(screen.queryByText('ledger')).not.toBeInTheDocument();
  });

  it.each([
    ['Group', 'group:default/pay', 0],
    ['System', 'system:default/pay', 1],
  ])(
    'tells of a %s which of its services it is',
    async (kind, ref, runbooks) => {
      facts(kind, { incidents: [incident], deployments: [deployment] });
      expect(
        await screen.findAllByRole('link', { name: 'ledger' }),
      ).toHaveLength(2);
      expect(asked.sort()).toEqual([
        `/api/dora/deployments ${ref}`,
        `/api/dora/incidents ${ref}`,
      ]);
      expect(screen.queryAllByText(/None is linked/)).toHaveLength(runbooks);
    },
  );

  it('says that there is nothing', async () => {
    facts('Component', { incidents: [], deployments: [] });
    expect(await screen.findByText('None in 180 days')).toBeInTheDocument();
    expect(screen.getByText('None')).toBeInTheDocument();
  });
});

it.each([
  [
    { url: 'https://x.example/1', type: 'Runbook', title: 'Steps' },
    'Runbook: Steps',
  ],
  [{ url: 'https://x.example/1', type: 'runbook' }, 'Runbook'],
  [{ url: 'https://x.example/1', title: 'Ledger runbook' }, 'Ledger runbook'],
  [{ url: 'https://x.example/1', title: 'Playbook' }, 'Playbook'],
  [{ url: 'https://x.example/1', title: 'Dashboard' }, undefined],
  [{ url: 'ftp://x.example/1', title: 'Runbook' }, undefined],
])('takes %j for a runbook: %s', (link, title) => {
  const found = runbooksOf(
    entity('Component', 'a', { metadata: { name: 'a', links: [link] } }),
  );
  expect(found.map(one => one.title)).toEqual(title ? [title] : []);
});
