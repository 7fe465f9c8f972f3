import { readFileSync, writeFileSync } from 'node:fs';
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
import { git } from '../support/repository';
import { expect, test } from '../support/test';
import { command, next, openDocs, photograph } from '../support/trial';

test('add-slo: from the page of a service to an alert that fires', async ({
  page,
}) => {
  test.setTimeout(45 * 60_000);
  await withSubject(page, {}, async subject => {
    const { name, repository, variables } = subject;
    const rules = 'observability/prometheus/slo-checkout/rules.yaml';

    await test.step('the form asks what the objective is', async () => {
      await openChange(page, name, 'Add an objective');
      await photograph(page, 'form-1-empty');
      await expectHostileTexts(page.getByRole('textbox', { name: /^Name/ }));
      for (const [indicator, field] of [
        [/^Freshness/, /^Metric of the last success/],
        [/^Latency/, /^Path/],
        [/^Availability/, /^Path/],
      ] as const) {
        await page.getByRole('button', { name: /What is measured/ }).click();
        await page.getByRole('option', { name: indicator }).click();
        await expectHostileTexts(page.getByRole('textbox', { name: field }));
        await photograph(page, `form-2-refused-${indicator.source.slice(1)}`);
      }
      await page.getByRole('textbox', { name: /^Name/ }).fill('checkout');
      await page
        .getByRole('textbox', { name: /^Path/ })
        .fill('/v1/greetings/:name');
      await photograph(page, 'form-3-answered');
      await next(page);
    });

    await test.step('who goes back may choose again, and is asked for that alone', async () => {
      const back = page.getByRole('button', { name: 'Back' });
      await back.click();
      await page.getByRole('button', { name: /What is measured/ }).click();
      await page.getByRole('option', { name: /^Latency/ }).click();
      await page.getByRole('button', { name: /Fast enough/ }).click();
      await page.getByRole('option', { name: '0.3', exact: true }).click();
      await next(page);
      await page.getByRole('button', { name: 'Review' }).click();
      await expect(page.getByRole('row', { name: /^Fast enough/ })).toHaveText(
        /0\.3$/,
      );
      await back.click();
      await back.click();
      await page.getByRole('button', { name: /What is measured/ }).click();
      await page.getByRole('option', { name: /^Availability/ }).click();
      await next(page);
    });

    await test.step('what would change is there to see', async () => {
      const change = await whatWouldChange(page);
      await change
        .getByRole('button', { name: /^catalog-info\.yaml changed/ })
        .click();
      await expect(change).toContainText('pavedroad.dev/slo.checkout');
      await photograph(page, 'form-4-what-would-change');
      await page.getByRole('button', { name: 'Review' }).click();
      await expect(page.getByRole('row')).toHaveText([
        /^Component.*/,
        /^Name\s*checkout$/,
        /^What is measured\s*Availability · requests of a path that succeed$/,
        /^Path\s*\/v1\/greetings\/:name$/,
        /^Objective\s*99\.5$/,
      ]);
      await photograph(page, 'form-5-review');
      await page.getByRole('button', { name: 'Back' }).click();
      await whatWouldChange(page);
    });

    const [sent, pullRequest] = await Promise.all([
      page.waitForRequest(
        request =>
          request.method() === 'POST' &&
          request.url().endsWith('/api/scaffolder/v2/tasks'),
      ),
      propose(page),
    ]);
    const { entityRef, files, ...answers } = sent.postDataJSON().values;
    expect(answers).toEqual({
      sloName: 'checkout',
      indicator: 'availability',
      route: '/v1/greetings/:name',
      objective: 99.5,
    });
    await merge(page, pullRequest);

    await test.step('its page has the objective', async () => {
      await expectInCatalog(
        name,
        ({ metadata }) =>
          metadata.annotations?.['pavedroad.dev/slo.checkout'] !== undefined,
      );
      await page.goto(`/catalog/default/component/${name}`);
      const objectives = page.getByRole('region', { name: 'Objectives' });
      await expect(objectives).toContainText(
        '99.5% of requests of /v1/greetings/:name succeed over 30 days',
      );
      await expect(objectives).toContainText('99.5% of requests succeed');
      await expect(page.getByRole('progressbar')).toHaveCount(0);
      await photograph(page, 'entity');
      await makeDocs(name);
      await objectives
        .getByRole('link', { name: 'Runbook of checkout' })
        .click();
      await expect(
        page.getByRole('heading', { level: 1, name: /checkout/ }).first(),
      ).toBeVisible({ timeout: 120_000 });
      await photograph(page, 'runbook');
    });

    const changed = await pull(subject);
    expect(changed.filter(line => !/^[AM]\t/.test(line))).toEqual([]);
    const verified = await command(repository, 'make verify', {
      env: variables,
    });
    expect(verified).toMatch(/^verified /m);
    const printed = await deliver(subject, 'after the merge');
    expect(printed).toContain('slo-checkout/rules.test.yaml');

    await test.step('the new alert fires in its test, and a wrong limit does not pass', async () => {
      const file = path.join(repository, rules);
      const text = readFileSync(file, 'utf8');
      const wrong = text.replaceAll('(14.4 *', '(144 *');
      expect(wrong).not.toBe(text);
      writeFileSync(file, wrong);
      expect(
        await command(repository, 'make rules', { code: 'failure' }),
      ).toContain('AddedSloBurnFast');
      await git(repository, 'checkout', '--quiet', '--', rules);
      await command(repository, 'make rules');
    });

    await openDocs(page, name);
    // The pages of a group are there once it is opened.
    await page.getByText('Runbooks', { exact: true }).first().click();
    await expect(
      page.getByRole('link', { name: /checkout/ }).first(),
    ).toBeVisible();
    await command(repository, 'ci/stop.sh staging; ci/stop.sh production', {
      env: variables,
    });
  });
});
