import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  deliver,
  expectHostileTexts,
  expectInCatalog,
  makeDocs,
  merge,
  openChange,
  propose,
  pull,
  type Subject,
  whatWouldChange,
  withSubject,
} from '../support/changeTrial';
import { expect, test } from '../support/test';
import { command, photograph } from '../support/trial';

/** Where the pipeline brought a stage of it out on this machine. */
function addressOf({ name, variables }: Subject, stage: string): string {
  const file = path.join(variables.DEPLOY_ROOT, name, stage, 'current.env');
  const url = /^current_url=["']?([^"'\n]*)/m.exec(
    readFileSync(file, 'utf8'),
  )?.[1];
  expect(url, file).toMatch(/^http:/);
  return url ?? '';
}

/** The status with which it says that it is ready; `undefined` where nothing answers. */
const readiness = (address: string) =>
  fetch(`${address}/readyz`).then(
    ({ status }) => status,
    () => undefined,
  );

test('decommission: from the page of a service that runs to nothing that answers', async ({
  page,
}) => {
  test.setTimeout(45 * 60_000);
  await withSubject(page, {}, async subject => {
    const { name, repository, variables } = subject;
    await deliver(subject, 'that brings it out');
    const stages = ['staging', 'production'].map(stage =>
      addressOf(subject, stage),
    );
    for (const address of stages) {
      expect(await readiness(address), address).toBe(200);
    }

    await test.step('the form asks for its name again', async () => {
      await openChange(page, name, 'Take out of service');
      await photograph(page, 'form-1-empty');
      const field = page.getByRole('textbox', { name: /^Its name again/ });
      await expectHostileTexts(field);
      await photograph(page, 'form-2-refused');
      await field.fill('ledger');
      await expect(
        page.getByText(/You typed "ledger", but this is/),
      ).toBeVisible({ timeout: 120_000 });
      await expect(
        page.getByText(`Type its exact name, ${name}`),
      ).toBeVisible();
      await expect(page.getByText('go on without it')).toHaveCount(0);
      await photograph(page, 'form-3-another-name');
      await field.fill(name);
    });

    await test.step('what would change is there to see', async () => {
      const change = await whatWouldChange(page);
      await change
        .getByRole('button', { name: /^catalog-info\.yaml changed/ })
        .click();
      await expect(change).toContainText('lifecycle: deprecated');
      await photograph(page, 'form-4-what-would-change');
    });

    const pullRequest = await propose(page);
    // Nothing happens before it is merged.
    for (const address of stages) {
      expect(await readiness(address), address).toBe(200);
    }
    await merge(page, pullRequest);

    await test.step('its page says so, and does not offer it again', async () => {
      await expectInCatalog(
        name,
        ({ spec }) => spec.lifecycle === 'deprecated',
      );
      await page.goto(`/catalog/default/component/${name}`);
      await expect(page.getByText('Being taken out of service')).toBeVisible();
      const changes = page.getByRole('region', { name: 'Change it' });
      await expect(
        changes.getByRole('link', { name: 'Hand over to another group' }),
      ).toBeVisible();
      for (const title of [
        'Take out of service',
        'Add an objective',
        'Add an AWS resource',
      ]) {
        await expect(changes.getByRole('link', { name: title })).toHaveCount(0);
      }
      await expect(page.getByRole('progressbar')).toHaveCount(0);
      await photograph(page, 'entity');
      await makeDocs(name);
      await page.getByRole('link', { name: 'What is left to do' }).click();
      await expect(
        page
          .getByRole('heading', { level: 1, name: 'Taken out of service' })
          .first(),
      ).toBeVisible({ timeout: 120_000 });
      await photograph(page, 'checklist');
    });

    await pull(subject);
    const printed = await deliver(subject, 'that takes it down');
    for (const stage of ['staging', 'production']) {
      expect(printed).toContain(`took ${name} down in ${stage}`);
      expect(printed).toContain(`${name} no longer answers in ${stage}`);
    }
    for (const address of stages) {
      expect(await readiness(address), address).toBeUndefined();
    }
    await test.step('a second pipeline changes nothing', async () => {
      await deliver(subject, 'once more');
    });
    // The alerts are there until nobody asks any more, and wake nobody.
    const rules = readFileSync(
      path.join(repository, 'observability/prometheus/rules.yaml'),
      'utf8',
    );
    expect(rules).not.toContain('severity: page');
    await command(repository, 'make rules');
    await command(repository, 'make verify', { env: variables });
  });
});
