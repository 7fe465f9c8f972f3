import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask } from './support/delivery';
import { signIn } from './support/person';
import { git, runPipeline } from './support/repository';
import { expect, expectAccessible, machineToken, test } from './support/test';

// Journeys 2 and 3: a new service from the golden path, then its first deployments. The second needs what the first made.
test.describe.configure({ mode: 'serial' });

const name = `gift-cards-${Date.now().toString(36)}`;
let folder: string;
let repository: string;
/** Reports for the new service only. */
let reportingToken: string;

test.beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'journey-'));
  repository = path.join(folder, name);
});

test.afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a developer makes a new service from the golden path', async ({
  page,
}) => {
  await signIn(page, 'Inês Duarte');
  await page.getByRole('link', { name: 'Choose a template' }).click();
  const card = page.getByRole('group', { name: 'TypeScript service' });
  await expect(card).toContainText('Saves about two days of work');
  await card.getByRole('button', { name: 'Choose TypeScript service' }).click();

  await test.step('the form refuses what would not work, as it is typed', async () => {
    const field = page.getByRole('textbox', { name: /^Name/ });
    await field.fill('Gift Cards; rm -rf /');
    await expect(page.getByText(/lower-case letters/i).last()).toBeVisible();
    await field.fill('ledger');
    await expect(page.getByText(/taken|already/i)).toBeVisible();
    await field.fill(name);
    await expect(page.getByText(/taken|already/i)).toBeHidden();
    await expectAccessible(page);
  });

  await test.step('three answers are enough', async () => {
    await page
      .getByRole('textbox', { name: /^Description/ })
      .fill('Sells gift cards and keeps their balance');
    await page.getByRole('button', { name: 'Next' }).click();
  });

  await test.step('the files are there to see before they are written', async () => {
    const files = page.getByRole('region', { name: 'The files' });
    await expect(files).toContainText(/\d+ files, \d+ kB in all/);
    await files.getByRole('button', { name: /^catalog-info\.yaml/ }).click();
    await expect(files).toContainText(`name: ${name}`);
    await expect(files).toContainText(/\.gitlab-ci\.yml/);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByRole('button', { name: 'Create' }).click();
  });

  await test.step('progress ends on the new component', async () => {
    const last = page.getByText('Clean up after a failure', { exact: true });
    await expect(last).toBeVisible();
    // All of its three dozen steps are in sight, and not in a strip that leads out of the page.
    const { x, width } = (await last.boundingBox()) ?? { x: NaN, width: NaN };
    expect(x + width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
    const open = page.getByRole('link', { name: 'Open your service' });
    await expect(open).toBeVisible({ timeout: 180_000 });
    await expect(
      page.getByText(/This saved about two days of work/),
    ).toBeVisible();
    await open.click();
    await expect(page).toHaveURL(new RegExp(`/component/${name}`));
    await expect(
      page.getByRole('heading', { name, exact: true }).first(),
    ).toBeVisible();
    await expect(page.getByText('Newest version')).toBeVisible();
    // The catalog's graph of relations comes last.
    await expect(page.getByRole('progressbar')).toHaveCount(0);
    await expectAccessible(page);
  });
});

test('an objective is added from its page by a pull request, and is there once merged', async ({
  page,
}) => {
  await signIn(page, 'Inês Duarte');
  await page.goto(`/catalog/default/component/${name}`);

  await test.step('its page offers the change, and nobody has to say to what', async () => {
    await page
      .getByRole('region', { name: 'Change it' })
      .getByRole('link', { name: 'Add an objective' })
      .click();
    await page.getByRole('textbox', { name: /^Name/ }).fill('checkout');
    await page.getByRole('button', { name: /What is measured/ }).click();
    await page.getByRole('option', { name: /^Availability/ }).click();
    await page.getByRole('button', { name: 'Next' }).click();
  });

  await test.step('what would change is there to see', async () => {
    const change = page.getByRole('region', { name: 'What would change' });
    await expect(change).toContainText(/\d+ files: \d+ new, \d+ changed/);
    await expect(change).toContainText('Add the objective checkout');
    await change.getByRole('button', { name: /^mkdocs\.yml changed/ }).click();
    await expect(change).toContainText('+ ');
    await expect(change).toContainText('runbooks/slo-checkout.md');
    await expectAccessible(page);
  });

  await test.step('it becomes a pull request', async () => {
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByRole('button', { name: 'Create' }).click();
    // The link opens a tab of its own.
    const link = page.getByRole('link', { name: 'Open the pull request' });
    await expect(link).toBeVisible({ timeout: 120_000 });
    await page.goto((await link.getAttribute('href')) ?? '');
    await expect(
      page.getByRole('heading', { name: /Add the objective checkout/ }).first(),
    ).toBeVisible();
    await page.getByRole('button', { name: 'Merge' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: 'Merge' })
      .click();
    await expect(
      page.getByText('Merged', { exact: true }).first(),
    ).toBeVisible();
  });

  await test.step('and is in the repository', async () => {
    await page.goto(
      `/git/payments/${name}/blob/main/docs/runbooks/slo-checkout.md`,
    );
    await expect(page.getByText(/checkout/).first()).toBeVisible();
  });
});

test('its repository is cloned with plain git and its own pipeline passes untouched', async ({
  page,
  baseURL,
}) => {
  test.setTimeout(400_000);
  await test.step('its owner makes what the pipeline reports with', async () => {
    await signIn(page, 'Inês Duarte');
    await page.goto(
      `/catalog/default/component/${name}/delivery?tab=data-quality`,
    );
    await page
      .getByRole('textbox', { name: 'Where it is used' })
      .fill('GitLab CI');
    await page.getByRole('button', { name: 'Make a credential' }).click();
    reportingToken = await page.getByTestId('reporting-token').innerText();
    expect(reportingToken).toMatch(/^pvr_/);
    await expectAccessible(page);
  });

  await git(folder, 'clone', `${baseURL}/api/git/payments/${name}.git`);
  expect(await git(repository, 'ls-files')).toContain('.golden-path.yaml');

  const before = await git(repository, 'rev-parse', 'HEAD');
  const { code, output } = await runPipeline(repository, pipelineVariables());
  expect(code, output).toBe(0);
  expect(await git(repository, 'rev-parse', 'HEAD')).toBe(before);
  expect(await git(repository, 'status', '--porcelain')).toBe('');
});

test('a change is pushed, deployed, and its lead time shows within seconds', async ({
  page,
  baseURL,
}) => {
  test.setTimeout(400_000);
  const messages = ['Explain what gift cards are', 'Say who keeps the balance'];
  for (const message of messages) {
    appendFileSync(path.join(repository, 'README.md'), `\n${message}.\n`);
    await git(repository, 'commit', '--all', '--message', message);
  }
  const commits = (await git(repository, 'log', '-2', '--format=%H')).split(
    '\n',
  );

  await test.step('a push needs a token from the portal', async () => {
    await expect(git(repository, 'push')).rejects.toThrow(
      /could not read Username|Authentication failed/,
    );
    await signIn(page, 'Inês Duarte');
    await page.goto('/git/tokens');
    await page
      .getByRole('textbox', { name: /^Name/ })
      .fill(`laptop for ${name}`);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Make token' }).click();
    const token = await page
      .getByRole('status')
      .filter({ hasText: 'Copy it now' })
      .getByRole('code')
      .innerText();
    const address = new URL(`${baseURL}/api/git/payments/${name}.git`);
    address.username = 'ines.duarte';
    address.password = token;
    await git(repository, 'push', address.href, 'HEAD:main');
  });

  await test.step('the pipeline deploys it and reports', async () => {
    const { code, output } = await runPipeline(repository, pipelineVariables());
    expect(code, output).toBe(0);
    expect(output).toContain('to ' + baseURL);
  });

  await test.step('within seconds both of its changes are counted', async () => {
    const address = `dora/metrics?${new URLSearchParams({
      entityRef: `component:default/${name}`,
      from: yesterday(),
      to: tomorrow(),
    })}`;
    // Here and not on the page, which takes its time to load on a busy machine.
    await expect
      .poll(
        async () => {
          const { metrics } = await ask<{
            metrics: { changeLeadTime: { changes?: number } };
          }>(address);
          return metrics.changeLeadTime.changes;
        },
        { timeout: 15_000 },
      )
      .toBe(2);
  });

  await test.step('the delivery tab shows exactly those commits', async () => {
    await page.goto(`/catalog/default/component/${name}/delivery`);
    await expect(
      page.getByRole('region', { name: 'Change lead time' }),
    ).toContainText('2 changes', { timeout: 60_000 });
    await expectAccessible(page);
  });

  await test.step('which nobody else could have reported with it', async () => {
    const response = await fetch(`${baseURL}/api/dora/metrics`, {
      headers: { authorization: `Bearer ${reportingToken}` },
    });
    expect(response.status).toBe(403);
  });

  await test.step('and so does the interface other programs read', async () => {
    const api = async (address: string) => {
      const response = await fetch(`${baseURL}/api/dora/${address}`, {
        headers: { authorization: `Bearer ${machineToken()}` },
      });
      expect(response.status, address).toBe(200);
      return response.json();
    };
    const { items } = await api(
      `deployments?entityRef=component:default/${name}&from=${yesterday()}&to=${tomorrow()}`,
    );
    expect(items).toHaveLength(2);
    const newest = await api(`deployments/${items[0].id}`);
    expect(
      newest.changeRows
        .map((change: { commit: string }) => change.commit)
        .sort(),
    ).toEqual([...commits].sort());
  });
});

/** What the team would set in its CI system. The service lives only as long as this test needs it. */
function pipelineVariables(): Record<string, string> {
  return {
    PORTAL_TOKEN: reportingToken,
    DEPLOY_ROOT: path.join(folder, 'deployments'),
    LOCAL_DEPLOY_SECONDS: '120',
  };
}

function yesterday(): string {
  return new Date(Date.now() - 86_400_000).toISOString();
}

function tomorrow(): string {
  return new Date(Date.now() + 86_400_000).toISOString();
}
