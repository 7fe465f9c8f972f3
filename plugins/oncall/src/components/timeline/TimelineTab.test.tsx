import type { TimelineAnswer } from '@pavedroad/plugin-oncall-common';
import {
  act,
  fireEvent,
  screen,
  waitFor,
  within,
} from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useMemo, useState } from 'react';

import { ines, payments, tomas } from '../../__testUtils__/people';
import { showOnCall } from '../../__testUtils__/showOnCall';
import { blocksOf } from './rows';
import { scaleOf } from './scale';
import { TimelineGrid } from './TimelineGrid';
import { entriesByDay } from './TimelineList';
import { TimelineTab } from './TimelineTab';
import { csvRows, tableRows, TimelineTable } from './TimelineTable';
import { blocksWithin } from './useShownBlocks';

// Rendering the test app alone takes seconds on a busy machine.
jest.setTimeout(30_000);

const answer = (editable = true): TimelineAnswer => ({
  from: '2037-11-16T00:00:00Z',
  to: '2037-11-23T00:00:00Z',
  people: { [ines.ref]: ines, [tomas.ref]: tomas },
  schedules: [
    {
      schedule: payments,
      editable,
      levels: [
        {
          level: 1,
          name: 'Primary',
          shifts: [
            {
              person: ines.ref,
              from: '2037-11-16T00:00:00Z',
              to: '2037-11-18T09:00:00Z',
            },
            {
              person: tomas.ref,
              from: '2037-11-18T09:00:00Z',
              to: '2037-11-20T09:00:00Z',
              override: 'o1',
              replaces: ines.ref,
            },
          ],
          gaps: [{ from: '2037-11-20T09:00:00Z', to: '2037-11-23T00:00:00Z' }],
        },
        {
          level: 2,
          name: 'Lead',
          shifts: [
            {
              person: tomas.ref,
              from: '2037-11-16T00:00:00Z',
              to: '2037-11-23T00:00:00Z',
            },
          ],
          gaps: [],
        },
      ],
    },
  ],
});
const scale = scaleOf('2037-11-16', 7, 'UTC');
const noon = Date.parse('2037-11-17T12:00:00Z');

function grid(editable = true) {
  const onOpen = jest.fn();
  showOnCall(
    <TimelineGrid
      blocks={blocksOf(answer(editable))}
      span="week"
      scaleFor={() => scale}
      axis={scale}
      now={noon}
      markSamples={false}
      onOpen={onOpen}
    />,
    {},
  );
  return onOpen;
}

const at = (instant: string) => Date.parse(instant);
const chosen = () =>
  document.getElementById(
    screen.getByRole('grid').getAttribute('aria-activedescendant') ?? '',
  );

describe('the plot', () => {
  it('names everybody, those who stand in, and the gaps', async () => {
    grid();
    const primary = await screen.findByRole('row', { name: /^Primary/ });
    expect(
      within(primary)
        .getAllByRole('gridcell')
        .map(cell => cell.getAttribute('aria-label')),
    ).toEqual([
      expect.stringMatching(/^Inês Duarte, .*16.* and beyond$/),
      expect.stringMatching(/^Tomás Reis in place of Inês Duarte, .*18/),
      expect.stringMatching(/^Nobody, .*20.* and beyond$/),
    ]);
    // In words, never by colour alone.
    expect(within(primary).getByText('⇄ Tomás Reis')).toBeInTheDocument();
    expect(within(primary).getByText('Nobody')).toBeInTheDocument();
  });

  it('is walked through with the arrow keys, and opens with Enter', async () => {
    const onOpen = grid();
    const plot = await screen.findByRole('grid');
    act(() => plot.focus());
    // It begins with whoever is on call now.
    await waitFor(() => expect(chosen()).toHaveAccessibleName(/^Inês Duarte/));
    await userEvent.keyboard('{ArrowRight}');
    expect(chosen()).toHaveAccessibleName(/^Tomás Reis in place of/);
    await userEvent.keyboard('{ArrowDown}');
    expect(chosen()).toHaveAccessibleName(/^Tomás Reis, /);
    await userEvent.keyboard('{ArrowUp}{End}');
    expect(chosen()).toHaveAccessibleName(/^Nobody/);
    await userEvent.keyboard('{Enter}');
    expect(onOpen).toHaveBeenLastCalledWith(
      expect.objectContaining({
        piece: expect.objectContaining({ kind: 'gap' }),
        row: expect.objectContaining({ name: 'Primary' }),
      }),
    );
  });

  it('opens the shift that is clicked, and goes nowhere else before', async () => {
    const onOpen = grid();
    const hand = userEvent.setup();
    const lead = await screen.findByRole('row', { name: /^Lead/ });
    const shift = within(lead).getByRole('gridcell');
    await hand.pointer({ keys: '[MouseLeft>]', target: shift });
    expect(screen.getByRole('grid')).toHaveFocus();
    // Going to a shift scrolls to it, and what is let go of would be another than was pressed.
    expect(chosen()).toBeNull();
    await hand.pointer({ keys: '[/MouseLeft]', target: shift });
    expect(chosen()).toBe(shift);
    expect(onOpen).toHaveBeenLastCalledWith(
      expect.objectContaining({
        row: expect.objectContaining({ name: 'Lead' }),
      }),
    );
  });

  it('selects an interval with Shift and the arrows, which Enter opens and Escape drops', async () => {
    const onOpen = grid();
    const focused = await screen.findByRole('grid');
    act(() => focused.focus());
    await userEvent.keyboard('{ArrowRight}');
    await userEvent.keyboard('{Shift>}{ArrowRight}{ArrowRight}{/Shift}');
    expect(
      await screen.findByText(/^Selected: .*18.*09:00/),
    ).toBeInTheDocument();
    await userEvent.keyboard('{Enter}');
    expect(onOpen).toHaveBeenLastCalledWith(
      expect.objectContaining({
        interval: {
          from: at('2037-11-18T09:00:00Z'),
          to: at('2037-11-18T18:00:00Z'),
        },
      }),
    );
    await userEvent.keyboard('{Escape}{Enter}');
    expect(onOpen.mock.lastCall[0].interval).toBeUndefined();
    expect(onOpen.mock.lastCall[0].piece.name).toBe('Tomás Reis');
  });

  it('forgets a selection whose level is not there any more, so that no other takes its place', async () => {
    const onOpen = jest.fn();
    function Filtered() {
      const [only, setOnly] = useState(false);
      const blocks = useMemo(
        () =>
          blocksOf(answer()).map(block => ({
            ...block,
            rows: only ? block.rows.slice(1) : block.rows,
          })),
        [only],
      );
      return (
        <>
          <button onClick={() => setOnly(true)}>Only the second</button>
          <TimelineGrid
            blocks={blocks}
            span="week"
            scaleFor={() => scale}
            axis={scale}
            now={noon}
            markSamples={false}
            onOpen={onOpen}
          />
        </>
      );
    }
    showOnCall(<Filtered />, {});
    const plot = await screen.findByRole('grid');
    act(() => plot.focus());
    await userEvent.keyboard('{Shift>}{ArrowRight}{/Shift}');
    expect(await screen.findByText(/^Selected/)).toBeInTheDocument();
    await userEvent.click(screen.getByText('Only the second'));
    await waitFor(() =>
      expect(screen.queryByText(/^Selected/)).not.toBeInTheDocument(),
    );
    act(() => plot.focus());
    await userEvent.keyboard('{Enter}');
    expect(onOpen).not.toHaveBeenCalledWith(
      expect.objectContaining({ interval: expect.anything() }),
    );
  });

  it('selects by dragging, from one place to stop to another', async () => {
    const onOpen = grid();
    const primary = await screen.findByRole('row', { name: /^Primary/ });
    const [cell] = within(primary).getAllByRole('gridcell');
    const track = cell.parentElement!;
    jest.spyOn(track, 'getBoundingClientRect').mockReturnValue({
      left: 100,
      width: 700,
    } as DOMRect);
    // A day is 100 pixels wide, a place to stop comes every 25.
    const pointer = { button: 0, pointerType: 'mouse', pointerId: 1 };
    fireEvent.pointerDown(track, { ...pointer, clientX: 203 });
    fireEvent.pointerMove(track, { ...pointer, clientX: 260 });
    fireEvent.pointerMove(track, { ...pointer, clientX: 348 });
    fireEvent.pointerUp(track, { ...pointer, clientX: 348 });
    expect(onOpen).toHaveBeenLastCalledWith(
      expect.objectContaining({
        interval: {
          from: at('2037-11-17T00:00:00Z'),
          to: at('2037-11-18T12:00:00Z'),
        },
      }),
    );
  });

  it('selects nothing where the reader may change nothing', async () => {
    const onOpen = grid(false);
    const focused = await screen.findByRole('grid');
    act(() => focused.focus());
    await userEvent.keyboard('{Shift>}{ArrowRight}{/Shift}{Enter}');
    expect(onOpen.mock.lastCall[0].interval).toBeUndefined();
  });
});

it.each([
  ['at the top', 0, 100, { first: 0, last: 1 }],
  ['in the middle', 150, 260, { first: 1, last: 3 }],
  ['beyond the end', 900, 1_000, { first: 0, last: 0 }],
])('draws only what is near the screen: %s', (_, top, bottom, range) => {
  expect(blocksWithin([100, 100, 100], top, bottom)).toEqual(range);
});

it('hands over rows for a file, in UTC and with gaps', () => {
  expect(csvRows(tableRows(blocksOf(answer()), () => scale))[1]).toEqual({
    schedule: payments.ref,
    title: payments.title,
    level: 1,
    level_name: 'Primary',
    kind: 'shift',
    person: tomas.ref,
    name: 'Tomás Reis',
    in_place_of: 'Inês Duarte',
    from: '2037-11-18T09:00:00.000Z',
    to: '2037-11-20T09:00:00.000Z',
  });
});

it('tells of each schedule the days that are shown, on its own clock', () => {
  // The answer reaches further, because days begin at other instants elsewhere.
  const day = scaleOf('2037-11-19', 1, 'America/Chicago');
  const midnight = Date.parse('2037-11-19T06:00Z');
  const [row] = tableRows(blocksOf(answer()), () => day);
  expect(row.piece).toMatchObject({
    name: 'Tomás Reis',
    from: midnight,
    to: midnight + 86_400_000,
    cut: true,
  });
  const [entries] = entriesByDay(blocksOf(answer()), () => day, noon);
  expect(entries[0].piece).toEqual(row.piece);
});

it('sorts by day what a telephone shows: first what runs, then what begins', () => {
  const names = entriesByDay(blocksOf(answer()), () => scale, noon).map(day =>
    day.map(({ piece, row }) => `${row.name} ${piece.name}`),
  );
  expect(names[0]).toBeUndefined();
  expect(names[1]).toEqual(['Primary Inês Duarte', 'Lead Tomás Reis']);
  expect(names[2]).toEqual(['Primary Tomás Reis']);
  expect(names[4]).toEqual(['Primary Nobody']);
});

describe('the tab', () => {
  const open = (path: string, editable = true) => {
    const timeline = jest.fn(async (query: { from: string; to: string }) => ({
      ...answer(editable),
      from: query.from,
      to: query.to,
    }));
    showOnCall(
      <TimelineTab />,
      {
        timeline,
        changes: async () => ({ changes: [], people: {}, schedules: {} }),
        shifts: async () => ({
          schedule: payments,
          from: '2037-11-16T00:00:00Z',
          to: '2037-11-23T00:00:00Z',
          shifts: [],
        }),
      },
      { path },
    );
    return timeline;
  };

  it('shows what the address says, on a telephone as a list', async () => {
    const timeline = open('/?date=2037-11-18&span=week');
    expect(
      await screen.findByRole('button', {
        name: /Tomás Reis in place of Inês Duarte/,
      }),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: /Nobody is on call/ }),
    ).toBeInTheDocument();
    expect(screen.getByText('1 gap with nobody on call')).toBeInTheDocument();
    const { from, to } = timeline.mock.calls[0][0];
    expect(Date.parse(to) - Date.parse(from)).toBe(7 * 86_400_000);

    await userEvent.click(screen.getByRole('button', { name: /next week/ }));
    await waitFor(() => expect(timeline).toHaveBeenCalledTimes(2));
    expect(Date.parse(timeline.mock.calls[1][0].from)).toBe(Date.parse(to));
  });

  it('is a table for whoever prefers one', async () => {
    showOnCall(
      <TimelineTable blocks={blocksOf(answer())} scaleFor={() => scale} />,
      {},
    );
    const row = await screen.findByRole('row', { name: /in place of/ });
    expect(row).toHaveTextContent('Payments on call');
    expect(screen.getByRole('row', { name: /Nobody/ })).toBeInTheDocument();
  });

  it('is a list on a telephone, whatever the address asks for', async () => {
    open('/?date=2037-11-18&as=table');
    expect(
      await screen.findByRole('button', { name: /^Inês Duarte/ }),
    ).toBeInTheDocument();
    expect(screen.queryByRole('table')).not.toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: /^As a/ }),
    ).not.toBeInTheDocument();
  });

  it('says so when nothing fits, and shows all again', async () => {
    open('/?date=2037-11-18&q=warehouse');
    expect(await screen.findByText('No schedule fits')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(
      await screen.findByText('1 gap with nobody on call'),
    ).toBeInTheDocument();
    // The button is gone; who has no mouse goes on from where it was.
    const [timeline] = screen
      .getAllByRole('region')
      .filter(region => within(region).queryByText(/^1 gap/));
    await waitFor(() => expect(timeline).toHaveFocus());
  });

  it('tells who may change what the reader may not', async () => {
    open('/?date=2037-11-18', false);
    await userEvent.click(
      await screen.findByRole('button', { name: /^Inês Duarte/ }),
    );
    expect(await screen.findByText(/can change it/)).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: /Take it|Give|Swap|Override/ }),
    ).not.toBeInTheDocument();
  });

  it('tells who is stood in for how to have the shift back', async () => {
    open('/?date=2037-11-18');
    await userEvent.click(
      await screen.findByRole('button', { name: /^Tomás Reis in place of/ }),
    );
    expect(await screen.findByText(/undo the change/)).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Give to somebody' }),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Take it' }),
    ).not.toBeInTheDocument();
  });

  it('tells why it shows nothing when it cannot be loaded', async () => {
    showOnCall(
      <TimelineTab />,
      {
        timeline: async () => {
          throw new Error('The back end is away');
        },
        changes: async () => ({ changes: [], people: {}, schedules: {} }),
      },
      {},
    );
    expect(
      await screen.findByText('The timeline could not be loaded'),
    ).toBeInTheDocument();
  });
});
