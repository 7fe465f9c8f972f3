import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { foreignService } from '../support/foreignService';
import {
  deliver,
  expectHostileTexts,
  expectInCatalog,
  inFolder,
  makeDocs,
  makeForeignRepository,
  merge,
  newName,
  openChange,
  propose,
  pull,
  type Subject,
  whatWouldChange,
} from '../support/changeTrial';
import { expectOneDeployment, portal } from '../support/delivery';
import { signIn } from '../support/person';
import { freePort } from '../support/ports';
import { git } from '../support/repository';
import { expect, machineToken, type Page, test } from '../support/test';
import {
  chooseTemplate,
  command,
  makeCredential,
  next,
  openDocs,
  photograph,
  push,
  start,
} from '../support/trial';

const TITLE = 'Bring an existing service';

/** The files of a commit by their path, with their content's id and mode. */
async function filesOf({ repository }: Subject): Promise<Map<string, string>> {
  const listed = await git(repository, 'ls-tree', '-r', 'HEAD');
  return new Map(
    listed.split('\n').map(line => {
      const [what, file] = line.split('\t');
      return [file, what];
    }),
  );
}

/** Each text of the form is held to refusing what does not belong there. */
async function tryTexts(page: Page): Promise<void> {
  for (const [label, takes] of [
    [/^Repository/, []],
    [/^Name/, []],
    [/^Description/, ['quotes', 'other letters']],
  ] as const) {
    const field = page.getByRole('textbox', { name: label });
    const before = await field.inputValue();
    await expectHostileTexts(field, { takes });
    if (label.source === '^Name') {
      await photograph(page, 'form-2-refused');
    }
    await field.fill(before);
  }
}

/** The second page of the form: its one text, and what would change. */
async function lookAtTheRest(page: Page): Promise<void> {
  await next(page);
  const field = page.getByRole('textbox', {
    name: /^Path of the synthetic check/,
  });
  await expectHostileTexts(field);
  await photograph(page, 'form-3-refused');
  await field.fill('/stock');
  const change = await whatWouldChange(page);
  await expect(change).toContainText('alert-rules.sh');
  await photograph(page, 'form-4-what-would-change');
}

/** The rules' own tests see an alert fire, and see when it would not. */
async function breakAnAlert(repository: string): Promise<void> {
  await test.step('an alert fires in its test, and a wrong limit does not pass', async () => {
    const rules = 'observability/prometheus/rules.yaml';
    const file = path.join(repository, rules);
    const text = readFileSync(file, 'utf8');
    const wrong = text.replaceAll('(14.4 *', '(144 *');
    expect(wrong).not.toBe(text);
    writeFileSync(file, wrong);
    expect(
      await command(repository, 'ci/road/alert-rules.sh', { code: 'failure' }),
    ).toContain('ErrorBudgetBurnFast');
    await git(repository, 'checkout', '--quiet', '--', rules);
    expect(await command(repository, 'ci/road/alert-rules.sh')).toContain(
      'alert rules: good',
    );
  });
}

/** It starts as it always did, and answers. */
async function seeItRun({ repository, name }: Subject): Promise<void> {
  await test.step('it runs as it always did', async () => {
    const port = String(await freePort());
    const running = start(repository, 'exec npm start', { PORT: port });
    try {
      await expect
        .poll(
          () =>
            fetch(`http://127.0.0.1:${port}/stock`)
              .then(response => response.text())
              .catch(String),
          { message: `${name} answers`, timeout: 30_000 },
        )
        .toContain('apples');
    } finally {
      await running.stop();
    }
  });
}

test('adopt-existing-service: from the page of a service no template made', async ({
  page,
}) => {
  test.setTimeout(45 * 60_000);
  await signIn(page, 'Inês Duarte');
  await inFolder(async folder => {
    const name = newName('stock');
    const subject = await makeForeignRepository(
      page,
      folder,
      name,
      foreignService(folder, { name, described: true }),
    );
    const { repository, token } = subject;
    const before = await filesOf(subject);
    const entry = readFileSync(path.join(repository, 'catalog-info.yaml'));

    await test.step('the catalog has it', async () => {
      const response = await fetch(`${portal()}/api/catalog/locations`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${machineToken()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          type: 'url',
          target: `${portal()}/api/git/payments/${name}/blob/main/catalog-info.yaml`,
        }),
      });
      expect(response.status, await response.text()).toBe(201);
      await expectInCatalog(name, () => true);
    });

    await test.step('the form knows what the catalog knows', async () => {
      await openChange(page, name, TITLE);
      await expect(page.getByRole('textbox', { name: /^Name/ })).toHaveValue(
        name,
      );
      await photograph(page, 'form-1-filled-in');
      await tryTexts(page);
      await lookAtTheRest(page);
    });

    await merge(page, await propose(page));

    await test.step('its page has the golden path and the objectives', async () => {
      await expectInCatalog(name, ({ metadata }) =>
        Boolean(metadata.annotations?.['pavedroad.dev/slo']),
      );
      await page.goto(`/catalog/default/component/${name}`);
      await expect(
        page.getByRole('region', { name: 'Golden path' }),
      ).toContainText('Newest version');
      await expect(
        page.getByRole('region', { name: 'Objectives' }),
      ).toContainText('of requests succeed');
      const changes = page.getByRole('region', { name: 'Change it' });
      await expect(
        changes.getByRole('link', { name: 'Add an objective' }),
      ).toBeVisible();
      for (const title of [TITLE, 'Take out of service']) {
        await expect(changes.getByRole('link', { name: title })).toHaveCount(0);
      }
      await expect(page.getByRole('progressbar')).toHaveCount(0);
      await photograph(page, 'entity');
    });

    await pull(subject);
    await test.step('nothing that is not the change’s has changed', async () => {
      const after = await filesOf(subject);
      const different = [...before].filter(
        ([file, what]) => after.get(file) !== what,
      );
      expect(different.map(([file]) => file)).toEqual(['catalog-info.yaml']);
      // Of the one that was completed, every line that was there is there.
      const lines = (text: Buffer) => text.toString('utf8').split('\n');
      const now = lines(
        readFileSync(path.join(repository, 'catalog-info.yaml')),
      );
      let at = 0;
      for (const line of lines(entry)) {
        at = now.indexOf(line, at) + 1;
        expect(at, `${line} is gone`).toBeGreaterThan(0);
      }
    });

    await command(repository, 'make verify');
    expect(await deliver(subject, 'as it was')).not.toContain('paved-road');
    await command(repository, 'ci/road/check.sh');
    expect([0, 75]).toContain(
      Number(
        (await command(repository, 'ci/road/scan.sh; echo "exit $?"')).match(
          /exit (\d+)/,
        )?.[1],
      ),
    );
    await breakAnAlert(repository);

    await test.step('the checks are included, as the pull request says', async () => {
      const file = path.join(repository, '.gitlab-ci.yml');
      writeFileSync(
        file,
        `include: [{ local: .gitlab/paved-road.yml }]\n${readFileSync(
          file,
          'utf8',
        )}`,
      );
      await git(repository, 'commit', '--all', '--message', 'Check more');
      await push(repository, token);
    });
    const printed = await deliver(subject, 'with the checks');
    for (const words of [
      'style and tests: good',
      'keys in the files',
      'alert rules: good',
    ]) {
      expect(printed).toContain(words);
    }
    // What runs the pipeline here leaves a folder of its own, which the team's repository does not know.
    expect(
      await git(
        repository,
        'status',
        '--porcelain',
        '--',
        '.',
        ':!.gitlab-ci-local',
      ),
    ).toBe('');
    await seeItRun(subject);

    await test.step('a deployment is reported, and shows', async () => {
      await page.goto(
        `/catalog/default/component/${name}/delivery?tab=data-quality`,
      );
      const credential = await makeCredential(page, 'GitLab CI');
      await command(repository, 'ci/road/report.sh production', {
        env: { PORTAL_TOKEN: credential },
      });
      await expectOneDeployment(page, name);
    });

    await test.step('its docs are in the portal, the team’s own too', async () => {
      await makeDocs(name);
      await openDocs(page, name);
      await expect(
        page.getByRole('link', { name: /How to count/ }).first(),
      ).toBeVisible();
      await photograph(page, 'docs');
      await page.goto(`/docs/default/component/${name}/on-call/`);
      await expect(
        page.getByRole('heading', { level: 1, name: 'On call' }).first(),
      ).toBeVisible();
    });
  });
});

test('adopt-existing-service: a repository the catalog does not know', async ({
  page,
}) => {
  test.setTimeout(45 * 60_000);
  await signIn(page, 'Inês Duarte');
  await inFolder(async folder => {
    const name = newName('labels');
    const subject = await makeForeignRepository(
      page,
      folder,
      name,
      foreignService(folder, { name, described: false }),
    );
    const { repository } = subject;
    const before = await filesOf(subject);

    await test.step('the form asks for its address', async () => {
      await page.goto('/');
      await chooseTemplate(page, TITLE);
      await photograph(page, 'form-1-empty');
      await next(page);
      await photograph(page, 'form-2-missing');
      await page
        .getByRole('textbox', { name: /^Repository/ })
        .fill(`${portal()}/git/payments/${name}`);
      await page.getByRole('textbox', { name: /^Name/ }).fill(name);
      await page
        .getByRole('textbox', { name: /^Description/ })
        .fill('Prints labels for the warehouse');
      await next(page);
      await whatWouldChange(page);
      await photograph(page, 'form-3-what-would-change');
    });

    await merge(page, await propose(page));
    await test.step('the catalog has it soon after the merge', async () => {
      const seconds = await expectInCatalog(name, () => true);
      test.info().annotations.push({
        type: 'in the catalog after',
        description: `${seconds} s`,
      });
      await page.goto(`/catalog/default/component/${name}`);
      await expect(
        page.getByRole('region', { name: 'Objectives' }),
      ).toBeVisible();
      await expect(page.getByRole('progressbar')).toHaveCount(0);
      await photograph(page, 'entity');
    });

    await pull(subject);
    const after = await filesOf(subject);
    expect(
      [...before].filter(([file, what]) => after.get(file) !== what),
    ).toEqual([]);
    const printed = await deliver(subject, 'that was added');
    expect(printed).toContain('style and tests: good');
    expect(printed).toContain('alert rules: good');
    await breakAnAlert(repository);
    await seeItRun(subject);
    await makeDocs(name);
    await openDocs(page, name);
    await photograph(page, 'docs');
  });
});
