import { Page } from '@playwright/test';
import { signIn } from './support/person';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  test,
} from './support/test';

// Journey 1: sign in and look around an organisation with believable data.

const PLACES: { path: string; shows: (page: Page) => Promise<void> }[] = [
  {
    path: '/',
    shows: page =>
      expect(page.getByRole('heading', { name: /^Welcome/ })).toBeVisible(),
  },
  {
    path: '/catalog?filters[kind]=component&filters[user]=all',
    shows: page =>
      expect(
        page.getByRole('link', { name: 'Ledger', exact: true }),
      ).toBeVisible(),
  },
  {
    path: '/catalog/default/component/ledger',
    shows: async page => {
      const onCall = page.getByRole('region', { name: 'On call' });
      await expect(onCall).toContainText('Primary');
      await expect(onCall).toContainText('Until');
      await expect(onCall).toContainText('Europe/Lisbon');
      await expect(
        page.getByText('This belongs to Fernhill, the sample organisation.'),
      ).toBeVisible();
    },
  },
  {
    path: '/catalog/default/component/ledger/delivery',
    shows: async page => {
      await expect(
        page.getByRole('region', { name: 'Change lead time' }),
      ).toContainText(/Half of the changes reached production within \d/);
      await expect(page.getByText('Sample data').first()).toBeVisible();
    },
  },
  {
    path: '/delivery',
    shows: async page => {
      for (const figure of [
        'Change lead time',
        'Deployment frequency',
        'Change fail rate',
        'Failed deployment recovery time',
        'Deployment rework rate',
      ]) {
        await expect(
          page.getByRole('region', { name: figure }).first(),
        ).toContainText(/\d/);
      }
    },
  },
  {
    path: '/on-call',
    shows: page =>
      expect(page.getByText('Payments on call').first()).toBeVisible(),
  },
  {
    path: '/git',
    shows: page =>
      expect(
        page.getByRole('link', { name: /platform\/portal/ }).first(),
      ).toBeVisible(),
  },
  {
    path: '/create',
    shows: page =>
      expect(page.getByText('TypeScript service').first()).toBeVisible(),
  },
  {
    path: '/catalog/default/component/payments-api/docs',
    shows: page =>
      expect(page.getByText('A payment lives through three')).toBeVisible(),
  },
  {
    // A checkout without its history, such as a shallow clone, has no deployments to show, and is told how to report one.
    path: '/catalog/default/component/portal/delivery',
    shows: page =>
      expect(
        page
          .getByText(/deployments? brought changes to production/)
          .or(page.getByText(/first deployment/i))
          .first(),
      ).toBeVisible(),
  },
  {
    path: '/catalog/default/group/payments',
    shows: page =>
      expect(
        page.getByRole('region', { name: 'On call', exact: true }),
      ).toContainText('Primary'),
  },
  {
    path: '/catalog/default/system/payments',
    shows: page => expect(page.getByText('Ledger').first()).toBeVisible(),
  },
  {
    path: '/docs/default/component/portal',
    shows: page =>
      expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible(),
  },
];

for (const person of ['Inês Duarte', 'Marcus Weber', 'Priya Raman'] as const) {
  test(`${person} signs in and is told what to do next`, async ({ page }) => {
    await page.goto('/');
    await expectAccessible(page);
    await signIn(page, person);
    await expectAccessible(page);
  });
}

test('every place says what it is, on a large light screen', async ({
  page,
}) => {
  await signIn(page, 'Marcus Weber');
  for (const place of PLACES) {
    await test.step(place.path, async () => {
      await page.goto(place.path);
      await place.shows(page);
      await expectAccessible(page);
    });
  }
});

test.describe('on a telephone, dark', () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });

  test('every place says what it is', async ({ page }) => {
    await signIn(page, 'Inês Duarte');
    for (const place of PLACES) {
      await test.step(place.path, async () => {
        await page.goto(place.path);
        await place.shows(page);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      });
    }
  });
});

test('a number opens to the deployments behind it, and one of them to its changes', async ({
  page,
}) => {
  await signIn(page, 'Marcus Weber');
  await page.goto('/delivery');
  await page
    .getByRole('link', { name: 'Deployments that brought the changes' })
    .click();
  const table = page.getByRole('region', {
    name: 'Deployments',
    exact: true,
  });
  await expect(table).toBeVisible();
  await table
    .getByRole('row')
    .filter({ has: page.getByRole('cell', { name: 'Change', exact: true }) })
    .first()
    .getByRole('link')
    .first()
    .click();
  await expect(
    page.getByRole('region', { name: /^Changes/ }).first(),
  ).toContainText(/[0-9a-f]{7}/);
  await expectAccessible(page);
});

test('a search finds what it should', async ({ page }) => {
  await signIn(page, 'Inês Duarte');
  await page.goto('/search?query=ledger');
  await expect(
    page.getByRole('link', { name: /ledger/i }).first(),
  ).toBeVisible();
});
