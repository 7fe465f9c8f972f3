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
  whatWouldChange,
  withSubject,
} from '../support/changeTrial';
import { expect, test } from '../support/test';
import { command, photograph } from '../support/trial';

test('aws-resource: from the page of a service to a queue in its repository', async ({
  page,
}) => {
  test.setTimeout(45 * 60_000);
  await withSubject(page, { target: 'aws' }, async subject => {
    const { name, repository, variables } = subject;

    await test.step('the form asks what it is', async () => {
      await openChange(page, name, 'Add an AWS resource');
      await photograph(page, 'form-1-empty');
      const field = page.getByRole('textbox', { name: /^Name/ });
      await expectHostileTexts(field);
      await photograph(page, 'form-2-refused');
      await field.fill('due-mails');
      await page.getByRole('button', { name: /What it is/ }).click();
      await page.getByRole('option', { name: /^Queue/ }).click();
    });

    await test.step('what would change is there to see', async () => {
      const change = await whatWouldChange(page);
      await change
        .getByRole('button', { name: /^catalog-info\.yaml changed/ })
        .click();
      await expect(change).toContainText(`name: ${name}-queue-due-mails`);
      await photograph(page, 'form-3-what-would-change');
    });

    await merge(page, await propose(page));

    await test.step('its page has the queue', async () => {
      await expectInCatalog(name, ({ spec }) =>
        JSON.stringify(spec.dependsOn ?? []).includes('due-mails'),
      );
      await page.goto(`/catalog/default/component/${name}`);
      await expect(
        page.getByRole('link', { name: `${name}-queue-due-mails` }).first(),
      ).toBeVisible({ timeout: 120_000 });
      await expect(page.getByRole('progressbar')).toHaveCount(0);
      await photograph(page, 'entity');
      await page.goto(`/catalog/default/resource/${name}-queue-due-mails`);
      await expect(
        page.getByRole('heading', { name: `${name}-queue-due-mails` }).first(),
      ).toBeVisible();
      await photograph(page, 'resource');
    });

    const changed = await pull(subject);
    expect(changed.filter(line => !/^[AM]\t/.test(line))).toEqual([]);
    const verified = await command(repository, 'make verify', {
      env: variables,
    });
    expect(verified).toMatch(/^verified /m);
    await deliver(subject, 'after the merge');
    // It says what it is watched by, and the runbook of each alarm is there.
    const terraform = readFileSync(
      path.join(repository, 'infra/aws/queue-due-mails.tf'),
      'utf8',
    );
    expect(terraform).toMatch(/resource "aws_cloudwatch_metric_alarm"/);
    expect(terraform).toContain('docs/runbooks/queue-due-mails.md');

    await test.step('its pages are in the docs', async () => {
      await makeDocs(name);
      for (const address of [
        'resources/queue-due-mails',
        'runbooks/queue-due-mails',
      ]) {
        await page.goto(`/docs/default/component/${name}/${address}`);
        await expect(
          page.getByRole('heading', { level: 1, name: /due-mails/ }).first(),
        ).toBeVisible({ timeout: 120_000 });
        await photograph(page, address.replace('/', '-'));
      }
    });
    await command(repository, 'ci/stop.sh staging; ci/stop.sh production', {
      env: variables,
    });
  });
});
