import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import {
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import type {
  EntityNow,
  EverybodyNow,
  MyShiftsAnswer,
} from '@pavedroad/plugin-oncall-common';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { JSX } from 'react';
import { SWRConfig } from 'swr';

import { onCallApiRef, type OnCallApi } from '../api';
import { onCallApiWith } from '../__testUtils__/onCallApiWith';
import { rootRouteRef } from '../routes';
import { EntityOnCallCard } from './EntityOnCallCard';
import { OnCallPage } from './OnCallPage';
import { OnCallWidget } from './OnCallWidget';
import { ScheduleTable } from './Schedules';
import { ScheduleShiftsCard } from './ScheduleShiftsCard';

// Rendering the test app alone takes seconds on a busy machine.
jest.setTimeout(30_000);

const until = '2026-11-23T09:00:00+00:00';
const ines = {
  ref: 'user:default/ines',
  displayName: 'Inês Duarte',
  known: true,
  email: 'ines@example.com',
  links: [{ url: 'https://chat.example.com/ines', title: 'Chat' }],
};
const tomas = {
  ref: 'user:default/tomas',
  displayName: 'Tomás Reis',
  known: true,
  links: [],
};
const stranger = {
  ref: 'user:default/ghost',
  displayName: 'ghost',
  known: false,
  links: [],
};
const schedule = {
  ref: 'oncallschedule:default/pay',
  title: 'Payments on call',
  ownerRef: 'group:default/payments',
  timeZone: 'Europe/Lisbon',
  provider: 'native',
  version: { number: 2, takenUpAt: '2026-11-01T00:00:00Z', assumed: false },
};
const full: EntityNow = {
  entityRef: 'component:default/ledger',
  at: '2026-11-20T12:00:00Z',
  coverage: 'full',
  schedule,
  levels: [
    {
      level: 1,
      name: 'Primary',
      people: [
        {
          ...ines,
          until,
          replaces: { ref: tomas.ref, displayName: tomas.displayName },
        },
      ],
      until,
      next: { from: until, people: [tomas] },
    },
    { level: 2, name: 'Lead', people: [stranger] },
  ],
  until,
  canChange: true,
  trail: [
    {
      step: 'annotation',
      entityRef: 'component:default/ledger',
      outcome: 'nothing',
      message: 'No annotation pavedroad.dev/on-call-schedule',
    },
    {
      step: 'owner',
      entityRef: 'group:default/payments',
      outcome: 'found',
      message: 'Payments has this schedule',
      scheduleRef: schedule.ref,
    },
  ],
};
const none: EntityNow = {
  entityRef: 'component:default/ledger',
  at: '2026-11-20T12:00:00Z',
  coverage: 'none',
  reason: {
    code: 'ambiguous',
    message:
      'Payments has several schedules and does not say which one answers',
    fix: 'Set the annotation pavedroad.dev/on-call-schedule on group:default/payments to one of them',
  },
  levels: [],
  canChange: false,
  trail: [
    {
      step: 'owner',
      entityRef: 'group:default/payments',
      outcome: 'ambiguous',
      message: 'Payments has 2 schedules (a, b) and names none of them',
    },
  ],
};
const nobody = {
  code: 'nobody' as const,
  message: 'The schedule Platform on call has nobody on call at this time',
  fix: 'Add somebody by an override',
};
const everybody: EverybodyNow = {
  at: '2026-11-20T12:00:00Z',
  schedules: [
    {
      schedule,
      coverage: 'full',
      levels: full.levels,
      until,
      next: { from: until, level: 1, people: [tomas] },
      services: 1,
      mine: true,
      canChange: true,
    },
    {
      schedule: {
        ...schedule,
        ref: 'oncallschedule:default/platform',
        title: 'Platform on call',
        ownerRef: 'group:default/platform',
      },
      coverage: 'gap',
      reason: nobody,
      levels: [{ level: 1, name: 'Primary', people: [] }],
      services: 1,
      mine: false,
      canChange: false,
    },
  ],
  totals: { services: 3, full: 1, gap: 1, none: 1 },
  services: [
    {
      entityRef: 'component:default/ledger',
      title: 'Ledger',
      coverage: 'full',
      scheduleRef: schedule.ref,
    },
    {
      entityRef: 'component:default/runner',
      title: 'Runner',
      coverage: 'gap',
      scheduleRef: 'oncallschedule:default/platform',
      reason: nobody,
    },
    {
      entityRef: 'component:default/orphan',
      title: 'Orphan',
      coverage: 'none',
      reason: {
        code: 'no-owner',
        message: 'The component Orphan has no owner',
        fix: 'Set spec.owner',
      },
    },
  ],
};

function show(
  element: JSX.Element,
  answers: Partial<OnCallApi>,
  options: { path?: string; user?: string } = {},
) {
  return renderInTestApp(
    <SWRConfig value={{ provider: () => new Map() }}>{element}</SWRConfig>,
    {
      apis: [
        [onCallApiRef, onCallApiWith(answers)],
        mockApis.identity({ userEntityRef: options.user ?? ines.ref }),
      ],
      mountedRoutes: {
        '/catalog/:namespace/:kind/:name': entityRouteRef,
        '/on-call': rootRouteRef,
      },
      initialRouteEntries: [options.path ?? '/'],
    },
  );
}

const card = (
  <EntityProvider
    entity={{
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: { name: 'ledger', namespace: 'default' },
    }}
  >
    <EntityOnCallCard />
  </EntityProvider>
);

describe('the card', () => {
  it('shows all levels, contacts, until when, who is next and how it was found', async () => {
    show(card, { entityNow: async () => full });
    const primary = await screen.findByRole('list', {
      name: 'On call: Primary',
    });
    expect(
      within(primary).getByRole('link', { name: 'Inês Duarte' }),
    ).toHaveAttribute('href', '/catalog/default/user/ines');
    expect(
      within(primary).getByText('In place of Tomás Reis'),
    ).toBeInTheDocument();
    expect(
      within(primary).getByRole('link', { name: 'ines@example.com' }),
    ).toHaveAttribute('href', 'mailto:ines@example.com');
    expect(
      within(primary).getByRole('link', { name: 'Chat' }),
    ).toBeInTheDocument();
    const { timeZone: zone } = new Intl.DateTimeFormat().resolvedOptions();
    const time = screen.getByText(new RegExp(`2026.* ${zone} \\(`));
    expect(time).toHaveAttribute('datetime', until);
    expect(time).toHaveAttribute(
      'title',
      expect.stringContaining('Europe/Lisbon'),
    );
    expect(screen.getByText('Next: Tomás Reis')).toBeInTheDocument();
    // A person the catalog does not know is named, not linked.
    const lead = screen.getByRole('list', { name: 'On call: Lead' });
    expect(within(lead).getByText('ghost')).toBeInTheDocument();
    expect(within(lead).queryByRole('link')).not.toBeInTheDocument();
    expect(screen.getByText('No change in sight')).toBeInTheDocument();

    await userEvent.click(screen.getByText('How this was found'));
    expect(screen.getByText(/Payments has this schedule/)).toBeVisible();
    expect(
      screen.getByRole('link', { name: 'Payments on call' }),
    ).toBeInTheDocument();
  });

  it('never stays blank: it says why nobody answers, how to mend it, and the trail', async () => {
    show(card, { entityNow: async () => none });
    expect(await screen.findByText('No on-call schedule')).toBeInTheDocument();
    expect(
      screen.getByText(/several schedules and does not say/),
    ).toBeInTheDocument();
    expect(
      screen.getByText(/To mend it: Set the annotation/),
    ).toBeInTheDocument();
    expect(screen.getByText(/names none of them/)).toBeVisible();
  });

  const phone = (name: string) => ({
    url: `tel:+3512000000${name.length}`,
    title: 'Mobile',
  });
  const [primary, lead] = full.levels;
  const levels = [
    { ...primary, people: [{ ...ines, links: [phone('ines')] }] },
    { ...lead, people: [{ ...tomas, links: [phone('tomas')] }] },
    {
      level: 3,
      name: 'Manager',
      people: [{ ...stranger, links: [phone('ghost')] }],
    },
  ];
  it.each<[string, string[], string, string | undefined]>([
    ['the first', [], 'Inês Duarte', undefined],
    [
      'the second when the first is empty',
      ['Primary'],
      'Tomás Reis',
      'Called first: nobody is on call on Primary',
    ],
    [
      'the third when those before are empty',
      ['Primary', 'Lead'],
      'ghost',
      'Called first: nobody is on call on Primary or Lead',
    ],
  ])('has one level to call: %s', async (_, empty, called, words) => {
    show(card, {
      entityNow: async () => ({
        ...full,
        levels: levels.map(level =>
          empty.includes(level.name) ? { ...level, people: [] } : level,
        ),
      }),
    });
    const calls = await screen.findAllByRole('link', { name: /^Call / });
    expect(
      calls
        .filter(link => link.dataset.variant === 'primary')
        .map(link => link.getAttribute('aria-label')),
    ).toEqual([`Call ${called}: Mobile`]);
    // Nothing stands before whom to call but the name of the level.
    const [level, ...others] = screen.getByRole('list', {
      name: 'Escalation levels',
    }).children;
    expect(level).toContainElement(calls[0]);
    expect(others).toEqual([]);
    for (const name of empty) {
      expect(
        within(screen.getByRole('list', { name: 'Other levels' })).getByText(
          name,
        ),
      ).toBeInTheDocument();
    }
    expect(
      screen.queryAllByText(/^Called first/).map(found => found.textContent),
    ).toEqual(words ? [words] : []);
  });

  it.each([
    [true, 'Change this schedule', /to have this schedule changed/],
    [false, /^payments$/, 'Change this schedule'],
  ])('leads to the form who may change it: %s', async (may, link, without) => {
    show(
      <EntityProvider
        entity={{
          apiVersion: 'pavedroad.dev/v1alpha1',
          kind: 'OnCallSchedule',
          metadata: { name: 'pay', namespace: 'default' },
        }}
      >
        <EntityOnCallCard />
      </EntityProvider>,
      {
        entityNow: async () => ({
          ...full,
          entityRef: schedule.ref,
          canChange: may,
        }),
        pages: async () => ({ pages: [] }),
      },
    );
    // How the answer was found names the group, too, further down.
    const [first] = await screen.findAllByRole('link', { name: link });
    expect(first).toHaveAttribute(
      'href',
      may
        ? '/on-call/schedules/default/pay'
        : '/catalog/default/group/payments',
    );
    expect(screen.queryByText(without)).not.toBeInTheDocument();
  });

  it('leads to the form from a schedule that is not in force', async () => {
    show(
      <EntityProvider
        entity={{
          apiVersion: 'pavedroad.dev/v1alpha1',
          kind: 'OnCallSchedule',
          metadata: { name: 'pay', namespace: 'default' },
        }}
      >
        <EntityOnCallCard />
      </EntityProvider>,
      {
        entityNow: async () => ({
          entityRef: schedule.ref,
          at: full.at,
          coverage: 'none',
          levels: [],
          canChange: true,
          trail: [],
        }),
      },
    );
    expect(
      await screen.findByRole('link', { name: 'Change this schedule' }),
    ).toHaveAttribute('href', '/on-call/schedules/default/pay');
  });

  it('marks the schedules of the sample organisation', async () => {
    show(card, {
      entityNow: async () => ({
        ...full,
        schedule: { ...schedule, sampleData: true },
      }),
    });
    expect(await screen.findByText('Sample data')).toBeInTheDocument();
  });

  it('says that an answer is old when the provider fails', async () => {
    show(card, {
      entityNow: async () => ({
        ...full,
        schedule: {
          ...schedule,
          provider: 'pager',
          stale: true,
          ageSeconds: 600,
        },
      }),
    });
    expect(
      await screen.findByText(/this answer is 10 min old/),
    ).toBeInTheDocument();
  });

  it('holds its place while loading, and offers another try after an error', async () => {
    const entityNow = jest
      .fn()
      .mockRejectedValueOnce(new Error('The back end is away'))
      .mockResolvedValue(full);
    show(card, { entityNow });
    expect(await screen.findByText(/The back end is away/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByRole('link', { name: 'Inês Duarte' }),
    ).toBeInTheDocument();
  });
});

describe('the page', () => {
  it('is a list with contacts on a telephone', async () => {
    show(<OnCallPage />, {
      everybodyNow: async () => everybody,
    });
    const list = await screen.findByRole('list', { name: 'Schedules' });
    expect(
      within(list).getByRole('link', { name: 'ines@example.com' }),
    ).toBeInTheDocument();
  });

  it('is a table with a row for each level where there is room', async () => {
    const onChoose = jest.fn();
    show(
      <ScheduleTable
        rows={everybody.schedules}
        chosen={undefined}
        markSamples
        onChoose={onChoose}
      />,
      {},
    );
    const cells = (row: HTMLElement) =>
      within(row)
        .getAllByRole('cell')
        .map(cell => cell.textContent?.replace(/ UTC.*/, ''));
    const primary = await screen.findByRole('row', { name: /Inês Duarte/ });
    expect(cells(primary)).toEqual([
      'Primary',
      'Inês DuarteChatines@example.com',
      expect.stringContaining('2026'),
      'Tomás Reis',
    ]);
    expect(cells(screen.getByRole('row', { name: /Lead/ }))).toEqual([
      'Lead',
      'ghostNo contact is known',
      'No change in sight',
      '',
    ]);
    expect(
      screen.getByRole('row', { name: /Platform on call/ }),
    ).toHaveTextContent('To mend it: Add somebody by an override.');
    await userEvent.click(
      within(primary).getByRole('button', { name: /Next two weeks/ }),
    );
    expect(onChoose).toHaveBeenCalledWith(schedule.ref);
  });

  it('shows everybody, the worst first, and the services nobody answers for', async () => {
    show(<OnCallPage />, { everybodyNow: async () => everybody });
    expect(
      await screen.findByText(/2 people on call; 1 of 3 services covered/),
    ).toBeInTheDocument();
    const list = await screen.findByRole('list', { name: 'Schedules' });
    const rows = [...list.children];
    expect(rows[0]).toHaveTextContent('Platform on call');
    expect(rows[0]).toHaveTextContent('Nobody is on call');
    expect(rows[1]).toHaveTextContent('Inês Duarte');
    const uncovered = screen.getByRole('region', {
      name: 'Services nobody answers for',
    });
    expect(uncovered).toHaveTextContent('The component Orphan has no owner');
  });

  it('offers to page where somebody would be called, also on a later level', async () => {
    const [own, platform] = everybody.schedules;
    show(<OnCallPage />, {
      everybodyNow: async () => ({
        ...everybody,
        schedules: [
          platform,
          {
            ...own,
            levels: [{ ...own.levels[0], people: [] }, own.levels[1]],
          },
        ],
      }),
    });
    await userEvent.click(
      await screen.findByRole('button', {
        name: 'Page whoever is on call: Payments on call',
      }),
    );
    expect(screen.getByRole('dialog')).toHaveTextContent(
      /This calls ghost now/,
    );
    expect(
      screen.queryByRole('button', {
        name: 'Page whoever is on call: Platform on call',
        hidden: true,
      }),
    ).not.toBeInTheDocument();
  });

  it('leads nowhere from a hidden name, and does not count people', async () => {
    const name = 'Somebody on Payments on call';
    show(<OnCallPage />, {
      everybodyNow: async () => ({
        ...everybody,
        schedules: everybody.schedules.map(row => ({
          ...row,
          levels: row.levels.map(level => ({
            ...level,
            people: level.people.map(person => ({
              ...person,
              ref: 'user:hidden/1',
              displayName: name,
              known: true,
              hidden: true,
            })),
          })),
        })),
      }),
    });
    expect((await screen.findAllByText(name)).length).toBeGreaterThan(0);
    expect(screen.queryByRole('link', { name })).not.toBeInTheDocument();
    expect(
      screen.getByText('1 of 3 services covered on every level'),
    ).toBeInTheDocument();
  });

  it.each([
    ['a service', 'runner', 'Platform on call', 'Payments on call'],
    ['a person', 'inês', 'Payments on call', 'Platform on call'],
    [
      'a team',
      'group:default/payments',
      'Payments on call',
      'Platform on call',
    ],
  ])('finds a schedule by %s', async (_, text, found, left) => {
    show(<OnCallPage />, { everybodyNow: async () => everybody });
    await userEvent.type(await screen.findByRole('searchbox'), text);
    await waitFor(() =>
      expect(screen.queryByText(left)).not.toBeInTheDocument(),
    );
    expect(screen.getByText(found)).toBeInTheDocument();
  });

  it('narrows down to mine, and back', async () => {
    show(<OnCallPage />, { everybodyNow: async () => everybody });
    await userEvent.click(await screen.findByRole('radio', { name: 'Mine' }));
    await waitFor(() =>
      expect(screen.queryByText('Platform on call')).not.toBeInTheDocument(),
    );
    await userEvent.type(screen.getByRole('searchbox'), 'nothing fits this');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Show all' }),
    );
    expect(await screen.findByText('Platform on call')).toBeInTheDocument();
  });

  it('shows two weeks of a schedule, with its gaps, also as a table', async () => {
    const from = new Date(Date.now() + 3_600_000).toISOString();
    const to = new Date(Date.now() + 90_000_000).toISOString();
    show(<OnCallPage />, {
      everybodyNow: async () => everybody,
      shifts: async () => ({
        schedule,
        from,
        to,
        shifts: [{ level: 1, person: ines, from, to }],
      }),
      handover: async () => ({
        schedule,
        notes: [],
        incidents: [],
        pages: [],
        canWrite: false,
      }),
      coverage: async () => ({
        from,
        to,
        schedules: [
          {
            scheduleRef: schedule.ref,
            title: schedule.title,
            timeZone: schedule.timeZone,
            gaps: [
              {
                level: 1,
                from: to,
                to: new Date(Date.now() + 1e8).toISOString(),
              },
            ],
            doubleBookings: [],
          },
        ],
        doubleBookings: [],
      }),
    });
    await userEvent.click(
      await screen.findByRole('button', {
        name: 'Next two weeks of Payments on call',
      }),
    );
    const weeks = await screen.findByRole('region', {
      name: 'Next two weeks: Payments on call',
    });
    expect(
      await within(weeks).findByText(/1 gap: at these times/),
    ).toBeInTheDocument();
    await userEvent.click(within(weeks).getByText('As a table'));
    const cells = within(weeks)
      .getAllByRole('cell')
      .map(c => c.textContent);
    expect(cells.filter(c => c === 'Inês Duarte' || c === 'Nobody')).toEqual([
      'Inês Duarte',
      'Nobody',
    ]);
  });

  it('says what to do when there are no schedules', async () => {
    show(<OnCallPage />, {
      everybodyNow: async () => ({
        at: everybody.at,
        schedules: [],
        totals: { services: 0, full: 0, gap: 0, none: 0 },
        services: [],
      }),
    });
    expect(
      await screen.findByText('There are no on-call schedules yet'),
    ).toBeInTheDocument();
  });
});

describe('the page of a schedule', () => {
  it('shows its next two weeks by the names of its levels', async () => {
    const from = new Date(Date.now() + 3_600_000).toISOString();
    const to = new Date(Date.now() + 90_000_000).toISOString();
    show(
      <EntityProvider
        entity={{
          apiVersion: 'pavedroad.dev/v1alpha1',
          kind: 'OnCallSchedule',
          metadata: { name: 'pay', title: 'Payments on call' },
          spec: { levels: [{ layers: [] }, { name: 'Lead', layers: [] }] },
        }}
      >
        <ScheduleShiftsCard />
      </EntityProvider>,
      {
        shifts: async () => ({
          schedule,
          from,
          to,
          shifts: [{ level: 2, person: ines, from, to }],
        }),
        coverage: async () => ({
          from,
          to,
          schedules: [],
          doubleBookings: [],
        }),
        handover: async () => ({
          schedule,
          notes: [],
          incidents: [],
          pages: [],
          canWrite: true,
        }),
      },
    );
    expect(
      await screen.findByRole('textbox', { name: /Write a note/ }),
    ).toBeInTheDocument();
    await userEvent.click(await screen.findByText('As a table'));
    expect(screen.getByRole('row', { name: /^Lead Inês/ })).toBeInTheDocument();
    expect(screen.getByText('Level 1')).toBeInTheDocument();
  });
});

describe('the widget', () => {
  const shift = (
    from: number,
    to: number,
  ): MyShiftsAnswer['shifts'][number] => ({
    scheduleRef: schedule.ref,
    title: schedule.title,
    timeZone: schedule.timeZone,
    editable: true,
    level: 1,
    levelName: 'Primary',
    from: new Date(Date.now() + from * 86_400_000).toISOString(),
    to: new Date(Date.now() + to * 86_400_000).toISOString(),
    previous: [],
    next: [tomas],
  });
  const answer =
    (...shifts: MyShiftsAnswer['shifts']) =>
    async () => ({
      person: ines,
      from: until,
      to: until,
      shifts,
    });

  it('says until when you are on call, and when you are next', async () => {
    show(<OnCallWidget />, { myShifts: answer(shift(-1, 6.5), shift(20, 27)) });
    expect(await screen.findByText('You are on call')).toBeInTheDocument();
    expect(
      screen.getByText(/Payments on call, Primary, until/),
    ).toHaveTextContent('in 6 days');
    expect(
      screen.getByText(/Payments on call, Primary, from/),
    ).toHaveTextContent(/in (20 days|2 weeks)/);
    expect(screen.getByRole('link', { name: 'Your shifts' })).toHaveAttribute(
      'href',
      '/on-call/my-shifts',
    );
    expect(
      screen.getByRole('link', { name: 'Everybody on call' }),
    ).toHaveAttribute('href', '/on-call');
  });

  it('gives no end to what has none', async () => {
    show(<OnCallWidget />, { myShifts: answer(shift(-1, 91)) });
    expect(
      await screen.findByText('Payments on call, Primary, for good'),
    ).toBeInTheDocument();
  });

  it('says that you have no shift', async () => {
    show(<OnCallWidget />, { myShifts: answer() });
    expect(await screen.findByText(/You are not on call/)).toBeInTheDocument();
  });
});
