import { ask, newCommit } from './support/delivery';
import { signIn } from './support/person';
import { SCREENS } from './support/screens';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  test,
} from './support/test';

// History that no system sends comes from a file: what it would do first, then the import, then the number it changes.

const SERVICE = 'component:default/label-printer';
const HEADER = 'service,environment,finished_at,revision';

const hoursAgo = (hours: number) =>
  new Date(Date.now() - hours * 3_600_000).toISOString();

/** Three deployments to staging that nothing else has told of. */
function rows(): string[] {
  return [30, 20, 10].map(
    hours => `${SERVICE},staging,${hoursAgo(hours)},${newCommit()}`,
  );
}

function csv(lines: string[]) {
  return {
    name: 'deployments.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`${[HEADER, ...lines].join('\n')}\n`),
  };
}

/** What the portal counts, asked as a script would. */
async function deployments(): Promise<number> {
  const { metrics } = await ask<{
    metrics: { deploymentFrequency: { deployments?: number } };
  }>(`dora/metrics?entityRef=${SERVICE}&environment=staging`);
  return metrics.deploymentFrequency.deployments ?? 0;
}

for (const screen of SCREENS) {
  test.describe(screen.name, () => {
    test.use(screen.use);

    test('an administrator brings history in from a file', async ({ page }) => {
      await signIn(page, 'Priya Raman');
      const before = await deployments();
      const lines = rows();
      await page.goto('/delivery/import');
      const file = page.getByLabel('CSV or NDJSON file, compressed or not');
      const would = page.getByRole('region', { name: 'What it would do' });

      await test.step('is told what is wrong with a file, and how to mend it', async () => {
        // Without an offset it could mean any of a day's moments.
        await file.setInputFiles(
          csv([lines[0].replace(/\.\d+Z,/, ','), ...lines.slice(1)]),
        );
        await expect(would.getByRole('status')).toContainText(
          'The file has 1 problem',
        );
        await expect(
          would.getByRole('row', { name: /finished_at/ }),
        ).toContainText('offset');
        await expect(
          would.getByRole('button', { name: /^Import/ }),
        ).toBeDisabled();
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      });

      await test.step('sees what the mended file would do, and that nothing was done yet', async () => {
        await file.setInputFiles(csv(lines));
        await expect(would.getByRole('status')).toHaveText(
          'Importing would bring 3 deployments.',
        );
        await expect(would).toContainText('staging');
        expect(await deployments()).toBe(before);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      });

      await test.step('imports it', async () => {
        await would.getByRole('button', { name: 'Import 3 records' }).click();
        const became = page.getByRole('region', { name: 'What became of it' });
        await expect(
          became.getByText('3 deployments imported.', { exact: true }),
        ).toBeVisible();
        await expectAccessible(page);
      });

      await test.step('sees the number that it changed', async () => {
        await expect.poll(deployments).toBe(before + 3);
        await page.getByRole('link', { name: 'See the numbers' }).click();
        await expect(page).toHaveURL(/\/delivery(\?|$)/);
        await page.goto(`/delivery?scope=${SERVICE}&environment=staging`);
        await expect(
          page.getByRole('region', { name: 'Deployment frequency' }).first(),
        ).toContainText(`${before + 3} deployments`);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      });

      await test.step('learns that the same file changes nothing', async () => {
        await page.goto('/delivery/import');
        await file.setInputFiles(csv(lines));
        await expect(would.getByRole('status')).toContainText(
          'Everything in the file is known already',
        );
        expect(await deployments()).toBe(before + 3);
      });
    });
  });
}
