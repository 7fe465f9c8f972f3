import { readFileSync } from 'node:fs';
import { ask } from './support/delivery';
import { asSomebodyElse, expectFit } from './support/onCall';
import { withOnCallSettings } from './support/onCallSettings';
import { expect, Page, test } from './support/test';

// Where names are hidden from non-members: an engineer of another team sees that somebody is on call, until when, and can page them, but
// learns from no screen and no answer who it is; for her own team, and for whoever leads both, names are as always.

/** Another team's, of which she is no member. */
const THEIRS = 'Warehouse on call';
const SERVICE = '/catalog/default/component/label-printer';
const OWN = 'oncallschedule:default/payments';

type Person = {
  ref: string;
  displayName: string;
  email?: string;
  links: { url: string }[];
};
type Shifts = { shifts: { person: Person }[] };

test('a portal that hides names shows them to members only', async ({
  browser,
}) => {
  const hidden = await whoIsHidden();
  const [first] = hidden.people;

  await withOnCallSettings(
    { oncall: { privacy: { hideNamesFromNonMembers: true } } },
    async askHidden => {
      const options = { viewport: { width: 1400, height: 900 } };
      await asSomebodyElse(browser, options, 'Inês Duarte', async page => {
        await askHidden(page);
        const answers = collectAnswers(page);
        const expectNoNames = async (screen: string) => {
          // The head of the page also says who may sign in; its body is what she is shown, or has read out.
          const shown = await page.locator('body').innerHTML();
          expect(hidden.in(shown), `on ${screen}`).toEqual([]);
        };
        const somebody = page.getByText(`Somebody on ${THEIRS}`).first();

        await test.step('who is on call now', async () => {
          await page.goto(
            '/on-call?schedule=oncallschedule%3Adefault%2Fwarehouse',
          );
          await expect(somebody).toBeVisible();
          await expect(
            page.getByRole('heading', { name: `Next two weeks: ${THEIRS}` }),
          ).toBeVisible();
          await expect(
            page.getByRole('link', { name: `Somebody on ${THEIRS}` }),
          ).toHaveCount(0);
          await expectFit(page);
          await expectNoNames('Now');
        });

        await test.step('a name is not found', async () => {
          await page
            .getByRole('searchbox')
            .fill(first.displayName.split(' ')[0]);
          await expect(page.getByText('No schedule fits')).toBeVisible();
        });

        await test.step('the timeline, its file, and a shift', async () => {
          await page.goto('/on-call/timeline?span=week');
          await expect(
            page.getByRole('grid', { name: 'Who is on call when' }),
          ).toContainText('Somebody on');
          await expectNoNames('the timeline');
          const [file] = await Promise.all([
            page.waitForEvent('download'),
            page.getByRole('button', { name: 'Download CSV' }).click(),
          ]);
          const csv = readFileSync(await file.path(), 'utf8');
          expect(csv).toContain(`Somebody on ${THEIRS}`);
          expect(hidden.in(csv), 'in the file').toEqual([]);
          await page
            .getByRole('gridcell', { name: new RegExp(`on ${THEIRS},`) })
            .last()
            .click();
          await expect(page.getByRole('dialog')).toContainText(THEIRS);
          await expectNoNames('a shift');
        });

        await test.step('the page of a service, and the dialog that pages', async () => {
          await page.goto(SERVICE);
          await expect(somebody).toBeVisible();
          await page.getByRole('button', { name: /^Page whoever/ }).click();
          await expect(page.getByRole('dialog')).toContainText(
            'This calls whoever is on call now',
          );
          await expectNoNames('the page of a service');
        });

        await test.step('what wants mending', async () => {
          await page.goto('/on-call/ownership');
          await expect(
            page.getByRole('list', { name: 'Findings', exact: true }),
          ).toBeVisible();
          await expectNoNames('Ownership');
        });

        await test.step('no answer told her either', async () => {
          const told = await answers();
          expect(told.length).toBeGreaterThan(5);
          for (const { from, text } of told) {
            expect(hidden.in(text), from).toEqual([]);
          }
        });

        await test.step('her own team she sees', async () => {
          await page.goto(`/on-call?q=payments`);
          await expect(
            page.getByRole('region', { name: 'On call now' }),
          ).toContainText(hidden.colleague.displayName);
        });
      });

      await asSomebodyElse(browser, options, 'Marcus Weber', async page => {
        await askHidden(page);
        await page.goto('/on-call?q=warehouse');
        await expect(
          page.getByRole('region', { name: 'On call now' }),
        ).toContainText(first.displayName);
      });
    },
  );
});

/**
 * Who is on call around now on other schedules than hers, and how to find them in a text: by name, ref, address and telephone. Services see
 * names.
 */
async function whoIsHidden() {
  const now = Date.now();
  const window = `from=${new Date(
    now - 86_400_000,
  ).toISOString()}&to=${new Date(now + 28 * 86_400_000).toISOString()}`;
  const peopleOf = async (schedule: string) =>
    (
      await ask<Shifts>(
        `oncall/shifts?schedule=${encodeURIComponent(schedule)}&${window}`,
      )
    ).shifts.map(({ person }) => person);
  const own = await peopleOf(OWN);
  const colleagues = new Set(own.map(({ ref }) => ref));
  const { levels } = await ask<{ levels: { people: Person[] }[] }>(
    'oncall/now?entityRef=component:default/ledger',
  );
  const people = (
    await Promise.all(
      [
        'warehouse',
        'cold-chain',
        'routing',
        'identity',
        'storefront',
        'platform',
      ].map(name => peopleOf(`oncallschedule:default/${name}`)),
    )
  )
    .flat()
    .filter(({ ref }) => !colleagues.has(ref));
  const traces = [
    ...new Set(
      people.flatMap(({ ref, displayName, email, links }) => [
        displayName,
        ref.slice(ref.indexOf('/') + 1),
        ...(email ? [email] : []),
        ...links.map(({ url }) => url.replace(/^tel:/, '')),
      ]),
    ),
  ];
  expect(traces.length).toBeGreaterThan(20);
  return {
    people,
    colleague: levels[0].people[0],
    in: (text: string) => traces.filter(trace => text.includes(trace)),
  };
}

/** Every answer about on-call that a page gets from now on. */
function collectAnswers(page: Page) {
  const answers: Promise<{ from: string; text: string }>[] = [];
  page.on('response', response => {
    if (response.url().includes('/api/oncall/')) {
      const from = response.url();
      answers.push(
        response.text().then(
          text => ({ from, text }),
          // The page was left before the answer was there, so nobody read it.
          () => ({ from, text: '' }),
        ),
      );
    }
  });
  return () => Promise.all(answers);
}
