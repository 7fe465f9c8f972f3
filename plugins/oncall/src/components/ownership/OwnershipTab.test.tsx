import type { HygieneAnswer } from '@pavedroad/plugin-oncall-common';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { showOnCall } from '../../__testUtils__/showOnCall';
import { OwnershipTab } from './OwnershipTab';

jest.setTimeout(60_000);

const answer: HygieneAnswer = {
  at: '2026-11-21T00:00:00Z',
  services: 10,
  servicesCovered: 8,
  counts: [
    { code: 'no-owner', count: 1 },
    { code: 'schedule-gap', count: 1 },
    { code: 'ambiguous', count: 0 },
  ],
  findings: [
    {
      code: 'no-owner',
      severity: 'bad',
      entityRef: 'component:default/orphan',
      title: 'Orphan',
      message: 'It has no owner',
      fix: { text: 'Set spec.owner', url: 'https://git.example/orphan' },
    },
    {
      code: 'schedule-gap',
      severity: 'warning',
      entityRef: 'oncallschedule:default/pay',
      title: 'Payments',
      ownerRef: 'group:default/payments',
      message: 'Nobody on Friday',
      fix: { text: 'Add a layer' },
    },
  ],
};

it('says how many services are covered, and what to mend where', async () => {
  showOnCall(<OwnershipTab />, { hygiene: async () => answer });
  expect(
    await screen.findByText(/8 of 10, 80 % of services have somebody/),
  ).toBeInTheDocument();
  const list = screen.getByRole('list', { name: 'Findings' });
  expect(
    within(list).getByRole('link', { name: 'Set spec.owner' }),
  ).toHaveAttribute('href', 'https://git.example/orphan');
  // Kinds of which there is none take no room.
  expect(
    within(screen.getByRole('list', { name: 'Findings by kind' })).getAllByRole(
      'button',
    ),
  ).toHaveLength(2);
});

it('is narrowed down by kind and by search, and back', async () => {
  showOnCall(<OwnershipTab />, { hygiene: async () => answer });
  const kind = await screen.findByRole('button', { name: /1\s*Gap ahead/ });
  await userEvent.click(kind);
  const list = screen.getByRole('list', { name: 'Findings' });
  expect(list).not.toHaveTextContent('Orphan');
  expect(list).toHaveTextContent('Nobody on Friday');
  expect(kind).toHaveAttribute('aria-pressed', 'true');
  await userEvent.click(kind);
  await userEvent.type(screen.getByRole('searchbox'), 'orphan');
  expect(screen.getByRole('list', { name: 'Findings' })).not.toHaveTextContent(
    'Nobody on Friday',
  );
  await userEvent.type(screen.getByRole('searchbox'), ' and nothing else');
  expect(screen.getByText('No finding fits')).toBeInTheDocument();
});

it('says so when there is nothing to mend', async () => {
  showOnCall(<OwnershipTab />, {
    hygiene: async () => ({
      ...answer,
      servicesCovered: 10,
      counts: [],
      findings: [],
    }),
  });
  expect(await screen.findByText('Nothing to mend')).toBeInTheDocument();
});
