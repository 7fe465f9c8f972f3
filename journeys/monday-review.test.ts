import { readFileSync } from 'node:fs';
import { ask, readCsv } from './support/delivery';
import { signIn } from './support/person';
import { SCREENS } from './support/screens';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  test,
} from './support/test';

// Journey 5: a manager sees what changed beyond chance, goes to the rows behind it and takes them along.

const FIGURES = {
  changeLeadTime: 'Change lead time',
  deploymentFrequency: 'Deployment frequency',
  changeFailRate: 'Change fail rate',
  failedDeploymentRecoveryTime: 'Failed deployment recovery time',
  deploymentReworkRate: 'Deployment rework rate',
} as const;

const VERDICTS = {
  changed: 'Changed beyond chance',
  no_evidence_of_change: 'No evidence of change',
  insufficient_data: 'Not enough data to compare',
} as const;

type Answer = {
  scope: { services: number };
  window: { from: string; to: string; timeZone: string };
  metrics: {
    changeFailRate: { failed: number; deployments: number };
    deploymentFrequency: { deployments: number };
  };
  comparison: {
    verdicts: Record<keyof typeof FIGURES, keyof typeof VERDICTS>;
  };
};

for (const screen of SCREENS) {
  test.describe(screen.name, () => {
    test.use(screen.use);

    test('a manager reviews the delivery of a department', async ({ page }) => {
      await signIn(page, 'Marcus Weber');
      await page.goto('/delivery');
      await expect(
        page.getByRole('region', { name: 'Change lead time' }),
      ).toContainText(/\d/);

      // What the page asks is what this journey holds it to.
      const asked = page.waitForResponse(response => {
        const { pathname, searchParams } = new URL(response.url());
        return (
          response.ok() &&
          pathname === '/api/dora/metrics' &&
          searchParams.get('entityRef') === 'group:default/shopping' &&
          // The period that is shown, in whole days; the plots ask for the one before by its instants.
          /^\d{4}-\d\d-\d\d$/.test(searchParams.get('from') ?? '')
        );
      });
      await test.step('filters to a department', async () => {
        await page.getByRole('button', { name: /Scope$/ }).click();
        await page.getByRole('option', { name: 'Group' }).click();
        await page
          .getByRole('button', { name: /Group$/ })
          .last()
          .click();
        await page
          .getByRole('option', { name: 'Shopping', exact: true })
          .click();
        await expect(page).toHaveURL(
          /scope=group(:|%3A)default(\/|%2F)shopping/,
        );
      });
      const question = new URL((await asked).url());
      const answer = (await (await asked).json()) as Answer;

      await test.step('sees which numbers changed beyond chance', async () => {
        await expect(
          page.getByText(`${answer.scope.services} services in scope`, {
            exact: true,
          }),
        ).toBeVisible();
        for (const [metric, title] of Object.entries(FIGURES)) {
          const verdict =
            answer.comparison.verdicts[metric as keyof typeof FIGURES];
          await expect(
            page.getByRole('region', { name: title }).first(),
          ).toContainText(VERDICTS[verdict]);
        }
        const { failed, deployments } = answer.metrics.changeFailRate;
        await expect(
          page.getByRole('region', { name: 'Change fail rate' }),
        ).toContainText(`${failed} of ${deployments}`);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      });

      const list = page.getByRole('region', {
        name: 'Deployments',
        exact: true,
      });
      const { failed } = answer.metrics.changeFailRate;
      await test.step('opens the number to the deployments behind it', async () => {
        await page
          .getByRole('link', { name: 'Deployments that failed' })
          .click();
        await expect(list).toContainText(
          `${failed} deployment${failed === 1 ? '' : 's'}`,
        );
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      });

      await test.step('opens one, and comes back to where it stood', async () => {
        const row = list.getByRole('link', { name: /\d/ }).nth(2);
        const when = await row.innerText();
        await row.click();
        await expect(
          page.getByRole('region', { name: /^Deployment of/ }),
        ).toContainText('Failed in use');
        await expect(
          page.getByRole('region', { name: 'Changes', exact: true }),
        ).toContainText(/[0-9a-f]{7}/);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
        await page.goBack();
        await expect(list).toContainText(`${failed} deployment`);
        await expect(
          list.getByRole('link', { name: when, exact: true }).first(),
        ).toBeFocused();
      });

      await test.step('finds a deployment by its revision', async () => {
        const { items } = await ask<{
          items: { id: string; revision: string }[];
        }>(`dora/deployments${search(question)}&limit=1&kind=rollback`);
        await page.goto(
          `/delivery?scope=group:default/shopping&tab=deployments`,
        );
        await page
          .getByRole('searchbox', { name: 'Find' })
          .fill(items[0].revision.slice(0, 12));
        await expect(list).toContainText(items[0].revision.slice(0, 10));
        await expect(page).toHaveURL(/find=/);
        await page
          .getByRole('searchbox', { name: 'Find' })
          .fill('no such thing');
        await expect(list).toContainText('No deployments match');
        await page.getByRole('button', { name: 'Remove the filters' }).click();
        await expect(list).toContainText(/\d+ deployments/);
      });

      await test.step('takes all of them along as a file whose numbers are those of the page', async () => {
        const download = page.waitForEvent('download');
        await list.getByRole('button', { name: 'Download CSV' }).click();
        const file = await (await download).path();
        const rows = readCsv(readFileSync(file, 'utf8'));
        const changes = rows.filter(({ kind }) => kind === 'change');
        expect(changes).toHaveLength(
          answer.metrics.deploymentFrequency.deployments,
        );
        const withFailureData = changes.filter(
          row => row.failure_data === 'true',
        );
        expect(withFailureData).toHaveLength(
          answer.metrics.changeFailRate.deployments,
        );
        expect(
          withFailureData.filter(({ outcome }) => outcome === 'failed'),
        ).toHaveLength(failed);
        const { from, to } = answer.window;
        expect(
          rows.every(({ finished_at: at }) => {
            const finished = Date.parse(at);
            return finished >= Date.parse(from) && finished < Date.parse(to);
          }),
        ).toBe(true);
      });

      await test.step('looks at the incidents, and takes them along too', async () => {
        await page
          .getByRole('navigation', { name: 'Parts of delivery' })
          .getByRole('link', { name: 'Incidents' })
          .click();
        const incidents = page.getByRole('region', {
          name: 'Incidents',
          exact: true,
        });
        await expect(incidents).toContainText(/\d+ incidents? opened/);
        const total = Number(
          /(\d+) incidents? opened/.exec(await incidents.innerText())![1],
        );
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
        const download = page.waitForEvent('download');
        await incidents.getByRole('button', { name: 'Download CSV' }).click();
        const file = await (await download).path();
        expect(readCsv(readFileSync(file, 'utf8'))).toHaveLength(total);
      });
    });
  });
}

/** The question that the page asked, without what only metrics take. */
function search(question: URL): string {
  const parameters = new URLSearchParams(question.search);
  for (const name of [...parameters.keys()]) {
    if (name.startsWith('compare') || name === 'interval') {
      parameters.delete(name);
    }
  }
  return `?${parameters}`;
}
