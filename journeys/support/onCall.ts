import type { Browser, BrowserContextOptions, Locator } from '@playwright/test';
import { ask, portal } from './delivery';
import { tabTo } from './keyboard';
import { signIn } from './person';
import {
  atRest,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  expectNothingUnseen,
  machineToken,
  Page,
  test,
  unseenIn,
} from './test';

/** The schedule of Inês's team. */
export const SCHEDULE = 'oncallschedule:default/payments';
export const INES = 'user:default/ines.duarte';

/** The day of an instant on the timeline of her team's schedule; the browser runs on this machine and in its zone. */
export function timelineAt(instant: number): string {
  return `/on-call/timeline?${new URLSearchParams({
    span: 'day',
    date: new Intl.DateTimeFormat('sv', { dateStyle: 'short' }).format(instant),
    schedule: SCHEDULE,
  })}`;
}

/** A shift on the timeline: a cell of the plot, or an entry of the list on a telephone. */
export function onTimeline(page: Page, words: string): Locator {
  return page
    .getByRole('gridcell', { name: new RegExp(`^${words},`) })
    .or(page.getByRole('button', { name: new RegExp(`^${words}`) }))
    .first();
}

/** As long as a journey takes on a machine that is busy with other things, in milliseconds. */
const WHILE_LOOKING = 6 * 60_000;

/**
 * Makes the schedule of her team a good place to begin: without what a try that failed left changed, and not minutes before the first level
 * passes to somebody else, which would be in the middle of what a journey looks at. That is waited for: a deputy has the lunch hours.
 */
export async function prepareSchedule(): Promise<void> {
  const { changes } = await ask<{
    changes: { id: string; canUndo: boolean }[];
  }>(`oncall/changes?schedule=${SCHEDULE}&limit=100`);
  for (const { id, canUndo } of changes) {
    if (canUndo) {
      const { status } = await fetch(`${portal()}/api/oncall/changes/${id}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${machineToken()}` },
      });
      // Or it has ended since it was listed.
      expect([200, 409], `undoing the change ${id}`).toContain(status);
    }
  }
  const now = Date.now();
  const { shifts } = await ask<{ shifts: { level: number; to: string }[] }>(
    `oncall/shifts?${new URLSearchParams({
      schedule: SCHEDULE,
      from: new Date(now).toISOString(),
      to: new Date(now + 2 * WHILE_LOOKING).toISOString(),
    })}`,
  );
  const wait = Math.max(
    0,
    ...shifts
      .filter(({ level }) => level === 1)
      .map(({ to }) => Date.parse(to) - now)
      .filter(left => left <= WHILE_LOOKING),
  );
  if (wait > 0) {
    test.setTimeout(test.info().timeout + wait);
    await new Promise(resolve => {
      setTimeout(resolve, wait + 1_000);
    });
  }
}

/** Accepts every warning that a preview of a change gives: by clicking on it, or without a mouse. */
export async function acceptWarnings(
  page: Page,
  byKeyboard: boolean,
): Promise<void> {
  const dialog = page.getByRole('dialog');
  // It stands below the warnings, so none of them is still to come.
  await expect(
    dialog.getByRole('button', { name: 'Confirm', exact: true }),
  ).toBeVisible();
  await atRest(page);
  for (const warning of await dialog.getByRole('checkbox').all()) {
    if (byKeyboard) {
      await tabTo(page, warning);
      await page.keyboard.press('Space');
    } else {
      // The box itself is drawn beside what can be checked.
      await warning.check({ force: true });
    }
    await expect(warning).toBeChecked();
  }
}

/** Undoes what was changed last, on the timeline; done when that one says so, and not one that was undone before. */
export async function undoNewest(
  page: Page,
  kind: 'Swap' | 'Shift taken',
): Promise<void> {
  const newest = page
    .getByRole('list', { name: 'Recent changes' })
    .getByRole('listitem')
    .first();
  await newest
    .getByRole('button', { name: `Undo: ${kind} by Inês Duarte` })
    .click();
  await expect(newest).toContainText('Undone by Inês Duarte');
}

/** Looks at the same with the eyes of somebody of another team, on the portal under test unless told otherwise. */
export async function asSomebodyElse(
  browser: Browser,
  options: BrowserContextOptions,
  person: Parameters<typeof signIn>[1],
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ baseURL: portal(), ...options });
  try {
    const page = await context.newPage();
    const seen = unseenIn(page);
    await signIn(page, person);
    await look(page);
    expectNothingUnseen(seen);
  } finally {
    await context.close();
  }
}

/** Whether a page fits its screen and can be used by everybody. */
export async function expectFit(page: Page): Promise<void> {
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
}
