import type {
  HandoverAnswer,
  MyShiftsAnswer,
  OnCallPage,
} from '@pavedroad/plugin-oncall-common';
import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import {
  inDays,
  ines,
  nadia,
  payments,
  shiftOf,
  tomas,
} from '../../__testUtils__/people';
import { showOnCall } from '../../__testUtils__/showOnCall';
import { ChangesProvider } from '../changes/ChangesProvider';
import { HandoverPanel } from '../handover/HandoverPanel';
import { NowTab } from '../now/NowTab';
import { PageButton } from '../now/PageButton';
import { PageList } from '../now/PageList';
import { isForGood } from './myDuties';
import { MyShiftsTab } from './MyShiftsTab';

// Rendering the test app alone takes seconds on a busy machine.
jest.setTimeout(60_000);

const shift = (
  from: number,
  to: number,
  more: Partial<MyShiftsAnswer['shifts'][number]> = {},
): MyShiftsAnswer['shifts'][number] => ({
  scheduleRef: payments.ref,
  title: payments.title,
  timeZone: 'UTC',
  editable: true,
  level: 1,
  levelName: 'Primary',
  from: inDays(from),
  to: inDays(to),
  layer: 0,
  turn: 1,
  previous: [tomas],
  next: [nadia],
  ...more,
});
const handover: HandoverAnswer = {
  schedule: payments,
  notes: [],
  incidents: [],
  pages: [],
  canWrite: true,
};
const page: OnCallPage = {
  id: 'p1',
  provider: 'native',
  title: 'Checkout is slow',
  urgency: 'high',
  status: 'triggered',
  createdAt: inDays(0),
  people: [ines],
  canAcknowledge: true,
};
const everybodyNow = async () => ({
  at: inDays(0),
  schedules: [],
  totals: { services: 0, full: 0, gap: 0, none: 0 },
});

describe('my shifts', () => {
  const open = (
    shifts: MyShiftsAnswer['shifts'],
    more: Parameters<typeof showOnCall>[1] = {},
  ) =>
    showOnCall(<MyShiftsTab />, {
      myShifts: async window => ({ person: ines, ...window, shifts }),
      calendars: async () => [],
      handover: async () => handover,
      everybodyNow,
      ...more,
    });

  it('says first whether the reader is on call, and tells a turn that is cut as one shift', async () => {
    open([
      shift(-1, 1),
      shift(1.1, 3),
      shift(20, 27, { turn: 2, editable: false }),
    ]);
    expect(
      await screen.findByRole('heading', { name: 'You are on call now' }),
    ).toBeInTheDocument();
    const list = screen.getByRole('list', { name: 'Your shifts' });
    const rows = within(list).getAllByRole('listitem');
    expect(rows).toHaveLength(2);
    expect(rows[0]).toHaveTextContent(': 2 parts, 3 d 22 h in all');
    expect(rows[0]).toHaveTextContent(
      'Taken over from Tomás Reis. Handed over to Nadia Haddad.',
    );
    expect(
      within(rows[0]).getByRole('button', { name: /^Give away: Payments/ }),
    ).toBeInTheDocument();
    // What somebody may not change offers nothing.
    expect(within(rows[1]).queryByRole('button')).not.toBeInTheDocument();
    expect(
      screen.getByRole('region', { name: 'Handover: Payments on call' }),
    ).toBeInTheDocument();
  });

  it('keep the focus when the shift that was given away is gone', async () => {
    let given = false;
    open([], {
      myShifts: async window => ({
        person: ines,
        ...window,
        shifts: given
          ? [shift(20, 27, { turn: 2 })]
          : [shift(1, 3), shift(20, 27, { turn: 2 })],
      }),
      shifts: async () => ({
        schedule: payments,
        from: inDays(0),
        to: inDays(56),
        shifts: [shiftOf(ines, 1, 3), shiftOf(tomas, 3, 10)],
      }),
      previewChange: async () => ({
        conflicts: [],
        schedules: [],
        notified: [],
      }),
      makeChange: async request => {
        given = true;
        return {
          id: 'c1',
          kind: request.kind,
          createdAt: inDays(0),
          createdBy: ines,
          overrides: [],
          canUndo: true,
        };
      },
    });
    const [give] = await screen.findAllByRole('button', {
      name: /^Give away/,
    });
    act(() => give.focus());
    await userEvent.keyboard('{Enter}');
    await screen.findByRole('dialog');
    await userEvent.keyboard('{Escape}');
    // Whoever thinks better of it is where they were.
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    await waitFor(() => expect(give).toHaveFocus());

    await userEvent.keyboard('{Enter}');
    await userEvent.click(
      await screen.findByRole('button', { name: /Who takes it/ }),
    );
    await userEvent.click(
      await screen.findByRole('option', { name: /Tomás Reis/ }),
    );
    for (const name of ['See what would happen', 'Confirm', 'Finish']) {
      const button = await screen.findByRole('button', { name });
      await waitFor(() => expect(button).toBeEnabled());
      await userEvent.click(button);
    }
    expect(give).not.toBeInTheDocument();
    await waitFor(() =>
      expect(screen.getByRole('list', { name: 'Your shifts' })).toHaveFocus(),
    );
  });

  it.each([
    ['a week that ends late', shift(85, 92), false],
    ['what has no end in sight', shift(-1, 200), true],
    ['what begins late and has no end in sight', shift(80, 300), true],
  ])('tells whether %s is for good', (_, found, isGood) => {
    expect(isForGood(found, Date.now())).toBe(isGood);
  });

  it('says so when there are none', async () => {
    open([]);
    expect(await screen.findByText('No shifts')).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Open the timeline' }),
    ).toHaveAttribute('href', '/on-call/timeline');
  });

  it('shows a calendar address once, copies and revokes it', async () => {
    const calendars = jest
      .fn()
      .mockResolvedValueOnce([])
      .mockResolvedValueOnce([{ id: 'f1', createdAt: inDays(0) }])
      .mockResolvedValue([]);
    const revokeCalendar = jest.fn(async () => {});
    const url = 'https://portal.example/api/oncall/calendar/secret.ics';
    open([], {
      calendars,
      revokeCalendar,
      createCalendar: async () => ({ id: 'f1', createdAt: inDays(0), url }),
    });
    const user = userEvent.setup();
    const writeText = jest.spyOn(navigator.clipboard, 'writeText');
    await user.click(
      await screen.findByRole('button', { name: 'Make an address' }),
    );
    expect(
      await screen.findByRole('textbox', { name: 'Address: Your shifts' }),
    ).toHaveValue(url);
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    expect(await screen.findByText('Copied.')).toBeInTheDocument();
    expect(writeText).toHaveBeenCalledWith(url);
    await user.click(
      await screen.findByRole('button', { name: 'Revoke: Your shifts' }),
    );
    await waitFor(() =>
      expect(screen.queryByRole('textbox')).not.toBeInTheDocument(),
    );
    expect(revokeCalendar).toHaveBeenCalledWith('f1');
  });
});

describe('handover notes', () => {
  const note = {
    id: 'n1',
    scheduleRef: payments.ref,
    text: 'Watch the **queue**<img src=x onerror="alert(1)"><script>alert(2)</script> [more](javascript:alert(3))',
    createdAt: inDays(-1),
    createdBy: tomas,
    readBy: [tomas],
  };
  const open = (answers: Parameters<typeof showOnCall>[1]) =>
    showOnCall(
      <ChangesProvider>
        <HandoverPanel scheduleRef={payments.ref} title={payments.title} />
      </ChangesProvider>,
      answers,
    );

  it('are written, read, closed, and rendered without what could run', async () => {
    const markHandover = jest.fn(async () => {});
    const writeHandover = jest.fn(async () => note);
    open({
      handover: async () => ({
        ...handover,
        notes: [note],
        since: inDays(-2),
        incidents: [
          {
            id: 'i1',
            title: 'Refunds fail',
            entityRef: 'component:default/ledger',
            openedAt: inDays(-1),
          },
        ],
        pages: [page],
      }),
      markHandover,
      writeHandover,
    });
    const notes = await screen.findByRole('list', { name: 'Notes' });
    expect(within(notes).getByText('queue').tagName).toBe('STRONG');
    expect(
      notes.querySelector('[onerror], script, a[href^="javascript"]'),
    ).not.toBeInTheDocument();
    expect(notes).toHaveTextContent('Read by Tomás Reis');
    expect(screen.getByText('Refunds fail')).toBeInTheDocument();
    expect(screen.getByText('Checkout is slow')).toBeInTheDocument();

    await userEvent.click(
      await screen.findByRole('button', { name: 'I have read it' }),
    );
    await waitFor(() =>
      expect(markHandover).toHaveBeenLastCalledWith('n1', 'read'),
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Close the note' }),
    );
    await waitFor(() =>
      expect(markHandover).toHaveBeenLastCalledWith('n1', 'close'),
    );
    await userEvent.type(
      screen.getByRole('textbox', { name: /Write a note/ }),
      'All quiet',
    );
    await userEvent.click(
      screen.getByRole('button', { name: 'Keep the note' }),
    );
    await waitFor(() => expect(screen.getByRole('textbox')).toHaveValue(''));
    expect(writeHandover).toHaveBeenCalledWith({
      scheduleRef: payments.ref,
      text: 'All quiet',
    });
  });

  it('load nothing from elsewhere, and lead nowhere that would run', async () => {
    open({
      handover: async () => ({
        ...handover,
        notes: [
          {
            ...note,
            text: [
              '![graph](https://spy.example.com/a.png)',
              '<picture><source srcset="https://spy.example.com/b.png"><img src="https://spy.example.com/c.png"></picture>',
              '[run](javascript:alert(1)) and https://status.example.com',
            ].join('\n\n'),
          },
        ],
        since: inDays(-2),
        incidents: [
          {
            id: 'i1',
            title: 'Refunds fail',
            entityRef: 'component:default/ledger',
            openedAt: inDays(-1),
            url: 'data:text/html,<script>alert(1)</script>',
          },
        ],
        pages: [{ ...page, url: 'data:text/html,<script>alert(1)</script>' }],
      }),
    });
    expect(
      await screen.findByRole('link', { name: 'Image: graph' }),
    ).toHaveAttribute('href', 'https://spy.example.com/a.png');
    const notes = screen.getByRole('list', { name: 'Notes' });
    expect(notes.querySelector('img, source, picture')).toBeNull();
    expect(
      within(notes).getByRole('link', { name: 'https://status.example.com' }),
    ).toBeInTheDocument();
    for (const link of document.querySelectorAll('a')) {
      // Somebody's words decide where it leads, so it is read as it is written.
      expect(link.getAttribute('href')).toMatch(/^(https?:|\/)/);
    }
    expect(screen.getByText('Refunds fail')).toBeInTheDocument();
    expect(screen.getByText('Checkout is slow')).toBeInTheDocument();
  });

  it('can only be read by who may not write, and opened again by who may', async () => {
    const asked = jest.fn();
    open({
      handover: async ({ closed }) => {
        asked(closed);
        return {
          ...handover,
          canWrite: false,
          notes: closed
            ? [{ ...note, closedAt: inDays(0), closedBy: ines }]
            : [],
        };
      },
    });
    expect(await screen.findByText('No open notes.')).toBeInTheDocument();
    expect(screen.queryByRole('textbox')).not.toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Show closed notes' }),
    );
    expect(
      await screen.findByText(/closed by Inês Duarte/),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Reopen' }),
    ).not.toBeInTheDocument();
  });
});

describe('pages', () => {
  it('are sent only after saying whom they call, and only once', async () => {
    const sent: { idempotencyKey: string }[] = [];
    const send = jest
      .fn(async (request: { idempotencyKey: string }) => {
        sent.push(request);
        return page;
      })
      .mockImplementationOnce(async request => {
        sent.push(request);
        throw new Error('The answer was lost');
      });
    showOnCall(
      <PageButton
        scheduleRef={payments.ref}
        title={payments.title}
        people={[ines]}
      />,
      { page: send },
    );
    await userEvent.click(
      await screen.findByRole('button', { name: /^Page whoever is on call/ }),
    );
    expect(
      await screen.findByText('This calls Inês Duarte now, at any hour.'),
    ).toBeInTheDocument();
    const now = screen.getByRole('button', { name: 'Page now' });
    expect(now).toBeDisabled();
    const regions = within(screen.getByRole('dialog')).getAllByRole('status');
    await userEvent.type(
      screen.getByRole('textbox', { name: /What is wrong/ }),
      'Checkout is slow',
    );
    await userEvent.click(now);
    expect(
      await screen.findByText('It is not sure that anybody was called'),
    ).toBeInTheDocument();
    await userEvent.click(now);
    expect(await screen.findByText('Inês Duarte called')).toBeInTheDocument();
    // Said in a region that was there before, so that it is read out.
    expect(regions.map(region => region.textContent).join(' ')).toContain(
      'Inês Duarte called',
    );
    expect(sent[0]).toEqual(
      expect.objectContaining({
        scheduleRef: payments.ref,
        title: 'Checkout is slow',
        urgency: 'high',
      }),
    );
    expect(sent[1].idempotencyKey).toBe(sent[0].idempotencyKey);
  });

  it('are said to have called somebody only when they did, and are other pages with other words', async () => {
    const sent: { idempotencyKey: string }[] = [];
    const send = jest.fn(async (request: { idempotencyKey: string }) => {
      sent.push(request);
      return sent.length === 1
        ? {
            ...page,
            outcome: 'unknown' as const,
            problem: 'The provider did not answer',
          }
        : { ...page, outcome: 'sent' as const };
    });
    showOnCall(
      <PageButton
        scheduleRef={payments.ref}
        title={payments.title}
        people={[ines]}
      />,
      { page: send },
    );
    await userEvent.click(
      await screen.findByRole('button', { name: /^Page whoever is on call/ }),
    );
    const words = await screen.findByRole('textbox', { name: /What is wrong/ });
    await userEvent.type(words, 'Slow');
    await userEvent.click(screen.getByRole('button', { name: 'Page now' }));
    expect(
      await screen.findByText(/The provider did not answer/),
    ).toBeInTheDocument();
    expect(screen.queryByText('Inês Duarte called')).not.toBeInTheDocument();
    await userEvent.type(words, ' checkout');
    await userEvent.click(screen.getByRole('button', { name: 'Page now' }));
    expect(await screen.findByText('Inês Duarte called')).toBeInTheDocument();
    // The back end refuses a key that stood for other words.
    expect(sent[1].idempotencyKey).not.toBe(sent[0].idempotencyKey);
  });

  it('say when nobody was called', async () => {
    showOnCall(
      <PageList
        pages={[{ ...page, outcome: 'failed', problem: 'No credentials' }]}
      />,
      {},
    );
    expect(
      await screen.findByText('Nobody was called yet: No credentials'),
    ).toBeInTheDocument();
  });

  it('that are open are all shown, however many', async () => {
    showOnCall(
      <NowTab />,
      {
        everybodyNow,
        pages: async ({ status, cursor }) => {
          if (status === 'acknowledged') {
            return { pages: [] };
          }
          return cursor
            ? { pages: [{ ...page, id: 'p2', title: 'The second' }] }
            : { pages: [page], nextCursor: 'next' };
        },
      },
      { path: '/on-call' },
    );
    expect(await screen.findByText('The second')).toBeInTheDocument();
    expect(screen.getByText('2 pages')).toBeInTheDocument();
  });

  it('leave the focus and a word behind when the last is resolved', async () => {
    let open = true;
    showOnCall(
      <main aria-label="Now">
        <NowTab />
      </main>,
      {
        everybodyNow,
        pages: async ({ status }) => ({
          pages: open && status === 'triggered' ? [page] : [],
        }),
        markPage: async () => {
          open = false;
        },
      },
      { path: '/on-call' },
    );
    const button = await screen.findByRole('button', { name: /^Resolve/ });
    const regions = screen.getAllByRole('status');
    act(() => button.focus());
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(button).not.toBeInTheDocument());
    expect(regions.map(region => region.textContent)).toContain(
      'The page is resolved.',
    );
    await waitFor(() =>
      expect(screen.getByRole('main', { name: 'Now' })).toHaveFocus(),
    );
  });

  it.each([
    ['acknowledged', 'Tomás Reis looks after it'],
    ['resolved', 'Tomás Reis looked after it'],
  ] as const)('say of one that is %s: %s', async (status, words) => {
    showOnCall(
      <PageList pages={[{ ...page, status, acknowledgedBy: tomas }]} />,
      {},
    );
    expect(
      await screen.findByRole('list', { name: 'Pages' }),
    ).toHaveTextContent(words);
  });

  it('are acknowledged by who may', async () => {
    const markPage = jest.fn(async () => {});
    showOnCall(
      <PageList
        pages={[page, { ...page, id: 'p2', title: 'B', canAcknowledge: false }]}
      />,
      { markPage },
    );
    const buttons = await screen.findAllByRole('button', {
      name: /^Acknowledge/,
    });
    expect(buttons).toHaveLength(1);
    await userEvent.click(buttons[0]);
    expect(markPage).toHaveBeenCalledWith('p1', 'acknowledge');
  });
});
