import type { Browser, BrowserContextOptions, Locator } from '@playwright/test';
import { portal } from './delivery';
import { signIn } from './person';
import { expectAccessible, expectNoSidewaysScroll, Page } from './test';

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
    await signIn(page, person);
    await look(page);
  } finally {
    await context.close();
  }
}

/** Whether a page fits its screen and can be used by everybody. */
export async function expectFit(page: Page): Promise<void> {
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
}
