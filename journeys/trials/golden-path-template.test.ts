import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  expectHostileTexts,
  inFolder,
  merge,
  newName,
  propose,
  whatWouldChange,
} from '../support/changeTrial';
import { asSomebodyElse } from '../support/onCall';
import { ask, portal } from '../support/delivery';
import { signIn } from '../support/person';
import { git } from '../support/repository';
import { expect, type Page, test } from '../support/test';
import { command, makeToken, next, photograph, push } from '../support/trial';

const ROOT = path.resolve(__dirname, '../..');

/** What a first `npm run` would install: it is the same as here, and takes minutes less. */
const INSTALLED = `cd ${JSON.stringify(ROOT)} &&
find . -maxdepth 3 -name node_modules -type d -not -path './node_modules/*' -not -path './.toolchain/*' -prune -print0 |
  xargs -0 cp -al --parents -t "$CLONE" && cp -a .toolchain "$CLONE"`;

/** Chooses from the list of all templates: who writes them has no other way there. */
async function choose(page: Page, title: string): Promise<void> {
  await page.goto('/create');
  const card = page.getByRole('group', { name: title, exact: true });
  await expect(card).toContainText(/Saves .+ of work/);
  await card.getByRole('button', { name: `Choose ${title}` }).click();
}

test('golden-path-template: from the form to a service made by the new template', async ({
  page,
  browser,
}) => {
  test.setTimeout(45 * 60_000);
  await signIn(page, 'Priya Raman');
  await inFolder(async folder => {
    const name = newName('refund-adapter');
    const title = `Refund adapter ${name.split('-').pop()}`;

    await test.step('the form asks what to begin with', async () => {
      await choose(page, 'Write a template');
      await photograph(page, 'form-1-empty');
      const nameField = page.getByRole('textbox', { name: /^Name/ });
      await expectHostileTexts(nameField);
      await nameField.fill('typescript-service');
      await expect(page.getByText(/taken|already/i).first()).toBeVisible();
      const description = page.getByRole('textbox', { name: /^Description/ });
      await expectHostileTexts(description, {
        takes: ['quotes', 'other letters'],
      });
      await photograph(page, 'form-2-refused');
      await nameField.fill(name);
      await expect(page.getByText(`${name} is free.`)).toBeVisible();
      await description.fill('Pays back what a provider took twice');
      await next(page);
      const titleField = page.getByRole('textbox', { name: /^Title/ });
      await expectHostileTexts(titleField, {
        takes: ['quotes', 'other letters'],
      });
      const tags = page.getByRole('textbox', { name: /^Tags/ });
      await expectHostileTexts(tags);
      await photograph(page, 'form-3-refused');
      await titleField.fill(title);
      await tags.fill('payments c++');
    });

    await test.step('what would change is there to see', async () => {
      const change = await whatWouldChange(page);
      await change.locator('summary').first().click();
      await change.getByRole('button', { name: /^template\.yaml new/ }).click();
      await expect(change).toContainText(`title: ${title}`);
      await photograph(page, 'form-4-what-would-change');
    });

    const pullRequest = await propose(page);
    const clone = path.join(folder, 'portal');
    const branch = `paved-road/template-${name}`;
    await test.step('its branch is checked out and proved, as the pull request says', async () => {
      await git(
        folder,
        'clone',
        '--branch',
        branch,
        `${portal()}/api/git/platform/portal.git`,
      );
      await command(folder, INSTALLED, { env: { CLONE: clone } });
      await command(clone, `npm run templates -- lint ${name}`);
      await command(
        clone,
        `npm run templates -- render ${name} --set name=ledger --set owner=group:default/payments --set 'description=Keeps balances' --out ../ledger`,
      );
      expect(
        readFileSync(path.join(folder, 'ledger/.golden-path.yaml'), 'utf8'),
      ).toContain(`ref: template:default/${name}`);
      await command(
        clone,
        `npm run templates -- test ${name} --only yaml --only shell --only prometheus --only entities`,
      );
      expect(await git(clone, 'status', '--porcelain')).toBe('');
    });

    await test.step('it is made one’s own, and a mistake is found', async () => {
      const file = path.join(clone, 'templates', name, 'template.yaml');
      const text = readFileSync(file, 'utf8');
      const own = text.replace(
        'One sentence on what it does for whom',
        'One sentence on which provider it pays back, for whom',
      );
      expect(own).not.toBe(text);
      writeFileSync(file, own.replace('version: 0.1.0', 'version: 0.2.0'));
      expect(
        await command(clone, `npm run templates -- lint ${name}`, {
          code: 'failure',
        }),
      ).toMatch(/0\.[12]\.0/);
      writeFileSync(file, own);
      await command(clone, `npm run templates -- lint ${name}`);
      await git(clone, 'commit', '--all', '--message', 'Ask for the provider');
      await push(
        clone,
        await makeToken(page, `laptop for ${name}`),
        branch,
        'priya.raman',
      );
    });

    await merge(page, pullRequest);
    await test.step('the catalog finds it by itself', async () => {
      const from = Date.now();
      await expect
        .poll(
          async () =>
            (
              await ask<{ items: unknown[] }>(
                `catalog/entities/by-query?filter=kind=template,metadata.name=${name}`,
              )
            ).items.length,
          { timeout: 120_000 },
        )
        .toBe(1);
      test.info().annotations.push({
        type: 'in the catalog after',
        description: `${Math.round((Date.now() - from) / 1000)} s`,
      });
      await page.goto(`/catalog/default/template/${name}`);
      await expect(
        page.getByRole('heading', { name: title }).first(),
      ).toBeVisible();
      await expect(page.getByRole('progressbar')).toHaveCount(0);
      await photograph(page, 'entity');
    });

    await test.step('others do not see a draft', async () => {
      await asSomebodyElse(browser, {}, 'Inês Duarte', async other => {
        await other.goto('/create');
        await expect(
          other.getByRole('group', { name: 'TypeScript service' }),
        ).toBeVisible();
        await expect(other.getByRole('group', { name: title })).toHaveCount(0);
      });
    });

    const service = newName('refunds');
    await test.step('its owners use it', async () => {
      await choose(page, title);
      await expect(page.getByText(/which provider it pays back/)).toBeVisible();
      await page.getByRole('textbox', { name: /^Name/ }).fill(service);
      await expect(page.getByText(`${service} is free.`)).toBeVisible();
      await page
        .getByRole('textbox', { name: /^Description/ })
        .fill('Pays back what the bank took twice');
      await photograph(page, 'made-1-form');
      await next(page);
      await expect(
        page.getByRole('region', { name: 'The files' }),
      ).toContainText(/\d+ files, \d+ kB in all/);
      await photograph(page, 'made-2-files');
      await page.getByRole('button', { name: 'Review' }).click();
      await page.getByRole('button', { name: 'Create' }).click();
      await expect(
        page.getByRole('link', { name: 'Open your service' }),
      ).toBeVisible({ timeout: 300_000 });
      await photograph(page, 'made-3-result');
      await page.goto(`/catalog/default/component/${service}`);
      await expect(
        page.getByRole('region', { name: 'Golden path' }),
      ).toContainText('version 0.1.0');
      await photograph(page, 'made-4-entity');
    });

    await git(folder, 'clone', `${portal()}/api/git/platform/${service}.git`);
    const made = path.join(folder, service);
    const env = {
      DEPLOY_ROOT: path.join(folder, 'deployments'),
      LOCAL_DEPLOY_SECONDS: '900',
    };
    expect(await command(made, 'make verify', { env })).toMatch(/^verified /m);
  });
});
