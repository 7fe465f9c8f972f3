import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from '@playwright/test';
import { ask, portal } from './delivery';
import { signIn } from './person';
import { git, runPipeline } from './repository';
import { expect, machineToken, type Page, test } from './test';
import {
  create,
  expectOutcome,
  makeToken,
  photograph,
  push,
  stopDeployments,
} from './trial';

/** What somebody may type, or paste, where it does not belong. */
const HOSTILE = {
  quotes: `say "hi" to 'them'`,
  'template syntax': '${{ secrets.token }} {{ x }} {% raw %}',
  shell: '$(id); `id` && rm -rf / #',
  '200 characters': 'x'.repeat(200),
  'other letters': 'Zürich 東京 Ελλάδα',
  'a line break': 'one\ntwo',
} as const;

/** Kinds of hostile texts. */
export type HostileText = keyof typeof HOSTILE;

/**
 * Types what does not belong there into a text field, and holds it to saying so while it is typed, in words; to what it takes, it says
 * nothing. A line break is tried where a field has several lines: others cannot have one.
 */
export async function expectHostileTexts(
  field: Locator,
  options: { takes?: readonly HostileText[] } = {},
): Promise<void> {
  const said: string[] = [];
  const multiline = await field.evaluate(
    element => element.tagName === 'TEXTAREA',
  );
  for (const [kind, text] of Object.entries(HOSTILE)) {
    if (kind === 'a line break' && !multiline) {
      continue;
    }
    await field.fill(text);
    const taken = options.takes?.includes(kind as HostileText) ?? false;
    if (taken) {
      await expect
        .soft(field, `${kind} is good`)
        .not.toHaveAttribute('aria-invalid', 'true');
      continue;
    }
    await expect
      .soft(field, `${kind} is refused`)
      .toHaveAttribute('aria-invalid', 'true');
    const words = await describedBy(field);
    said.push(`${kind}: ${words}`);
    expect.soft(words, `what is said of ${kind}`).toMatch(/\w.*\./);
  }
  await test.info().attach('words of refusal', { body: said.join('\n') });
}

/** The words that belong to a field, as somebody hears them who does not see it. */
async function describedBy(field: Locator): Promise<string> {
  return field.evaluate(element =>
    (element.getAttribute('aria-describedby') ?? '')
      .split(/\s+/)
      .map(id => document.getElementById(id)?.innerText ?? '')
      .join(' ')
      .trim(),
  );
}

/** A component made from a template, to be changed: its name, and where its repository is cloned. */
export type Subject = {
  name: string;
  folder: string;
  repository: string;
  /** To push with. */
  token: string;
  /** What its pipeline is told. */
  variables: Record<string, string>;
};

/** A name nothing else has. */
export const newName = (what: string) =>
  `${what}-${Date.now().toString(36).slice(-6)}`;

/** A folder that is gone after the work. */
export async function inFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'trial-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Makes a service to be changed, as a user with all answers in mind does, and clones it. What comes out of the form is the trial of the template
 * itself.
 */
export async function makeSubject(
  page: Page,
  folder: string,
  answers: Record<string, unknown> = {},
): Promise<Subject> {
  return test.step('there is a service', async () => {
    const name = newName('gift-cards');
    const formData = JSON.stringify({
      name,
      owner: 'group:default/payments',
      description: 'Sells gift cards and keeps their balance',
      ...answers,
    });
    await page.goto(
      `/create/templates/default/typescript-service?${new URLSearchParams({
        formData,
      })}`,
    );
    await expect(page.getByText(`${name} is free.`)).toBeVisible();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Review' }).click();
    await create(page, 'Open your service');
    const token = await makeToken(page, `laptop for ${name}`);
    await git(folder, 'clone', `${portal()}/api/git/payments/${name}.git`);
    return {
      name,
      folder,
      repository: path.join(folder, name),
      token,
      variables: {
        DEPLOY_ROOT: path.join(folder, 'deployments'),
        LOCAL_DEPLOY_SECONDS: '900',
      },
    };
  });
}

/** Makes a repository on the portal's git host that no template made, with the files of a folder, and clones it. */
export async function makeForeignRepository(
  page: Page,
  folder: string,
  name: string,
  files: string,
): Promise<Subject> {
  return test.step('there is a repository no template made', async () => {
    const response = await fetch(`${portal()}/api/git/v1/repositories`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${machineToken()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ owner: 'payments', name }),
    });
    expect(response.status, await response.text()).toBe(201);
    const token = await makeToken(page, `laptop for ${name}`);
    await git(folder, 'clone', `${portal()}/api/git/payments/${name}.git`);
    const repository = path.join(folder, name);
    mkdirSync(repository, { recursive: true });
    cpSync(files, repository, { recursive: true });
    await git(repository, 'checkout', '--quiet', '-B', 'main');
    await git(repository, 'add', '--all');
    await git(repository, 'commit', '--quiet', '--message', 'As it always was');
    await push(repository, token);
    return { name, folder, repository, token, variables: {} };
  });
}

/** Opens the form of a change from the page of the component. */
export async function openChange(
  page: Page,
  component: string,
  change: string,
): Promise<void> {
  await page.goto(`/catalog/default/component/${component}`);
  await page
    .getByRole('region', { name: 'Change it' })
    .getByRole('link', { name: change })
    .click();
  await expect(
    page.getByRole('heading', { name: change }).first(),
  ).toBeVisible();
}

/** What would change: waits until it is worked out. */
export async function whatWouldChange(page: Page): Promise<Locator> {
  const change = page.getByRole('region', { name: 'What would change' });
  await expect(change).toContainText(/\d+ files?: \d+ (new|changed)/, {
    timeout: 120_000,
  });
  return change;
}

/** Reviews, sends the form, and looks at the result; answers the address of the pull request. */
export async function propose(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Review' }).click();
  await photograph(page, 'review');
  await create(page, 'Open the pull request');
  await photograph(page, 'result');
  const link = page.getByRole('link', { name: 'Open the pull request' });
  return (await link.getAttribute('href')) ?? '';
}

/** Reads a pull request and merges it. */
export async function merge(page: Page, address: string): Promise<void> {
  await page.goto(address);
  const button = page.getByRole('button', { name: 'Merge' });
  await expect(button).toBeEnabled();
  await photograph(page, 'pull-request');
  await button.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click();
  await expect(page.getByText('Merged', { exact: true })).toBeVisible();
}

/** An entity as far as trials read it. */
export type Entity = {
  metadata: { annotations?: Record<string, string>; tags?: string[] };
  spec: Record<string, unknown>;
};

/** Waits until the catalog has a component as it should be; answers after how many seconds. */
export async function expectInCatalog(
  name: string,
  holds: (entity: Entity) => boolean,
  timeout = 180_000,
): Promise<number> {
  const from = Date.now();
  await expect
    .poll(
      async () => {
        const { items } = await ask<{ items: Entity[] }>(
          `catalog/entities/by-query?filter=kind=component,metadata.name=${name}`,
        );
        return items[0] && holds(items[0])
          ? 'as it should be'
          : JSON.stringify(items[0] ?? 'nothing');
      },
      { message: `what the catalog has of ${name}`, timeout },
    )
    .toBe('as it should be');
  return Math.round((Date.now() - from) / 1000);
}

/** The portal looks once a minute at most whether docs have changed. */
const DOCS_LOOKED_AT_EVERY_MS = 60_000;

/** Has the docs of a component made from what was merged, as somebody does who waits for them. */
export async function makeDocs(name: string): Promise<void> {
  const until = Date.now() + DOCS_LOOKED_AT_EVERY_MS + 10_000;
  for (;;) {
    const response = await fetch(
      `${portal()}/api/techdocs/sync/default/component/${name}`,
      {
        headers: {
          authorization: `Bearer ${machineToken()}`,
          accept: 'text/event-stream',
        },
      },
    );
    const said = await response.text();
    expect(response.status, said).toBe(200);
    // Told event by event, at the end whether they were made.
    if (/"updated":true/.test(said)) {
      return;
    }
    // It has looked a moment ago, or they are as they were.
    expect(said).toContain('"updated":false');
    if (Date.now() > until) {
      return;
    }
    await new Promise(resolve => {
      setTimeout(resolve, 5_000);
    });
  }
}

/** Brings the clone to what was merged; answers the files that differ from before. */
export async function pull({ repository }: Subject): Promise<string[]> {
  const before = await git(repository, 'rev-parse', 'HEAD');
  await git(repository, 'pull', '--quiet', '--ff-only');
  const names = await git(
    repository,
    'diff',
    '--no-renames',
    '--name-status',
    before,
    'HEAD',
  );
  return names.split('\n');
}

/** Runs the pipeline of what was merged, on this machine. */
export async function deliver(
  subject: Subject,
  title: string,
): Promise<string> {
  return test.step(`pipeline ${title}`, async () => {
    const { repository, variables } = subject;
    return expectOutcome(
      `pipeline ${title}`,
      await runPipeline(repository, variables),
    );
  });
}

/** Signs in and makes a service, then has a trial change it; what runs of it is stopped. */
export async function withSubject(
  page: Page,
  answers: Record<string, unknown>,
  trial: (subject: Subject) => Promise<void>,
): Promise<void> {
  await signIn(page, 'Inês Duarte');
  await inFolder(async folder => {
    const subject = await makeSubject(page, folder, answers);
    try {
      await trial(subject);
    } finally {
      await stopDeployments(subject.repository, [subject.variables]);
    }
  });
}
