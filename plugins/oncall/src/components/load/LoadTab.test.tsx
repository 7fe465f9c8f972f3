import type { LoadAnswer } from '@pavedroad/plugin-oncall-common';
import { screen, within } from '@testing-library/react';

import type { OnCallApi } from '../../api';
import { ines, payments, tomas } from '../../__testUtils__/people';
import { showOnCall } from '../../__testUtils__/showOnCall';
import { LoadTab, sentence } from './LoadTab';

jest.setTimeout(60_000);

const hour = 3600;
const person = (who: typeof ines, hours: number, pages: number) => ({
  person: who,
  seconds: hours * hour,
  nightSeconds: (hours / 4) * hour,
  weekendSeconds: 0,
  shifts: 2,
  pages,
  nightPages: pages > 1 ? 1 : 0,
  incidents: 1,
  coveredForOthersSeconds: 0,
});
const load: LoadAnswer = {
  from: '2026-10-24T00:00:00Z',
  to: '2026-11-21T00:00:00Z',
  timeZone: 'UTC',
  scheduleRefs: [payments.ref],
  // Whoever carries most comes first here, and must not on the screen.
  people: [person(tomas, 60, 3), person(ines, 40, 0)],
  totals: { seconds: 100 * hour, pages: 3, incidents: 1 },
  notes: [{ code: 'x', message: 'Pages of one provider are not known' }],
};
const answers: Partial<OnCallApi> = {
  everybodyNow: async () => ({
    at: load.to,
    schedules: [
      {
        schedule: payments,
        coverage: 'full',
        levels: [],
        services: 1,
        mine: true,
        canChange: true,
      },
    ],
    totals: { services: 1, full: 1, gap: 0, none: 0 },
  }),
  load: async () => load,
  recovery: async () => ({
    from: load.from,
    to: load.to,
    schedules: [
      {
        scheduleRef: payments.ref,
        title: 'Payments on call',
        incidents: 3,
        recovered: 2,
        p50Seconds: 1800,
        status: 'insufficient_data',
      },
    ],
  }),
};

it('shows what each carries by name, says who sees it, and what is not known', async () => {
  const asked = jest.fn(answers.load!);
  showOnCall(<LoadTab />, { ...answers, load: asked });
  const rows = [...(await screen.findByLabelText('Load by person')).children]
    .map(row => row.textContent ?? '')
    .join(' ');
  expect(rows.indexOf(ines.displayName)).toBeLessThan(
    rows.indexOf(tomas.displayName),
  );
  expect(rows).toContain('3 (1 at night)');
  expect(screen.getByText(sentence(load))).toBeInTheDocument();
  expect(
    screen.getByText(/Members of the group that owns/),
  ).toBeInTheDocument();
  expect(
    screen.getByText('Pages of one provider are not known'),
  ).toBeInTheDocument();
  expect(asked).toHaveBeenCalledWith(
    expect.objectContaining({ schedule: payments.ref, timeZone: 'UTC' }),
  );
});

it('shows how fast incidents were over by schedule, and that they are few', async () => {
  showOnCall(<LoadTab />, answers);
  const list = await screen.findByRole('list', {
    name: 'Recovery by schedule',
  });
  expect(
    within(list)
      .getAllByRole('listitem')
      .map(item => item.textContent),
  ).toEqual([
    `${payments.title}3 incidents, 2 over; half within 30 min; too few incidents to go by`,
  ]);
});

it('says why it shows nothing to who is no member, and keeps the rest', async () => {
  showOnCall(<LoadTab />, {
    ...answers,
    load: async () => {
      throw new Error('Only members of payments see this');
    },
  });
  expect(
    await screen.findByText(/Only members of payments see this/),
  ).toBeInTheDocument();
  expect(
    await screen.findByRole('list', { name: 'Recovery by schedule' }),
  ).toBeInTheDocument();
});

it('tells who is no member that it is shown to others', async () => {
  showOnCall(<LoadTab />, {
    ...answers,
    load: async () => {
      throw Object.assign(new Error('group:default/payments'), {
        statusCode: 403,
      });
    },
  });
  expect(await screen.findByText('Shown to the group')).toBeInTheDocument();
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
});

it('comes to one sentence', () => {
  expect(sentence(load)).toBe(
    '2 people carried 4 d 4 h, 25 % of it at night, with 3 pages and 1 incident.',
  );
});
