import type { Locator } from '@playwright/test';
import { expect, Page } from './test';

/** More than any page has: whoever needs more of them gives up. */
const MOST_STEPS = 150;

/** Comes to a control with the Tab key, as who has no mouse does. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible();
  for (let step = 0; step < MOST_STEPS; step++) {
    if (await control.evaluate(found => found === document.activeElement)) {
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`The Tab key does not come to ${control}`);
}

/** Presses a button without a mouse. */
export async function pressByKey(page: Page, button: Locator): Promise<void> {
  await expect(button).toBeEnabled();
  await tabTo(page, button);
  await page.keyboard.press('Enter');
}

/** Chooses from a list that opens, without a mouse. */
export async function chooseByKey(
  page: Page,
  list: Locator,
  option: RegExp,
  /** What to search for, so that it is not far. */
  typed?: string,
): Promise<void> {
  await pressByKey(page, list);
  await expect(page.getByRole('option').first()).toBeVisible();
  if (typed) {
    await page.keyboard.type(typed);
  }
  const current = page.locator('[role="option"][data-focused="true"]');
  for (let step = 0; step < MOST_STEPS; step++) {
    const [words] = await current.allInnerTexts();
    if (words !== undefined && option.test(words)) {
      await page.keyboard.press('Enter');
      await expect(current).toHaveCount(0);
      return;
    }
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`The arrow keys do not come to ${option}`);
}

/**
 * Listens as a screen reader does, on this and all further pages: to what comes into a region that was there before. What comes together with
 * its region is not read out. Answers with what holds the page to having said something since it was opened, or since what it was last held to:
 * what was said once does not count twice.
 */
export async function listenTo(
  page: Page,
): Promise<(words: string) => Promise<void>> {
  await page.addInitScript(() => {
    const said: string[] = [];
    const regions = '[role="status"], [role="alert"], [aria-live]';
    let known = new Set<Element>();
    new MutationObserver(changes => {
      for (const { target } of changes) {
        const element =
          target instanceof Element ? target : target.parentElement;
        const region = element?.closest(regions);
        if (region && known.has(region) && region.textContent) {
          said.push(region.textContent);
        }
      }
      known = new Set(document.querySelectorAll(regions));
    }).observe(document, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    Object.assign(window, { said });
  });
  return async words => {
    await expect
      .poll(async () =>
        (
          await page.evaluate(
            () => (window as unknown as { said: string[] }).said,
          )
        ).join('\n'),
      )
      .toContain(words);
    // What came after the words stays to be heard.
    await page.evaluate(heard => {
      const { said } = window as unknown as { said: string[] };
      said.splice(0, said.findLastIndex(text => text.includes(heard)) + 1);
    }, words);
  };
}
