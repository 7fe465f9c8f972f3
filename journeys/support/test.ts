import { readFileSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, Page, test as base } from '@playwright/test';

/**
 * A test that also fails on what a person would not see: an error in the browser's console, an uncaught exception, an answer of the
 * server that is its own fault.
 */
export const test = base.extend<{ watched: void }>({
  watched: [
    async ({ page }, use) => {
      const seen = unseenIn(page);
      await use();
      expectNothingUnseen(seen);
    },
    { auto: true },
  ],
});

/** Collects what a person at a page would not see, from now on. */
export function unseenIn(page: Page): string[] {
  const seen: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error') {
      seen.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', error => seen.push(`exception: ${error.message}`));
  page.on('response', response => {
    if (response.status() >= 500) {
      seen.push(`${response.status()} from ${response.url()}`);
    }
  });
  return seen;
}

/** Whether there was nothing that a person would not see; what there was comes first in the error. */
export function expectNothingUnseen(seen: string[]): void {
  expect(seen, seen.join('\n') || 'what a person would not see').toEqual([]);
}

export { expect, type Page };

/** Where a task's page is. */
const TASK = '/create/tasks/';

/**
 * Findings in Backstage's own pages that only replacing the page would mend: each a rule, and the part in which it is let pass,
 * on pages whose path begins so where it says one. Nothing of this project's own may be listed.
 */
const STOCK: { rule: string; part: string; on?: string }[] = [
  // Headings of the catalog's table: a column can be dragged and sorted, which nests a button in a button.
  { rule: 'nested-interactive', part: 'th:has(.MuiTableSortLabel-root)' },
  // The card of a template: its link to the details has no words and holds a button.
  { rule: 'link-name', part: '[aria-label="Show template entity details"]' },
  {
    rule: 'nested-interactive',
    part: '[aria-label="Show template entity details"]',
  },
  // The page of a task: the button beside its log has no name; the log's lines are links that call themselves rows.
  { rule: 'button-name', part: 'button.MuiIconButton-sizeSmall', on: TASK },
  { rule: 'aria-required-children', part: 'a[href*="#line-"]', on: TASK },
  { rule: 'aria-required-parent', part: 'a[href*="#line-"]', on: TASK },
  { rule: 'color-contrast', part: 'div:has(> a[href*="#line-"])', on: TASK },
];

/** What still moves after this time, in milliseconds, moves for longer than anybody waits, also on a busy machine. */
const LONGEST_MOVE = 20_000;

/**
 * Waits until nothing on the page fades, slides or changes its colour any more: what is on its way has neither its colours nor its place
 * yet, and on a busy machine it stays on its way for long. What turns without end, as what says that something loads, is not waited for.
 * @throws after {@link LONGEST_MOVE}, with what still moves
 */
export async function atRest(page: Page): Promise<void> {
  const unrest = await page.evaluate(async longest => {
    const frame = () =>
      new Promise(resolve => {
        requestAnimationFrame(resolve);
      });
    const findMoving = () =>
      document.getAnimations().filter(
        ({ effect, playState, timeline }) =>
          playState === 'running' &&
          // Not what moves with a list that somebody scrolls.
          timeline === document.timeline &&
          effect?.getComputedTiming().endTime !== Infinity,
      );
    const nameOf = (animation: Animation) => {
      const { effect } = animation;
      const element = effect instanceof KeyframeEffect ? effect.target : null;
      // The tag with its attributes and what it says, and which animation of the style sheets it is.
      const tag = element?.cloneNode(false) as Element | undefined;
      const kind =
        animation instanceof CSSTransition
          ? `transition of ${animation.transitionProperty}`
          : animation instanceof CSSAnimation
          ? `animation ${animation.animationName}`
          : animation.id;
      return `${tag?.outerHTML ?? 'no element'} ${(
        element?.textContent ?? ''
      ).slice(0, 80)} (${kind})`;
    };
    let isOver = false;
    const tooLong = new Promise<void>(resolve => {
      setTimeout(() => {
        isOver = true;
        resolve();
      }, longest);
    });
    const settle = async () => {
      while (!isOver) {
        // What was pressed last is drawn by the second frame, and only what is drawn moves.
        await frame();
        await frame();
        const moving = findMoving();
        if (moving.length === 0) {
          return true;
        }
        // One that is broken off is over, too.
        await Promise.allSettled(moving.map(({ finished }) => finished));
      }
      return false;
    };
    return (await Promise.race([settle(), tooLong]))
      ? undefined
      : findMoving().map(nameOf);
  }, LONGEST_MOVE);
  if (unrest) {
    throw new Error(
      `after ${LONGEST_MOVE / 1_000} s there still moves: ${
        unrest.join('\n') ||
        'nothing now, but too few frames were drawn to tell'
      }`,
    );
  }
}

/**
 * Whether the page holds to WCAG 2.1 A and AA, as far as a program can tell. It is looked at when it stands: while one of Backstage's bars says
 * that something loads, what is to be looked at is not there yet. The page of a task shows how far it is by such a bar, and is looked at as it is.
 */
export async function expectAccessible(page: Page): Promise<void> {
  if (!new URL(page.url()).pathname.startsWith(TASK)) {
    await expect(
      page.locator('.MuiLinearProgress-indeterminate'),
      'everything has loaded',
    ).toHaveCount(0, { timeout: 60_000 });
  }
  await atRest(page);
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze();
  const { pathname } = new URL(page.url());
  const found: { rule: string; help: string; where: string }[] = [];
  for (const { id: rule, help, nodes } of violations) {
    const parts = STOCK.filter(
      known => known.rule === rule && pathname.startsWith(known.on ?? '/'),
    );
    // One question for all of them: a log has hundreds.
    const known = await page.evaluate(
      ([targets, selectors]) =>
        targets.map(target => {
          const element = document.querySelector(target);
          return selectors.some(selector => element?.closest(selector));
        }),
      [
        nodes.map(({ target }) => String(target[target.length - 1])),
        parts.map(({ part }) => part),
      ],
    );
    nodes.forEach(({ target, html }, at) => {
      if (!known[at]) {
        found.push({ rule, help, where: `${target}: ${html}` });
      }
    });
  }
  // Soft, so that one run tells all there is to mend; in short first, because of a long error only the beginning may be seen.
  expect
    .soft(
      found,
      [
        `accessibility of ${pathname}`,
        ...found.map(({ rule, where }) => `${rule}: ${where}`),
      ].join('\n'),
    )
    .toEqual([]);
}

/** Whether nothing sticks out sideways, which on a telephone hides it. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  expect(content).toBeLessThanOrEqual(window);
}

/** The token that the running portal wrote for scripts. */
export function machineToken(): string {
  const folder = process.env.PORTAL_DATA;
  if (!folder) {
    throw new Error('PORTAL_DATA must name the data folder of the portal');
  }
  return readFileSync(path.join(folder, 'machine-token'), 'utf8').trim();
}
