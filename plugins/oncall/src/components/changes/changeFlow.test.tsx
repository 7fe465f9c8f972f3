import { ResponseError } from '@backstage/errors';
import type {
  ChangePreview,
  ChangeRequest,
  StoredChange,
} from '@pavedroad/plugin-oncall-common';
import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import type { OnCallApi } from '../../api';
import {
  inDays,
  ines,
  nadia,
  payments,
  shiftOf,
  tomas,
} from '../../__testUtils__/people';
import { showOnCall } from '../../__testUtils__/showOnCall';
import { ChangeDialog } from './ChangeDialog';
import { otherShifts } from './ChangeForm';
import type { ChangeDraft, ShiftToChange } from './drafts';
import { messagesOf } from './Preview';
import { RecentChanges } from './RecentChanges';

// Rendering the test app alone takes seconds on a busy machine.
jest.setTimeout(30_000);

const [mine, his, hers] = [
  shiftOf(ines, 7, 14),
  shiftOf(tomas, 14, 21),
  shiftOf(nadia, 21, 28),
];
const shift: ShiftToChange = {
  scheduleRef: payments.ref,
  scheduleTitle: payments.title,
  timeZone: 'UTC',
  level: 1,
  levelName: 'Primary',
  person: ines,
  from: mine.from,
  to: mine.to,
};
const preview: ChangePreview = {
  conflicts: [],
  schedules: [
    {
      schedule: payments,
      from: mine.from,
      to: mine.to,
      before: [mine],
      after: [{ ...mine, person: tomas }],
    },
  ],
  notified: [ines, tomas],
};
const stored = (request: ChangeRequest): StoredChange => ({
  id: 'c1',
  kind: request.kind,
  createdAt: inDays(0),
  createdBy: ines,
  overrides: request.overrides.map((override, i) => ({
    ...override,
    id: `o${i}`,
    createdAt: inDays(0),
    createdBy: ines.ref,
  })),
  canUndo: true,
});
type Answers = Partial<OnCallApi> & {
  previewChange: jest.Mock<Promise<ChangePreview>, [ChangeRequest]>;
  makeChange: jest.Mock<Promise<StoredChange>, [ChangeRequest]>;
};
const api = (answers: Partial<Answers> = {}): Answers => ({
  shifts: async (schedule: string) => ({
    schedule: { ...payments, ref: schedule },
    from: inDays(0),
    to: inDays(56),
    shifts: [mine, his, hers],
  }),
  everybodyNow: async () => ({
    at: inDays(0),
    schedules: [],
    totals: { services: 0, full: 0, gap: 0, none: 0 },
  }),
  previewChange: jest.fn(async (_: ChangeRequest) => preview),
  makeChange: jest.fn(async (request: ChangeRequest) => stored(request)),
  undoChange: jest.fn(async (_: string) => {}),
  ...answers,
});

function open(draft: ChangeDraft, answers = api(), me = ines.ref) {
  const onClose = jest.fn();
  showOnCall(
    <ChangeDialog draft={draft} me={{ ref: me }} onClose={onClose} />,
    answers,
  );
  return { answers, onClose };
}

const press = async (name: string | RegExp) =>
  userEvent.click(await screen.findByRole('button', { name }));
const choose = async (label: string | RegExp, option: RegExp) => {
  await userEvent.click(await screen.findByRole('button', { name: label }));
  await userEvent.click(await screen.findByRole('option', { name: option }));
};
const ready = async (name: string) =>
  waitFor(() => expect(screen.getByRole('button', { name })).toBeEnabled());

it('gives a shift: chosen, looked at, confirmed, and undone', async () => {
  const { answers, onClose } = open({ kind: 'give-shift', shift });
  await choose(/Who takes it/, /Tomás Reis/);
  await userEvent.type(
    screen.getByRole('textbox', { name: /Reason/ }),
    'Dentist',
  );
  await ready('See what would happen');
  await press('See what would happen');

  const changes = await screen.findByRole('list', {
    name: 'What changes on Payments on call',
  });
  expect(changes).toHaveTextContent('Before: Inês Duarte');
  expect(changes).toHaveTextContent('After: Tomás Reis');
  expect(
    screen.getByText('Will be told: Inês Duarte and Tomás Reis'),
  ).toBeInTheDocument();
  expect(answers.makeChange).not.toHaveBeenCalled();

  await press('Confirm');
  expect(await screen.findByText('Done')).toBeInTheDocument();
  expect(answers.makeChange).toHaveBeenCalledWith({
    kind: 'give-shift',
    reason: 'Dentist',
    accepted: [],
    idempotencyKey: expect.stringMatching(/^[0-9a-f]{32}$/),
    overrides: [
      {
        scheduleRef: payments.ref,
        type: 'replace',
        person: ines.ref,
        with: tomas.ref,
        level: 1,
        from: mine.from,
        to: mine.to,
      },
    ],
  });

  await press('Undo');
  expect(await screen.findByText('Undone')).toBeInTheDocument();
  expect(answers.undoChange).toHaveBeenCalledWith('c1');
  await press('Finish');
  expect(onClose).toHaveBeenCalled();
});

it('lets members of the group stand in who take no turns', async () => {
  open({ kind: 'give-shift', shift });
  await userEvent.click(
    await screen.findByRole('button', { name: /Who takes it/ }),
  );
  expect(
    (await screen.findAllByRole('option')).map(option => option.textContent),
  ).toEqual(['Aiko Tanaka', 'Nadia Haddad', 'Tomás Reis']);
});

it('offers a shift to nobody who is stood in for on it', async () => {
  open({ kind: 'give-shift', shift: { ...shift, standsFor: tomas.ref } });
  await userEvent.click(
    await screen.findByRole('button', { name: /Who takes it/ }),
  );
  expect(
    (await screen.findAllByRole('option')).map(option => option.textContent),
  ).toEqual(['Aiko Tanaka', 'Nadia Haddad']);
});

it.each([
  ['of others', {}, [his, hers]],
  ['not of whom one stands in for', { standsFor: tomas.ref }, [hers]],
])('offers shifts %s to swap with', (_, own, offered) => {
  const covered = { ...hers, from: his.to, replaces: ines.ref };
  expect(
    otherShifts([mine, his, hers, covered], { ...shift, ...own }).map(
      found => found.person.ref,
    ),
  ).toEqual(offered.map(found => found.person.ref));
});

it('takes a shift in the name of the reader', async () => {
  const { answers } = open(
    { kind: 'take-shift', shift },
    api(),
    'user:default/nadia',
  );
  await ready('See what would happen');
  await press('See what would happen');
  await screen.findByRole('button', { name: 'Confirm' });
  expect(answers.previewChange.mock.calls[0][0].overrides).toEqual([
    expect.objectContaining({ person: ines.ref, with: nadia.ref }),
  ]);
});

it('keeps the focus in the dialog, whatever becomes of the button that had it', async () => {
  const { onClose } = open(
    { kind: 'take-shift', shift },
    api(),
    'user:default/nadia',
  );
  await ready('See what would happen');
  for (const [pressed, next] of [
    ['See what would happen', 'Confirm'],
    ['Confirm', 'Undo'],
    ['Undo', 'Finish'],
  ]) {
    act(() => screen.getByRole('button', { name: pressed }).focus());
    await userEvent.keyboard('{Enter}');
    if (pressed !== 'Undo') {
      await screen.findByRole('button', { name: next });
    } else {
      await screen.findByText('Undone');
    }
    expect(screen.getByRole('dialog')).toContainElement(
      document.activeElement as HTMLElement,
    );
  }
  await userEvent.keyboard('{Escape}');
  expect(onClose).toHaveBeenCalled();
});

it('says what happens where a screen reader listens already', async () => {
  open({ kind: 'take-shift', shift }, api(), 'user:default/nadia');
  await ready('See what would happen');
  // What comes into the page together with its region is not read out.
  const regions = within(screen.getByRole('dialog')).getAllByRole('status');
  const told = () => regions.map(region => region.textContent).join(' ');
  for (const [pressed, words] of [
    ['See what would happen', 'Nothing is changed yet'],
    ['Confirm', 'Done'],
    ['Undo', 'Undone'],
  ]) {
    expect(told()).not.toContain(words);
    await press(pressed);
    await waitFor(() => expect(told()).toContain(words));
  }
});

it('asks for the whole of a shift again when it could not be loaded', async () => {
  const shifts = jest
    .fn(api().shifts!)
    .mockRejectedValueOnce(new Error('The database is away'));
  open({ kind: 'take-shift', shift }, api({ shifts }), 'user:default/nadia');
  expect(
    await screen.findByText(/whole of this shift could not be loaded/),
  ).toBeInTheDocument();
  expect(
    screen.getByRole('button', { name: 'See what would happen' }),
  ).toBeDisabled();
  await press(/Try again|Retry/);
  await ready('See what would happen');
});

it('swaps two whole shifts, those of others only', async () => {
  const { answers } = open({ kind: 'swap', shift });
  await userEvent.click(
    await screen.findByRole('button', { name: /Swap with/ }),
  );
  const options = await screen.findAllByRole('option');
  expect(options).toHaveLength(2);
  await userEvent.click(options[0]);
  await ready('See what would happen');
  await press('See what would happen');
  await screen.findByRole('button', { name: 'Confirm' });
  expect(
    answers.previewChange.mock.calls[0][0].overrides.map(
      ({ person, with: stand, from }) => [person, stand, from],
    ),
  ).toEqual([
    [ines.ref, tomas.ref, mine.from],
    [tomas.ref, ines.ref, his.from],
  ]);
});

it('wants every warning read, and lets nothing refused through', async () => {
  const conflict = {
    scheduleRef: payments.ref,
    from: mine.from,
    to: mine.to,
    people: [tomas],
  };
  const previewChange = jest
    .fn()
    .mockResolvedValueOnce({
      ...preview,
      conflicts: [
        {
          ...conflict,
          code: 'no-effect',
          severity: 'refused',
          message: 'Inês is not on call then',
        },
      ],
    })
    .mockResolvedValue({
      ...preview,
      conflicts: [
        {
          ...conflict,
          code: 'double-booking',
          severity: 'warning',
          message: 'Tomás has the secondary too',
        },
        {
          ...conflict,
          code: 'long-stretch',
          severity: 'warning',
          message: 'Tomás is on call for 14 days on end',
        },
      ],
    });
  const { answers } = open(
    { kind: 'take-shift', shift },
    api({ previewChange }),
  );
  await ready('See what would happen');
  await press('See what would happen');
  expect(await screen.findByText('This cannot be done')).toBeInTheDocument();
  expect(screen.getByText('Inês is not on call then.')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Confirm' })).toBeDisabled();

  await press('Back');
  await press('See what would happen');
  await userEvent.click(
    await screen.findByRole('checkbox', {
      name: /Tomás has the secondary too/,
    }),
  );
  expect(screen.getByRole('button', { name: 'Confirm' })).toBeDisabled();
  await userEvent.click(screen.getByRole('checkbox', { name: /14 days/ }));
  await press('Confirm');
  await screen.findByText('Done');
  expect(answers.makeChange.mock.calls[0][0].accepted).toEqual([
    'double-booking',
    'long-stretch',
  ]);
});

it('looks again when something changed meanwhile', async () => {
  const refusal = async (status: number) =>
    ResponseError.fromResponse(
      Response.json(
        { error: { name: 'ConflictError', message: 'Read the warnings' } },
        { status },
      ) as Parameters<typeof ResponseError.fromResponse>[0],
    );
  const makeChange = jest
    .fn()
    .mockRejectedValueOnce(await refusal(409))
    .mockRejectedValueOnce(await refusal(403))
    .mockImplementation(async request => stored(request));
  const { answers } = open({ kind: 'take-shift', shift }, api({ makeChange }));
  await ready('See what would happen');
  await press('See what would happen');
  await press('Confirm');
  expect(
    await screen.findByText(/Something changed meanwhile/),
  ).toBeInTheDocument();
  expect(answers.previewChange).toHaveBeenCalledTimes(2);

  // Any other refusal is told, and nothing is lost.
  await ready('Confirm');
  await press('Confirm');
  expect(await screen.findByText('Nothing was changed')).toBeInTheDocument();
  await press('Confirm');
  expect(await screen.findByText('Done')).toBeInTheDocument();
});

it('says what is known when no answer comes, and asks again for the same', async () => {
  const makeChange = jest
    .fn()
    .mockRejectedValueOnce(new TypeError('Failed to fetch'))
    .mockImplementation(async request => stored(request));
  const { answers } = open({ kind: 'take-shift', shift }, api({ makeChange }));
  await ready('See what would happen');
  await press('See what would happen');
  await press('Confirm');
  expect(
    await screen.findByText('It is not known whether it was changed'),
  ).toBeInTheDocument();
  expect(screen.getByText(/is not changed twice/)).toBeInTheDocument();
  await press('Confirm');
  expect(await screen.findByText('Done')).toBeInTheDocument();
  const [first, second] = answers.makeChange.mock.calls.map(([asked]) => asked);
  expect(second).toEqual(first);
});

/** The first instant of a week, this one being 0. */
function monday(weeks: number): string {
  const date = new Date();
  date.setHours(0, 0, 0, 0);
  date.setDate(date.getDate() - ((date.getDay() + 6) % 7) + 7 * weeks);
  return date.toISOString();
}

it('has nobody cover a shift on which they are stood in for', async () => {
  const week = { level: 1, from: monday(1), to: monday(2) };
  open(
    { kind: 'holiday-cover' },
    api({
      myShifts: async window => ({
        person: ines,
        ...window,
        shifts: [
          {
            ...week,
            scheduleRef: payments.ref,
            title: payments.title,
            timeZone: 'UTC',
            editable: true,
            levelName: 'Primary',
            replaces: tomas,
            override: 'o1',
            previous: [],
            next: [],
          },
        ],
      }),
      shifts: async () => ({
        schedule: payments,
        from: monday(-3),
        to: monday(6),
        shifts: [
          { ...week, person: ines, replaces: tomas.ref, override: 'o1' },
          // Tomás carries less than Nadia, and gave this one away.
          { ...week, person: tomas, from: monday(2), to: monday(3) },
          { ...week, person: nadia, from: monday(3), to: monday(5) },
        ],
      }),
    }),
  );
  await userEvent.click(
    await screen.findByRole('button', { name: /Nadia Haddad.*Who stands in/ }),
  );
  expect(
    (await screen.findAllByRole('option')).map(option => option.textContent),
  ).not.toContain('Tomás Reis');
});

it('proposes a stand-in for each shift of a holiday, and lets it be changed', async () => {
  const week = (person: typeof ines, weeks: number) => ({
    level: 1,
    person,
    from: monday(weeks),
    to: monday(weeks + 1),
  });
  const own = (weeks: number, more: object = {}) => ({
    scheduleRef: payments.ref,
    title: payments.title,
    timeZone: 'UTC',
    editable: true,
    level: 1,
    levelName: 'Primary',
    from: monday(weeks),
    to: monday(weeks + 1),
    previous: [],
    next: [],
    ...more,
  });
  const { answers } = open(
    { kind: 'holiday-cover' },
    api({
      myShifts: async window => ({
        person: ines,
        ...window,
        shifts: [
          own(1),
          own(1, {
            scheduleRef: 'oncallschedule:default/other',
            title: 'Other on call',
            editable: false,
          }),
        ],
      }),
      shifts: async ref => ({
        schedule: { ...payments, ref },
        from: monday(-3),
        to: monday(6),
        shifts: [week(ines, 1), week(tomas, 2), week(tomas, 3), week(nadia, 4)],
      }),
    }),
  );
  const shifts = await screen.findByRole('list', { name: 'Shifts to cover' });
  // Nadia carries less than Tomás.
  expect(
    await within(shifts).findByRole('button', { name: /Nadia Haddad/ }),
  ).toBeInTheDocument();
  expect(screen.getByText(/1 shift you cannot change yourself/)).toBeVisible();
  expect(screen.getByText(/Other on call/)).toBeVisible();

  await choose(/Who stands in/, /Tomás Reis/);
  await ready('See what would happen');
  await press('See what would happen');
  await screen.findByRole('button', { name: 'Confirm' });
  expect(answers.previewChange.mock.calls[0][0]).toEqual({
    kind: 'holiday-cover',
    overrides: [
      {
        scheduleRef: payments.ref,
        type: 'replace',
        person: ines.ref,
        with: tomas.ref,
        level: 1,
        from: monday(1),
        to: monday(2),
      },
    ],
  });
});

it.each([
  ['Somebody is on call besides', 'add', /Who is on call besides/, 1],
  [
    'Somebody is taken off, and nobody stands in',
    'remove',
    /Who is taken off/,
    undefined,
  ],
])('overrides: %s', async (words, type, label, level) => {
  const { answers } = open({
    kind: 'override',
    place: { ...shift, person: undefined },
  });
  await userEvent.click(await screen.findByRole('radio', { name: words }));
  await choose(label, /Nadia Haddad/);
  if (level === undefined) {
    await userEvent.click(
      screen.getByRole('radio', { name: 'On every level' }),
    );
  }
  await ready('See what would happen');
  await press('See what would happen');
  await screen.findByRole('button', { name: 'Confirm' });
  expect(answers.previewChange.mock.calls[0][0]).toEqual({
    kind: 'override',
    overrides: [
      {
        scheduleRef: payments.ref,
        type,
        person: nadia.ref,
        from: mine.from,
        to: mine.to,
        ...(level === undefined ? {} : { level }),
      },
    ],
  });
});

it('tells each warning once, with how often', () => {
  const both = 'Tomás has the secondary too';
  expect(
    messagesOf([
      { message: both },
      { message: 'Fourteen days on end.' },
      { message: both },
    ]),
  ).toBe(`${both} (2 times). Fourteen days on end.`);
});

describe('recent changes', () => {
  const names = {
    people: { [ines.ref]: ines, [tomas.ref]: tomas },
    schedules: { [payments.ref]: payments },
  };
  const change = stored({
    kind: 'swap',
    overrides: [
      {
        scheduleRef: payments.ref,
        type: 'replace',
        person: ines.ref,
        with: tomas.ref,
        from: mine.from,
        to: mine.to,
      },
    ],
  });

  it('are told with who made them, and can be taken back by who may', async () => {
    const changes = jest
      .fn()
      .mockResolvedValueOnce({
        changes: [
          { ...change, reason: 'Dentist' },
          { ...change, id: 'c2', canUndo: false },
        ],
        ...names,
      })
      .mockResolvedValue({
        changes: [{ ...change, undoneAt: inDays(0), undoneBy: ines }],
        ...names,
      });
    const undoChange = jest.fn(async () => {});
    showOnCall(<RecentChanges />, { changes, undoChange });
    const list = await screen.findByRole('list', { name: 'Recent changes' });
    const [region] = within(
      screen.getByRole('region', { name: 'Recent changes' }),
    ).getAllByRole('status');
    expect(list).toHaveTextContent('Swap: Dentist');
    expect(list).toHaveTextContent(
      'Payments on call: Tomás Reis for Inês Duarte',
    );
    const buttons = within(list).getAllByRole('button');
    expect(buttons).toHaveLength(1);
    await userEvent.click(buttons[0]);
    expect(await screen.findByText('Undone by Inês Duarte')).toBeVisible();
    expect(undoChange).toHaveBeenCalledWith('c1');
    expect(region).toHaveTextContent('Swap undone');
    // The button is gone; what it stood in is not.
    await waitFor(() =>
      expect(
        screen.getByRole('list', { name: 'Recent changes' }),
      ).toHaveFocus(),
    );
  });

  it('are shown from the newest on, and earlier ones when asked for', async () => {
    const changes = jest.fn(async ({ cursor }: { cursor?: string }) =>
      cursor
        ? { changes: [{ ...change, id: 'c2', reason: 'Old' }], ...names }
        : {
            changes: [{ ...change, reason: 'New' }],
            ...names,
            nextCursor: 'c1',
          },
    );
    showOnCall(<RecentChanges schedule={payments.ref} />, { changes });
    expect(await screen.findByText('Swap: New')).toBeInTheDocument();
    await press('Show earlier changes');
    expect(await screen.findByText('Swap: Old')).toBeInTheDocument();
    expect(screen.getByText('Swap: New')).toBeInTheDocument();
    expect(changes).toHaveBeenLastCalledWith(
      expect.objectContaining({ schedule: payments.ref, cursor: 'c1' }),
    );
    expect(
      screen.queryByRole('button', { name: 'Show earlier changes' }),
    ).not.toBeInTheDocument();
  });
});
