import { randomBytes } from 'node:crypto';
import {
  alert,
  ask,
  committed,
  deployed,
  newCommit,
  send,
} from './support/delivery';
import { signIn } from './support/person';
import { SCREENS } from './support/screens';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  Page,
  test,
} from './support/test';

// Journey 4: an incident arrives, is attributed with a stated method, a rollback closes it, and the numbers move as defined.

const MINUTE = 60_000;

/**
 * One service of Payments for each screen, so that neither finds what the other did; and one for each that is tried once more, which does
 * not find what the first try left.
 */
const SERVICES = ['invoicing', 'refunds', 'fraud-check', 'payment-webhooks'];

type Metrics = {
  metrics: {
    deploymentFrequency: { deployments: number };
    changeFailRate: { failed: number; deployments: number };
    failedDeploymentRecoveryTime: { recovered: number; unrecovered: number };
    deploymentReworkRate: { rework: number; deployments: number };
  };
};
type Deployment = { id: string; revision: string; kind: string };
type Attribution = {
  cause: { kind: string; id: string };
  method: string;
  state: string;
  blames?: string;
  author: { name: string };
};
type Detail = Deployment & {
  outcome: string;
  recoverySeconds?: number;
  attributions: Attribution[];
};

/** Who owns them, and has failures in the sample data, whatever became of the other journeys. */
const OWNER = 'group:default/payments';

for (const [i, screen] of SCREENS.entries()) {
  test.describe(screen.name, () => {
    test.use(screen.use);
    test('something breaks, and its numbers tell', async ({ page }) => {
      const name = SERVICES[i + 2 * test.info().retry];
      const service = `component:default/${name}`;
      // One beginning for all that is told, so that a slow machine does not make anything last longer.
      const begun = Date.now();
      const at = (minutesAgo: number) => new Date(begun - minutesAgo * MINUTE);
      const window = `from=${at(180).toISOString()}&to=${at(
        -60,
      ).toISOString()}`;
      const numbers = async () => {
        const { metrics } = await ask<Metrics>(
          `dora/metrics?entityRef=${service}&${window}`,
        );
        const { recovered, unrecovered } = metrics.failedDeploymentRecoveryTime;
        return {
          deployments: metrics.deploymentFrequency.deployments,
          failed: metrics.changeFailRate.failed ?? 0,
          ofDeployments: metrics.changeFailRate.deployments ?? 0,
          recovered: recovered ?? 0,
          unrecovered: unrecovered ?? 0,
          rework: metrics.deploymentReworkRate.rework ?? 0,
          ofDeliveries: metrics.deploymentReworkRate.deployments ?? 0,
        };
      };
      const deployments = async (query: string) =>
        (
          await ask<{ items: Deployment[] }>(
            `dora/deployments?entityRef=${service}&${query}`,
          )
        ).items;
      const detailOf = (id: string) =>
        ask<Detail>(`dora/deployments/${encodeURIComponent(id)}`);

      const { metadata } = await ask<{
        metadata: { annotations: Record<string, string> };
      }>(`catalog/entities/by-name/component/default/${name}`);
      const repository =
        metadata.annotations['pavedroad.dev/repository'] ??
        metadata.annotations['github.com/project-slug'];
      const before = await numbers();
      const [latest] = await deployments('limit=1');
      const [good, bad] = [newCommit(), newCommit()];
      const [goodAt, badAt, openedAt] = [at(60), at(30), at(20)];

      await test.step('the pipeline deploys one change, and then another', async () => {
        await send(
          committed(repository, latest.revision, [
            { id: good, at: at(90), subject: 'Round sums to whole cents' },
            { id: bad, at: at(75), subject: 'Keep receipts for ten years' },
          ]),
          deployed(service, good, goodAt),
          deployed(service, bad, badAt),
        );
        await expect.poll(numbers).toEqual({
          ...before,
          deployments: before.deployments + 2,
          ofDeployments: before.ofDeployments + 2,
          ofDeliveries: before.ofDeliveries + 2,
        });
      });
      const recent = await deployments(`${window}&limit=10`);
      const badOne = recent.find(({ revision }) => revision === bad)!;
      const goodOne = recent.find(({ revision }) => revision === good)!;
      const fingerprint = randomBytes(8).toString('hex');
      const summary = `Receipts fail (${fingerprint.slice(0, 4)})`;
      const firing = {
        fingerprint,
        service: name,
        summary,
        startsAt: openedAt,
      };

      await test.step('an alert arrives, only with the right token', async () => {
        expect(await alert(firing, 'guessed')).toBe(401);
        expect(await alert(firing)).toBe(202);
        await expect
          .poll(async () => (await numbers()).unrecovered)
          .toBe(before.unrecovered + 1);
      });

      await test.step('the page says how it is attributed, and who was on call', async () => {
        await signIn(page, 'Inês Duarte');
        await page.goto(
          `/catalog/default/component/${name}/delivery?tab=incidents`,
        );
        const incidents = page.getByRole('region', {
          name: 'Incidents',
          exact: true,
        });
        await expect(incidents).toContainText(summary);
        await expect(incidents).toContainText(
          'Was running when the incident opened. A guess from time alone.',
        );
        await expectFit(page);
        await incidents
          .getByRole('link', { name: /^Deployment of/ })
          .first()
          .click();
        const story = page.getByRole('region', { name: /^Deployment of/ });
        await expect(story).toContainText('It brought 1 change');
        await expect(story).toContainText(
          `Incident: ${summary}; not recovered yet.`,
        );
        const { levels } = await ask<{
          levels: { people: { displayName: string }[] }[];
        }>(`oncall/now?entityRef=${service}`);
        const onCall = page.getByRole('region', {
          name: 'On call',
          exact: true,
        });
        for (const { displayName } of levels[0].people) {
          await expect(
            onCall.getByRole('link', { name: displayName }).last(),
          ).toBeVisible();
        }
        await expect(onCall).not.toContainText('does not know');
        await expect(onCall).not.toContainText('user:');
        await expectFit(page);
      });

      await test.step('a rollback and the end of the alert close it', async () => {
        await send(deployed(service, good, at(10)));
        expect(await alert({ ...firing, endsAt: at(7) })).toBe(202);
        await expect.poll(numbers).toEqual({
          deployments: before.deployments + 2,
          failed: before.failed + 1,
          ofDeployments: before.ofDeployments + 2,
          recovered: before.recovered + 1,
          unrecovered: before.unrecovered,
          rework: before.rework + 1,
          ofDeliveries: before.ofDeliveries + 3,
        });
        const detail = await detailOf(badOne.id);
        expect(detail.outcome).toBe('failed');
        // From the deployment's finish to the end of its last incident.
        expect(detail.recoverySeconds).toBe(23 * 60);
        await expect(
          page.getByRole('region', { name: /^Deployment of/ }),
        ).toContainText(/recovered after 23 min/, { timeout: 30_000 });
        await expect(
          page.getByRole('region', { name: 'Failures' }),
        ).toContainText('Rolled back');
      });

      await test.step('a person corrects the cause, having read what it will do', async () => {
        const failures = page.getByRole('region', { name: 'Failures' });
        await failures
          .getByRole('listitem')
          .filter({ hasText: `Incident: ${summary}` })
          .getByRole('button', { name: 'Something else caused it' })
          .click();
        const dialog = page.getByRole('dialog', { name: /^Put it down/ });
        await dialog.getByRole('button', { name: /Deployment/ }).click();
        await page
          .getByRole('option', { name: new RegExp(good.slice(0, 10)) })
          .click();
        await expect(dialog).toContainText(
          'The chosen deployment will count as failed.',
        );
        // The choices fade out, and what fades out is not for anybody to use.
        await expect(page.locator('.bui-SelectResults')).toHaveCount(0);
        await expectAccessible(page);
        await dialog
          .getByRole('textbox', { name: /Reason/ })
          .fill('The rounding came with the change before.');
        await dialog.getByRole('button', { name: 'Put it down to it' }).click();
        await expect(
          page.getByText('It is put down to the deployment that you chose.'),
        ).toBeVisible();
        await expect(failures).toContainText('Said by Inês Duarte');
        await expectFit(page);
        expect(
          (await detailOf(goodOne.id)).attributions.find(
            ({ state, method }) => state === 'live' && method === 'explicit',
          ),
        ).toMatchObject({
          cause: { kind: 'incident' },
          blames: 'this',
          author: { name: 'user:default/ines.duarte' },
        });
        // Both fail now: one by the person's word, one by the rollback.
        expect((await numbers()).failed).toBe(before.failed + 2);
      });

      await test.step('and takes it back', async () => {
        await page.getByRole('button', { name: 'Undo' }).click();
        await expect(page.getByText(/^Undone\./)).toBeVisible();
        expect((await numbers()).failed).toBe(before.failed + 1);
        expect((await detailOf(goodOne.id)).outcome).toBe('ok');
      });

      await test.step('the overview says the same numbers', async () => {
        await page.getByRole('link', { name: 'Back to delivery' }).click();
        await page
          .getByRole('navigation', { name: 'Parts of delivery' })
          .getByRole('link', { name: 'Overview' })
          .click();
        const { metrics } = await ask<Metrics>(
          `dora/metrics?entityRef=${service}&from=${daysAgo(89)}&to=${daysAgo(
            -1,
          )}`,
        );
        const { failed, deployments: of } = metrics.changeFailRate;
        await expect(
          page.getByRole('region', { name: 'Change fail rate' }),
        ).toContainText(`${failed} of ${of}`);
      });
    });

    test('who may not correct is told who may', async ({ page }) => {
      await signIn(page, 'Marcus Weber');
      const [failed] = (
        await ask<{ items: Deployment[] }>(
          `dora/deployments?entityRef=${OWNER}&outcome=failed&limit=1`,
        )
      ).items;
      await page.goto(`/delivery?deployment=${failed.id}`);
      const failures = page.getByRole('region', { name: 'Failures' });
      await expect(failures).toContainText(
        /can be corrected by the owners of the service \(Payments\)/,
      );
      // The list may be taken along; nothing else is offered.
      await expect(failures.getByRole('button')).toHaveText([/CSV/]);
      await expectFit(page);
    });
  });
}

/** The date that many days ago in the zone of the browser, which runs on this machine. */
function daysAgo(days: number): string {
  const date = new Date(Date.now() - days * 24 * 60 * MINUTE);
  return [
    date.getFullYear(),
    String(date.getMonth() + 1).padStart(2, '0'),
    String(date.getDate()).padStart(2, '0'),
  ].join('-');
}

async function expectFit(page: Page): Promise<void> {
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
}
