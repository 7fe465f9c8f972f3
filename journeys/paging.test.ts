import type { WebSocket } from '@playwright/test';
import { ask } from './support/delivery';
import {
  acceptWarnings,
  asSomebodyElse,
  expectFit,
  INES,
  prepareSchedule,
  SCHEDULE,
  undoNewest,
} from './support/onCall';
import { pressByKey } from './support/keyboard';
import { signIn } from './support/person';
import { SCREENS } from './support/screens';
import { expect, Page, test } from './support/test';

// On-call at night: an engineer takes the running shift with the keyboard alone, somebody of another team pages her from the page of a
// service, she sees it without reloading and acknowledges it, and the card of the service says who looks after it.

const SERVICE = 'component:default/ledger';
/** What the portal calls what it tells those who look when a page changes. */
const PAGES_CHANGED = 'oncall:pages';
/** Longer than any shift, in milliseconds. */
const LONGEST = 60 * 86_400_000;

type Now = {
  levels: {
    level: number;
    people: { ref: string; displayName: string }[];
  }[];
};

for (const screen of SCREENS) {
  test.describe(screen.name, () => {
    test.use(screen.use);
    // A mouse is at hand on the large screen only to show that nobody needs it.
    const byKeyboard = screen.use.viewport.width > 1000;

    test('somebody is paged, and answers', async ({ page, browser }) => {
      await prepareSchedule();
      const words = `Card payments are declined (${Date.now().toString(36)})`;
      await signIn(page, 'Inês Duarte');

      const taken = await test.step('she takes the running shift', async () => {
        const { levels } = await ask<Now>(`oncall/now?entityRef=${SERVICE}`);
        const [first] = levels[0].people;
        if (first.ref === INES) {
          return false;
        }
        await page.goto(
          `/on-call/timeline?${new URLSearchParams({
            span: 'day',
            schedule: SCHEDULE,
          })}`,
        );
        await (byKeyboard
          ? takeByKeyboard(page, first.displayName)
          : takeByHand(page, first.displayName));
        await expect(page.getByText('Done', { exact: true })).toBeVisible();
        await press(page, 'Finish', byKeyboard);
        // A running shift is taken from the next minute on.
        await expect
          .poll(
            async () =>
              (
                await ask<Now>(`oncall/now?entityRef=${SERVICE}`)
              ).levels[0].people[0].ref,
            { timeout: 90_000 },
          )
          .toBe(INES);
        return true;
      });

      const signals = signalsOfPages(page);
      await page.goto('/on-call');
      await expect(
        page.getByRole('region', { name: 'On call now' }),
      ).toContainText('Inês Duarte');
      await expect(page.getByText(words)).toHaveCount(0);
      // Who is connected is told at once; before, it would be seen half a minute later.
      await expect.poll(signals.areHeard).toBe(true);
      await asInTheBackground(page, true);

      await asSomebodyElse(browser, screen.use, 'Priya Raman', async other => {
        const card = await test.step('another team pages her', async () => {
          await other.goto('/catalog/default/component/ledger');
          const region = other.getByRole('region', {
            name: 'On call',
            exact: true,
          });
          await region
            .getByRole('button', { name: 'Page whoever is on call: Ledger' })
            .click();
          const dialog = other.getByRole('dialog');
          await expect(dialog).toContainText('This calls Inês Duarte now');
          const send = dialog.getByRole('button', { name: 'Page now' });
          await expect(send).toBeDisabled();
          await dialog
            .getByRole('textbox', { name: /What is wrong/ })
            .fill(words);
          await expectFit(other);
          const before = signals.heard();
          await send.click();
          await expect(dialog).toContainText('Inês Duarte called');
          await expect
            .poll(signals.heard, { message: 'signals that pages changed' })
            .toBeGreaterThan(before);
          await dialog.getByRole('button', { name: 'Close' }).last().click();
          return region;
        });
        const onCard = card
          .getByRole('list', { name: 'Pages' })
          .getByRole('listitem')
          .filter({ hasText: words });
        await expect(onCard).toContainText('Nobody has answered');
        await expectFit(other);

        await test.step('she sees it where she is, and answers', async () => {
          const pages = page
            .getByRole('list', { name: 'Pages' })
            .getByRole('listitem')
            .filter({ hasText: words });
          // By the signal alone: in the background the page does not ask again by itself, however long this takes.
          await expect(pages).toContainText(
            'Inês Duarte called by Priya Raman',
            { timeout: 60_000 },
          );
          await asInTheBackground(page, false);
          await expectFit(page);
          await press(page, `Acknowledge: ${words}`, byKeyboard);
          await expect(pages).toContainText('Being looked at');
        });

        await test.step('the card of the service says who looks after it', async () => {
          await other.reload();
          await expect(onCard).toContainText('Inês Duarte looks after it');
        });
      });

      await test.step('it is over', async () => {
        await press(page, `Resolve: ${words}`, byKeyboard);
        await expect(page.getByText(words)).toHaveCount(0);
        const { pages } = await ask<{
          pages: { title: string; status: string; people: { ref: string }[] }[];
        }>(`oncall/pages?schedule=${SCHEDULE}`);
        expect(pages.find(({ title }) => title === words)).toMatchObject({
          status: 'resolved',
          people: [{ ref: INES }],
        });
      });

      if (taken) {
        await test.step('and she gives the shift back', async () => {
          await page.goto(`/on-call/timeline?schedule=${SCHEDULE}`);
          await undoNewest(page, 'Shift taken');
        });
      }
    });
  });
}

/** The shift of a person that runs now, taken without a mouse. */
async function takeByKeyboard(page: Page, person: string): Promise<void> {
  const grid = page.getByRole('grid', { name: 'Who is on call when' });
  await expect(grid).toBeVisible();
  await grid.focus();
  const chosen = page.locator('[aria-selected="true"]');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Home');
  await expect(chosen).toBeVisible();
  const now = Date.now();
  const isRunning = async () => {
    const label = (await chosen.getAttribute('aria-label')) ?? '';
    return label.startsWith(`${person},`) && runsAt(label, now);
  };
  for (let step = 0; step < 20 && !(await isRunning()); step++) {
    await page.keyboard.press('ArrowRight');
  }
  await page.keyboard.press('Enter');
  await press(page, 'Take it', true);
  await confirm(page, true);
}

/** Whether a shift as the plot names it ("Ana, Sat, Nov 21, 09:00 – Mon, Nov 23, 09:00 and beyond") is over an instant. */
function runsAt(label: string, instant: number): boolean {
  const [from, to] = label
    .split(' – ')
    .map(part => /(\w{3} \d+), (\d\d:\d\d)/.exec(part)!)
    .map(
      ([, day, time]) =>
        (year: number) =>
          Date.parse(`${day}, ${year} ${time}`),
    );
  const year = new Date(instant).getFullYear();
  // No year is named, and at the turn of one a shift has two.
  return [
    [year, year],
    [year - 1, year],
    [year, year + 1],
  ].some(
    ([first, last]) =>
      from(first) <= instant &&
      to(last) > instant &&
      to(last) - from(first) < LONGEST,
  );
}

/**
 * What a page is told of pages, from before it is opened on: whether it has asked to be told and still listens, and how often it was told. A
 * connection that was slow to come about is made anew, so all are looked at.
 */
function signalsOfPages(page: Page) {
  const listening = new Set<WebSocket>();
  let heard = 0;
  page.on('websocket', socket => {
    socket.on('framesent', ({ payload }) => {
      if (String(payload).includes(PAGES_CHANGED)) {
        listening.add(socket);
      }
    });
    socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes(PAGES_CHANGED)) {
        heard += 1;
      }
    });
    socket.on('close', () => listening.delete(socket));
  });
  return { areHeard: () => listening.size > 0, heard: () => heard };
}

/** Makes a page take itself for one that nobody sees, as behind another tab: it asks for nothing again by itself, and hears signals. */
async function asInTheBackground(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(isHidden => {
    if (isHidden) {
      Object.defineProperty(document, 'visibilityState', {
        configurable: true,
        get: () => 'hidden',
      });
    } else {
      // What the browser itself says is below.
      Reflect.deleteProperty(document, 'visibilityState');
    }
  }, hidden);
}

async function takeByHand(page: Page, person: string): Promise<void> {
  await page
    .getByRole('button', { name: new RegExp(`^${person} .*Primary until`) })
    .first()
    .click();
  await press(page, 'Take it', false);
  await confirm(page, false);
}

async function confirm(page: Page, byKeyboard: boolean): Promise<void> {
  await press(page, 'See what would happen', byKeyboard);
  await expect(
    page.getByRole('list', { name: /What changes on/ }),
  ).toContainText('After: Inês Duarte');
  await acceptWarnings(page, byKeyboard);
  await press(page, 'Confirm', byKeyboard);
}

/** A button, pressed by who has a mouse or by who comes to it with the Tab key. */
async function press(
  page: Page,
  name: string,
  byKeyboard: boolean,
): Promise<void> {
  const button = page.getByRole('button', { name, exact: true });
  await expect(button).toBeEnabled();
  if (!byKeyboard) {
    await button.click();
    return;
  }
  await pressByKey(page, button);
}
