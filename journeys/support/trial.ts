import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from '@playwright/test';
import { git, type Outcome, ownEnvironment, run } from './repository';
import { expect, expectAccessible, type Page, test } from './test';

/** How every page of a form has to look good. The last is what a trial goes on with. */
const LOOKS = [
  { name: 'telephone-dark', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'telephone-light', width: 390, height: 844, colorScheme: 'light' },
  { name: 'large-dark', width: 1400, height: 900, colorScheme: 'dark' },
  { name: 'large-light', width: 1400, height: 900, colorScheme: 'light' },
] as const;

/** What the portal, and Backstage in its docs, says where there is no such page. */
const NOTHING_THERE = /^Nothing is at this address$|^ERROR \d{3}/;

/** The lines that are shown of what a program printed; all of it is attached to the report. */
const LAST_LINES = 60;

/**
 * Takes a picture of the page as it is on a large screen and a telephone, light and dark, and holds it to being usable by everybody there. The
 * pictures are in the report.
 */
export async function photograph(page: Page, name: string): Promise<void> {
  await test.step(`pictures: ${name}`, async () => {
    await expect
      .soft(page.getByText(NOTHING_THERE), `${name} is a page`)
      .toHaveCount(0);
    for (const { name: look, width, height, colorScheme } of LOOKS) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      // What changes its colour does so slowly, and half way is neither one nor the other.
      await page.waitForTimeout(600);
      const file = test.info().outputPath(`${name}-${look}.png`);
      await page.screenshot({ path: file, fullPage: true });
      await test.info().attach(`${name}-${look}`, { path: file });
      const sideways = await page.evaluate(
        () =>
          document.documentElement.scrollWidth -
          document.documentElement.clientWidth,
      );
      expect.soft(sideways, `${name} sticks out, ${look}`).toBeLessThan(1);
      expect
        .soft(await cutOff(page), `cut off in ${name}, ${look}`)
        .toEqual([]);
      // Each size and each set of colours once.
      if (look === 'telephone-dark' || look === 'large-light') {
        await expectAccessible(page);
      }
    }
  });
}

/** Commands, addresses and cells that end where a part ends that shows no more and cannot be scrolled: nobody could read or copy them. */
async function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    Array.from(document.querySelectorAll('code, td'))
      .filter(text => {
        const { right } = text.getBoundingClientRect();
        for (let part = text.parentElement; part; part = part.parentElement) {
          const { overflowX } = getComputedStyle(part);
          if (overflowX !== 'visible') {
            return (
              (overflowX === 'hidden' || overflowX === 'clip') &&
              right > part.getBoundingClientRect().right + 1
            );
          }
        }
        return false;
      })
      .map(text => (text as HTMLElement).innerText),
  );
}

/** Chooses a template from the list, as somebody does who comes to the portal for it. */
export async function chooseTemplate(page: Page, title: string): Promise<void> {
  await page.getByRole('link', { name: 'Choose a template' }).click();
  const card = page.getByRole('group', { name: title, exact: true });
  await expect(card).toContainText(/Saves .+ of work/);
  await card.getByRole('button', { name: `Choose ${title}` }).click();
}

/** Types what a field cannot take, and holds it to saying so while it is typed. */
export async function expectRefused(
  page: Page,
  field: Locator,
  text: string,
  words: RegExp,
): Promise<void> {
  await field.fill(text);
  await expect(
    page.getByRole('status').filter({ hasText: words }),
    `what is said of ${JSON.stringify(text)}`,
  ).toBeVisible();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
}

/** Goes on to the next page of a form. */
export async function next(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Next' }).click();
}

/** Sends the form, follows the steps, and answers what the result page says to do next. A task that fails says why. */
export async function create(page: Page, result: string): Promise<string> {
  await page.getByRole('button', { name: 'Create' }).click();
  const done = page.getByRole('link', { name: result });
  const failed = page.getByRole('alert').filter({ hasText: /\S/ });
  await expect(done.or(failed).first()).toBeVisible({ timeout: 300_000 });
  await expect(done, await failed.allInnerTexts().then(String)).toBeVisible();
  await expect(page.getByText(/This saved .+ of work/)).toBeVisible();
  return page.getByRole('main').or(page.locator('main')).first().innerText();
}

/** What a command that is run in a trial may come to. */
type Expectation = {
  /** The exit code; 0 by default. */
  code?: number | 'failure';
  env?: Record<string, string>;
};

/** Holds an outcome to its exit code, and puts all that was printed into the report whatever it came to. */
export async function expectOutcome(
  title: string,
  outcome: Outcome,
  code: number | 'failure' = 0,
): Promise<string> {
  const { output } = outcome;
  await test.info().attach(`${title}.log`, {
    body: output,
    contentType: 'text/plain',
  });
  const end = output.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  if (code === 'failure') {
    expect(outcome.code, `${title} passed:\n${end}`).not.toBe(0);
  } else {
    expect(outcome.code, `${title}:\n${end}`).toBe(code);
  }
  return output;
}

/** Runs a command line in a folder as somebody at a shell prompt does, as a step of its own; answers what it printed. */
export function command(
  cwd: string,
  line: string,
  options: Expectation = {},
): Promise<string> {
  return test.step(line, async () => {
    const { code, env } = options;
    const outcome = await run('bash', ['-c', line], { cwd, env });
    return expectOutcome(line, outcome, code);
  });
}

/** Stops what a repository's own scripts brought out on this machine, with each of the environments it was brought out in. */
export async function stopDeployments(
  repository: string,
  environments: readonly Record<string, string>[],
): Promise<void> {
  if (!existsSync(path.join(repository, 'ci/stop.sh'))) {
    return;
  }
  for (const env of environments) {
    for (const stage of ['staging', 'production']) {
      // Whether that works is nothing to hide behind what went wrong before.
      await run('ci/stop.sh', [stage], { cwd: repository, env });
    }
  }
}

/** A program that runs on while a trial looks at what it does. */
export type Running = { printed: () => string; stop: () => Promise<void> };

/** How long what is asked to end has for it. */
const STOP_WITHIN_MS = 10_000;

/** Starts what runs until it is stopped. */
export function start(
  cwd: string,
  line: string,
  env: Record<string, string>,
): Running {
  const child: ChildProcess = spawn('bash', ['-c', line], {
    cwd,
    env: { ...ownEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // With all that it starts: what is asked to end is the group.
    detached: true,
  });
  let output = '';
  let over = false;
  child.stdout?.on('data', chunk => (output += chunk));
  child.stderr?.on('data', chunk => (output += chunk));
  const ended = new Promise<void>(resolve => {
    child.once('close', () => {
      over = true;
      resolve();
    });
    child.once('error', error => {
      output += error.message;
      over = true;
      resolve();
    });
  });
  return {
    printed: () => output,
    stop: async () => {
      const signal = (name: NodeJS.Signals) => {
        // The first of the group may be gone, and others of it not.
        if (child.pid === undefined || over) {
          return;
        }
        try {
          process.kill(-child.pid, name);
        } catch (error) {
          // All of it ended by itself.
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
            throw error;
          }
        }
      };
      signal('SIGTERM');
      const late = setTimeout(() => signal('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
      await test.info().attach(`${line}.log`, {
        body: output,
        contentType: 'text/plain',
      });
    },
  };
}

/** Makes a token to push with, on the page where the portal says that there is one. */
export async function makeToken(
  page: Page,
  name: string,
  address = '/git/tokens',
): Promise<string> {
  await page.goto(address);
  await page.getByRole('textbox', { name: /^Name/ }).fill(name);
  await page.getByRole('button', { name: 'Make token' }).click();
  return page
    .getByRole('status')
    .filter({ hasText: 'Copy it now' })
    .getByRole('code')
    .innerText();
}

/** Makes what the pipeline of a component reports with, on the page that the result page leads to. */
export async function makeCredential(
  page: Page,
  where: string,
): Promise<string> {
  await page.getByRole('textbox', { name: 'Where it is used' }).fill(where);
  await page.getByRole('button', { name: 'Make a credential' }).click();
  const token = await page.getByTestId('reporting-token').innerText();
  expect(token).toMatch(/^pvr_/);
  return token;
}

/** Pushes a branch with a token, as git does once it has asked for it. */
export async function push(
  repository: string,
  token: string,
  branch = 'main',
  user = 'ines.duarte',
): Promise<void> {
  const address = new URL(await git(repository, 'remote', 'get-url', 'origin'));
  address.username = user;
  address.password = token;
  await git(repository, 'push', address.href, `HEAD:${branch}`);
}

/** Opens the docs of a component in the portal, and holds them to being there. */
export async function openDocs(page: Page, component: string): Promise<void> {
  await page.goto(`/docs/default/component/${component}`);
  await expect(
    page.getByRole('heading', { level: 1, name: component }).first(),
  ).toBeVisible({ timeout: 120_000 });
  // They are made anew for what was pushed.
  await expect(page.getByRole('progressbar')).toHaveCount(0, {
    timeout: 120_000,
  });
}
