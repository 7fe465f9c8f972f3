import { expect, Page } from '@playwright/test';

/** Signs in as one of the people of the sample organisation. */
export async function signIn(
  page: Page,
  person: 'Inês Duarte' | 'Marcus Weber' | 'Priya Raman',
): Promise<void> {
  await page.goto('/');
  await page.getByRole('button', { name: new RegExp(person) }).click();
  await expect(
    page.getByRole('heading', { name: `Welcome, ${person}` }),
  ).toBeVisible();
}
