import type { Locator } from '@playwright/test';
import { ask } from './support/delivery';
import {
  acceptWarnings,
  asSomebodyElse,
  expectFit,
  INES,
  onTimeline,
  prepareSchedule,
  SCHEDULE,
  timelineAt,
  undoNewest,
} from './support/onCall';
import { chooseByKey, listenTo, pressByKey, tabTo } from './support/keyboard';
import { signIn } from './support/person';
import { SCREENS } from './support/screens';
import { expect, Page, test } from './support/test';

// Journey 7: an engineer swaps a shift; calendar feeds, the service page and the timeline agree at once, and an undo is as quick.

const DAY = 86_400_000;

type Shift = {
  level: number;
  person: { ref: string; displayName: string };
  from: string;
  to: string;
  layer?: number;
  turn?: number;
};
/** All the pieces of one person's turn in the weekly rotation: a deputy has the lunch hours. */
type Turn = { person: Shift['person']; pieces: Shift[] };
type Event = { from: number; to: number; summary: string };

for (const screen of SCREENS) {
  test.describe(screen.name, () => {
    test.use(screen.use);

    test('an engineer swaps a shift', async ({ page, browser }) => {
      await prepareSchedule();
      const { mine, theirs } = await turnsToSwap();
      const other = theirs.person.displayName;
      const [inMine, inTheirs] = [mine, theirs].map(lastMinuteOf);

      await signIn(page, 'Inês Duarte');
      await page.goto('/on-call/my-shifts');
      const shifts = page.getByRole('list', { name: 'Your shifts' });
      await expect(shifts).toBeVisible();
      await expectFit(page);

      const own = await test.step('she has a calendar of her own', () =>
        makeCalendar(page, undefined));
      const team = await test.step('and one of the schedule', () =>
        makeCalendar(page, 'Payments on call'));
      const agree = async (at: { mine: string; theirs: string }) => {
        const events = await readCalendar(team);
        expect(whoHas(events, inMine), 'her turn').toContain(at.mine);
        expect(whoHas(events, inTheirs), 'the other turn').toContain(at.theirs);
        const hers = await readCalendar(own);
        expect(whoHas(hers, inMine) !== '').toBe(at.mine === 'Inês Duarte');
        expect(whoHas(hers, inTheirs) !== '').toBe(at.theirs === 'Inês Duarte');
      };
      await agree({ mine: 'Inês Duarte', theirs: other });

      await test.step('she chooses the shift to swap with', async () => {
        const row = await rowOf(page, shifts, mine);
        await row.getByRole('button', { name: /^Swap: / }).click();
        await page.getByRole('button', { name: /Swap with/ }).click();
        await expectChoicesFit(page);
        await page
          .getByRole('option', {
            name: new RegExp(`^${other}: .*${inSchedule(theirs)}`),
          })
          .first()
          .click();
        await page.getByRole('textbox', { name: /Reason/ }).fill('A wedding');
      });

      await test.step('sees what would happen, and confirms', async () => {
        await page
          .getByRole('button', { name: 'See what would happen' })
          .click();
        const changes = page.getByRole('list', { name: /What changes on/ });
        await expect(changes).toContainText(`After: ${other}`);
        await expect(changes).toContainText('After: Inês Duarte');
        await expect(page.getByText('Will be told:')).toBeVisible();
        await expectFit(page);
        await acceptWarnings(page, false);
        await page.getByRole('button', { name: 'Confirm' }).click();
        await expect(page.getByText('Done', { exact: true })).toBeVisible();
        await page.getByRole('button', { name: 'Finish' }).click();
      });

      await test.step('every place says so at once', async () => {
        await agree({ mine: other, theirs: 'Inês Duarte' });
        await page.goto(timelineAt(inTheirs));
        await expect(
          onTimeline(page, `Inês Duarte in place of ${other}`),
        ).toBeVisible();
        await expectFit(page);
        await page.goto(timelineAt(inMine));
        await expect(
          onTimeline(page, `${other} in place of Inês Duarte`),
        ).toBeVisible();
        await expectServicePage(page);
      });

      await test.step('another engineer sees it, and may not undo it', () =>
        asSomebodyElse(browser, screen.use, 'Marcus Weber', async visitor => {
          await visitor.goto(timelineAt(inTheirs));
          const changes = visitor.getByRole('list', { name: 'Recent changes' });
          await expect(changes.getByRole('listitem').first()).toContainText(
            'Swap: A wedding',
          );
          await expect(
            visitor.getByRole('button', { name: /^Undo/ }),
          ).toHaveCount(0);
        }));

      await test.step('she undoes it, and it is as before', async () => {
        await page.goto(timelineAt(inTheirs));
        await undoNewest(page, 'Swap');
        await agree({ mine: 'Inês Duarte', theirs: other });
        await page.goto(timelineAt(inMine));
        await expect(
          onTimeline(page, `${other} in place of Inês Duarte`),
        ).toHaveCount(0);
        await expectServicePage(page);
      });

      await test.step('and takes the calendars back', async () => {
        await page.goto('/on-call/my-shifts');
        const calendars = page
          .getByRole('list', { name: 'Your calendars' })
          .getByRole('listitem');
        await expect(calendars.first()).toBeVisible();
        for (let left = await calendars.count(); left > 0; left--) {
          await calendars
            .first()
            .getByRole('button', { name: /^Revoke: / })
            .click();
          await expect(calendars).toHaveCount(left - 1);
        }
        for (const address of [own, team]) {
          expect((await fetch(address)).status).toBe(404);
        }
      });
    });
  });
}

test('an engineer swaps, gives and takes shifts without a mouse', async ({
  page,
}) => {
  await prepareSchedule();
  const { mine, theirs } = await turnsToSwap();
  const other = theirs.person.displayName;
  const inTheirs = lastMinuteOf(theirs);
  const dialog = page.getByRole('dialog');
  const press = (name: string) =>
    pressByKey(page, dialog.getByRole('button', { name, exact: true }));
  const expectSaid = await listenTo(page);

  /** From what is chosen to what is done. */
  const confirm = async () => {
    await press('See what would happen');
    await expectSaid('Nothing is changed yet.');
    await acceptWarnings(page, true);
    await press('Confirm');
    await expectSaid('Who is on call was changed');
  };
  const undoAndFinish = async () => {
    await press('Undo');
    await expectSaid('Everybody is on call as before the change.');
    await press('Finish');
    await expect(dialog).toHaveCount(0);
  };
  const grid = page.getByRole('grid', { name: 'Who is on call when' });
  /** Opens a shift of the day that is shown, of the level that comes first. */
  const openShift = async (words: RegExp) => {
    await tabTo(page, grid);
    const chosen = page.locator('[aria-selected="true"]');
    await page.keyboard.press('Home');
    for (let step = 0; step < 20; step++) {
      if (words.test((await chosen.getAttribute('aria-label')) ?? '')) {
        break;
      }
      await page.keyboard.press('ArrowRight');
    }
    await expect(chosen).toHaveAttribute('aria-label', words);
    await page.keyboard.press('Enter');
    await expect(dialog).toBeVisible();
  };

  await signIn(page, 'Inês Duarte');
  await page.goto('/on-call/my-shifts');
  const shifts = page.getByRole('list', { name: 'Your shifts' });
  await expect(shifts).toBeVisible();
  const row = await rowOf(page, shifts, mine);

  await test.step('she thinks better of it, and is where she was', async () => {
    const swap = row.getByRole('button', { name: /^Swap: / });
    await pressByKey(page, swap);
    await expect(dialog).toContainText('Swap two shifts');
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(swap).toBeFocused();
  });

  await test.step('she swaps', async () => {
    await page.keyboard.press('Enter');
    await chooseByKey(
      page,
      dialog.getByRole('button', { name: /Swap with/ }),
      new RegExp(`^${other}: .*${inSchedule(theirs)}`),
      other,
    );
    await tabTo(page, dialog.getByRole('textbox', { name: /Reason/ }));
    await page.keyboard.type('No mouse at hand');
    await confirm();
    await press('Finish');
    await expect(dialog).toHaveCount(0);
    // That shift is somebody else's by now: she goes on where it was.
    await expect(shifts).toBeFocused();
  });

  await test.step('gives away what she has now, and takes that back', async () => {
    await page.goto(timelineAt(inTheirs));
    await openShift(new RegExp(`^Inês Duarte in place of ${other},`));
    await press('Give it away');
    await chooseByKey(
      page,
      dialog.getByRole('button', { name: /Who takes it/ }),
      /./,
    );
    await confirm();
    await undoAndFinish();
    await expect(grid).toBeFocused();
  });

  await test.step('undoes the swap', async () => {
    const changes = page.getByRole('list', { name: 'Recent changes' });
    await pressByKey(
      page,
      changes
        .getByRole('listitem')
        .filter({ hasText: 'No mouse at hand' })
        .getByRole('button', { name: 'Undo: Swap by Inês Duarte' })
        .first(),
    );
    await expectSaid('Swap undone: everybody is on call as before.');
    await expect(changes).toBeFocused();
  });

  await test.step('and takes a shift, and gives it back', async () => {
    await openShift(new RegExp(`^${other},`));
    await press('Take it');
    await confirm();
    await undoAndFinish();
    await expect(grid).toBeFocused();
  });
});

/** Her next turn and the one that runs now; her own when it runs now, and the one after. */
async function turnsToSwap(): Promise<{ mine: Turn; theirs: Turn }> {
  const now = Date.now();
  const window = `from=${new Date(now - 14 * DAY).toISOString()}&to=${new Date(
    now + 56 * DAY,
  ).toISOString()}`;
  const { shifts } = await ask<{ shifts: Shift[] }>(
    `oncall/shifts?schedule=${SCHEDULE}&${window}`,
  );
  const first = Math.min(
    ...shifts.flatMap(({ level, layer }) =>
      level === 1 && layer !== undefined ? [layer] : [],
    ),
  );
  const turns = new Map<number, Turn>();
  for (const shift of shifts) {
    if (
      shift.level === 1 &&
      shift.layer === first &&
      shift.turn !== undefined &&
      Date.parse(shift.to) > now
    ) {
      const turn = turns.get(shift.turn) ?? {
        person: shift.person,
        pieces: [],
      };
      turn.pieces.push(shift);
      turns.set(shift.turn, turn);
    }
  }
  const [current, ...coming] = [...turns.values()];
  if (current.person.ref === INES) {
    return { mine: current, theirs: coming[0] };
  }
  const mine = coming.find(({ person }) => person.ref === INES);
  expect(mine, 'She has a turn in eight weeks').toBeDefined();
  return { mine: mine!, theirs: current };
}

const endOf = (turn: Turn) => turn.pieces[turn.pieces.length - 1].to;

/** A time of a turn that is still to come when everything has been looked at. */
const lastMinuteOf = (turn: Turn) => Date.parse(endOf(turn)) - 60_000;

/**
 * A regular expression for the end of an interval as the screens write it: an interval within one day names the day once, as what is left of
 * a shift does on its last one, and one over the turn of a year names the years.
 *
 * @param timeZone - That of the reader unless told, which is this machine's.
 */
function endingAt(instant: string, timeZone?: string): string {
  const write = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-US', {
      hourCycle: 'h23',
      timeZone,
      ...options,
    }).format(new Date(instant));
  const day = write({ weekday: 'short', day: 'numeric', month: 'short' });
  const time = write({ hour: '2-digit', minute: '2-digit' });
  return `${day}(, \\d{4})?, (\\d\\d:\\d\\d\\s–\\s)?${time}(?!\\s–)`;
}

/** The end of a turn as the dialogs of its schedule write it: they read the clock of the schedule. */
const inSchedule = (turn: Turn) => endingAt(endOf(turn), 'Europe/Lisbon');

/** Whether all choices of the open select can be read to their ends, and be reached by whoever has no mouse. */
async function expectChoicesFit(page: Page): Promise<void> {
  const choices = page.locator('.bui-SelectPopover');
  await expect(choices.getByRole('option').first()).toBeVisible();
  // They fade in, and what fades in has no colours yet.
  await choices.evaluate(async element => {
    await Promise.all(element.getAnimations().map(({ finished }) => finished));
  });
  await expectFit(page);
  const titles = choices.locator('.bui-SelectItemTitle');
  expect(
    await titles.evaluateAll(all =>
      all
        .filter(one => one.scrollWidth > one.clientWidth)
        .map(one => one.textContent),
    ),
  ).toEqual([]);
  for (let step = await titles.count(); step > 0; step--) {
    await page.keyboard.press('ArrowDown');
  }
  await expect(choices.getByRole('option').last()).toBeInViewport({
    ratio: 0.9,
  });
}

/** The row of a turn among her shifts: the one that ends when the turn does. */
async function rowOf(
  page: Page,
  shifts: Locator,
  turn: Turn,
): Promise<Locator> {
  const row = shifts
    .getByRole('listitem')
    .filter({ hasText: new RegExp(endingAt(endOf(turn))) })
    .first();
  const more = page.getByRole('button', { name: /^Show more of/ });
  while ((await row.count()) === 0 && (await more.isVisible())) {
    await more.click();
  }
  return row;
}

/** Makes a calendar address, of the schedule or of the reader's own shifts, and reads it where it is shown once. */
async function makeCalendar(
  page: Page,
  schedule: string | undefined,
): Promise<string> {
  if (schedule) {
    await page.getByRole('button', { name: /Calendar of/ }).click();
    await page.getByRole('option', { name: schedule }).click();
  }
  await page.getByRole('button', { name: 'Make an address' }).click();
  const field = page.getByRole('textbox', {
    name: `Address: ${schedule ?? 'Your shifts'}`,
  });
  await expect(field).toHaveValue(/\/api\/oncall\/calendar\/[\w-]+\.ics$/);
  return await field.inputValue();
}

/** Reads a calendar as a calendar program does. */
async function readCalendar(address: string): Promise<Event[]> {
  const response = await fetch(address);
  expect(response.status).toBe(200);
  const lines = (await response.text()).replace(/\r\n[ \t]/g, '').split('\r\n');
  const events: Event[] = [];
  for (const line of lines) {
    const last = events[events.length - 1];
    const [name, ...rest] = line.split(':');
    const value = rest.join(':');
    if (line === 'BEGIN:VEVENT') {
      events.push({ from: 0, to: 0, summary: '' });
    } else if (last && /^DT(START|END)/.test(name)) {
      last[name.startsWith('DTSTART') ? 'from' : 'to'] = Date.parse(
        value.replace(
          /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
          '$1-$2-$3T$4:$5:$6Z',
        ),
      );
    } else if (last && name === 'SUMMARY') {
      last.summary = value;
    }
  }
  return events;
}

/** What the primary events of a calendar say for an instant. */
function whoHas(events: Event[], instant: number): string {
  return events
    .filter(
      ({ from, to, summary }) =>
        from <= instant && to > instant && summary.endsWith('level 1'),
    )
    .map(({ summary }) => summary)
    .join('; ');
}

/** The page of a service names whoever the API says, now. */
async function expectServicePage(page: Page): Promise<void> {
  await expect(async () => {
    const { levels } = await ask<{
      levels: { people: { displayName: string }[] }[];
    }>('oncall/now?entityRef=component:default/ledger');
    await page.goto('/catalog/default/component/ledger');
    await expect(
      page
        .getByRole('region', { name: 'On call', exact: true })
        .getByRole('list', { name: 'On call: Primary' }),
    ).toContainText(levels[0].people[0].displayName, { timeout: 10_000 });
  }).toPass({ timeout: 60_000 });
}
