import type { Entity } from '@backstage/catalog-model';
import { screen } from '@testing-library/react';

import { ines, payments } from '../../__testUtils__/people';
import { showOnCall } from '../../__testUtils__/showOnCall';
import { MemberCoverage, OwnSchedules } from './OwnSchedules';
import { runbooksOf } from './runbooks';

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
