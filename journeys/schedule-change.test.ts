import { ask, portal } from './support/delivery';
import { expectFit, onTimeline, SCHEDULE, timelineAt } from './support/onCall';
import { signIn } from './support/person';
import { SCREENS } from './support/screens';
import { expect, machineToken, test } from './support/test';

// A team changes its schedule: in a form, with the next eight weeks before and after beside it; the change is a pull request on the
// repository of the schedule, and once it is merged it is what everybody sees.

/** Of the schedule, from the first that is called. */
const LEVELS = [1, 2, 3];

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

/** An instant of each day that a preview is of. */
const daysOf = ({ from, to }: { from: string; to: string }) =>
  Array.from(
    { length: 56 },
    (_, day) =>
      Date.parse(from) + (day / 56) * (Date.parse(to) - Date.parse(from)),
  );

/** Waits until the schedule as its repository has it is the one in effect, which takes the catalog some time. */
async function mergedIsInEffect(): Promise<void> {
  const schedule = new URLSearchParams({ schedule: SCHEDULE });
  await expect
    .poll(
      async () => {
        const { yaml } = await ask<{ yaml: string }>(
          `oncall/schedules/source?${schedule}`,
        );
        const check = await fetch(`${portal()}/api/oncall/schedules/check`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${machineToken()}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ yaml }),
        });
        const { preview } = (await check.json()) as Check;
        if (!preview) {
          return `no preview: ${check.status}`;
        }
        const { from, to, shifts } = preview;
        const inEffect = await ask<{ shifts: Shift[] }>(
          `oncall/shifts?${schedule}&${new URLSearchParams({ from, to })}`,
        );
        return daysOf({ from, to }).filter(at =>
          LEVELS.some(
            level =>
              whoHas(inEffect.shifts, level, at)?.ref !==
              whoHas(shifts, level, at)?.ref,
          ),
        );
      },
      { message: 'days on which something else is in effect', timeout: 90_000 },
    )
    .toEqual([]);
}

for (const [i, screen] of SCREENS.entries()) {
  test.describe(screen.name, () => {
    test.use(screen.use);

    test('a team changes its schedule', async ({ page }) => {
      await signIn(page, 'Inês Duarte');
      const rotation = page.getByRole('group', {
        name: 'Fortnightly rotation',
      });
      // A try that failed, here or on the other screen, may have merged something a moment ago. Otherwise nothing is waited for.
      if (i > 0 || test.info().retry > 0) {
        await mergedIsInEffect();
      }
      // Opened once: a preview that is wrong at first is a fault.
      await page.goto('/on-call/schedules');
      await page.getByRole('link', { name: 'Change Payments on call' }).click();
      await expect(rotation).toBeVisible();
      await expect(
        page.getByText('Nothing changes for anybody in the next eight weeks.'),
      ).toBeVisible();
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
      const instant = daysOf(preview).find(
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
