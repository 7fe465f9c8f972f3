import {
  deliver,
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
import { command, openDocs, photograph } from '../support/trial';

test('change-owner: from the page of a service to another group that is called', async ({
  page,
}) => {
  test.setTimeout(45 * 60_000);
  await withSubject(page, {}, async subject => {
    const { name, repository, variables } = subject;

    await test.step('the form asks who takes over', async () => {
      await openChange(page, name, 'Hand over to another group');
      await photograph(page, 'form-1-empty');
      await page.getByRole('button', { name: /New owner/ }).click();
      await page.getByRole('option', { name: 'Identity' }).click();
      await photograph(page, 'form-2-nobody-on-call');
      await page.getByRole('button', { name: /New owner/ }).click();
      await page.getByRole('option', { name: 'Storefront' }).click();
      await expect(page.getByText('On call', { exact: true })).toBeVisible();
    });

    await test.step('what would change is there to see', async () => {
      const change = await whatWouldChange(page);
      await change.getByRole('button', { name: /^CODEOWNERS changed/ }).click();
      await expect(change).toContainText('@storefront');
      await photograph(page, 'form-3-what-would-change');
    });

    await merge(page, await propose(page));

    await test.step('its page says whose it is, and who is called', async () => {
      await expectInCatalog(
        name,
        ({ spec }) => spec.owner === 'group:default/storefront',
      );
      await page.goto(`/catalog/default/component/${name}`);
      await expect(
        page.getByRole('link', { name: /storefront/i }).first(),
      ).toBeVisible();
      await expect(page.getByRole('progressbar')).toHaveCount(0);
      // It is no longer hers to change.
      await expect(
        page.getByRole('region', { name: 'Golden path' }),
      ).toBeVisible();
      await expect(page.getByRole('region', { name: 'Change it' })).toHaveCount(
        0,
      );
      await photograph(page, 'entity');
    });

    const changed = await pull(subject);
    expect(changed.filter(line => !line.startsWith('M\t'))).toEqual([]);
    expect(changed.length).toBeGreaterThan(5);
    expect(
      await git(
        repository,
        'grep',
        '--files-with-matches',
        'owner: storefront',
      ),
    ).toContain('observability/prometheus/rules.yaml');
    const verified = await command(repository, 'make verify', {
      env: variables,
    });
    expect(verified).toMatch(/^verified /m);
    // The tests of the alerts hold them to the new owner.
    await command(repository, 'make rules');
    await deliver(subject, 'after the merge');
    await makeDocs(name);
    await openDocs(page, name);
    await expect(page.getByText(/Owned by storefront/).first()).toBeVisible();
    await photograph(page, 'docs');
    await command(repository, 'ci/stop.sh staging; ci/stop.sh production', {
      env: variables,
    });
  });
});
