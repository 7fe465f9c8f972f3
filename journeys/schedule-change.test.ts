import { ask } from './support/delivery';
import { expectFit, onTimeline, SCHEDULE, timelineAt } from './support/onCall';
import { signIn } from './support/person';
import { SCREENS } from './support/screens';
import { expect, test } from './support/test';

// A team changes its schedule: in a form, with the next eight weeks before and after beside it; the change is a pull request on the
// repository of the schedule, and once it is merged it is what everybody sees.

const WEEK = 7 * 86_400_000;

type Shift = {
  level: number;
  person: { ref: string; displayName: string };
  from: string;
  to: string;
};
type Check = {
  preview?: { from: string; to: string; shifts: Shift[]; before?: Shift[] };
};

/** Who has a level at an instant. */
const whoHas = (shifts: Shift[], level: number, instant: number) =>
  shifts.find(
    shift =>
      shift.level === level &&
      Date.parse(shift.from) <= instant &&
      Date.parse(shift.to) > instant,
  )?.person;

for (const screen of SCREENS) {
  test.describe(screen.name, () => {
    test.use(screen.use);

    test('a team changes its schedule', async ({ page }) => {
      await signIn(page, 'Inês Duarte');
      const rotation = page.getByRole('group', {
        name: 'Fortnightly rotation',
      });
      // What was merged a moment ago, as by a try that failed, is in effect only once the catalog has read it.
      await expect(async () => {
        await page.goto('/on-call/schedules');
        await page
          .getByRole('link', { name: 'Change Payments on call' })
          .click();
        await expect(rotation).toBeVisible();
        await expect(
          page.getByText(
            'Nothing changes for anybody in the next eight weeks.',
          ),
        ).toBeVisible();
      }).toPass({ timeout: 120_000 });
      await expectFit(page);

      const preview =
        await test.step('she changes the order of turns, and sees what that does', async () => {
          const answer = page.waitForResponse(
            response =>
              response.url().endsWith('/schedules/check') &&
              response.request().postData() !== null,
          );
          await rotation
            .getByRole('button', { name: /^Later: / })
            .first()
            .click();
          const check = (await (await answer).json()) as Check;
          const changes = page.getByRole('list', { name: 'What changes' });
          await expect(changes).toContainText(/Secondary: .* instead of /);
          await expect(
            page.getByRole('img', { name: /^As it is: / }),
          ).toHaveCount(3);
          await expect(
            page.getByRole('img', { name: /^As proposed: / }),
          ).toHaveCount(3);
          await expectFit(page);
          return check.preview!;
        });
      // An instant at which somebody else would be on call, and nobody whom an override stands in for.
      const instant = Array.from(
        { length: 56 },
        (_, day) => Date.parse(preview.from) + (day / 56) * 8 * WEEK,
      ).find(
        at =>
          whoHas(preview.shifts, 2, at)?.ref !==
          whoHas(preview.before ?? [], 2, at)?.ref,
      )!;
      const [before, after] = [preview.before ?? [], preview.shifts].map(
        shifts => whoHas(shifts, 2, instant)!.displayName,
      );
      await expect(
        page.getByRole('list', { name: 'What changes' }),
      ).toContainText(`${after} instead of ${before}`);

      await test.step('she opens the pull request, and merges it', async () => {
        await page
          .getByRole('textbox', { name: /Title of the pull request/ })
          .fill('Take turns in another order');
        await page.getByRole('button', { name: 'Open pull request' }).click();
        await page.getByRole('link', { name: /^Pull request \d+/ }).click();
        await expect(
          page.getByRole('heading', { name: /Take turns in another order/ }),
        ).toBeVisible();
        await expectFit(page);
        await page.getByRole('button', { name: 'Merge', exact: true }).click();
        await page
          .getByRole('dialog')
          .getByRole('button', { name: 'Merge' })
          .click();
        await expect(
          page.getByText('Merged', { exact: true }).first(),
        ).toBeVisible();
      });

      await test.step('it is in effect, as the preview said', async () => {
        const window = new URLSearchParams({
          schedule: SCHEDULE,
          from: preview.from,
          to: preview.to,
        });
        await expect
          .poll(
            async () => {
              const { shifts } = await ask<{ shifts: Shift[] }>(
                `oncall/shifts?${window}`,
              );
              return whoHas(shifts, 2, instant)?.displayName;
            },
            { timeout: 90_000 },
          )
          .toBe(after);
        await page.goto(timelineAt(instant));
        await expect(onTimeline(page, after)).toBeVisible();
      });
    });
  });
}
