import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expectOneDeployment, portal } from './delivery';
import { signIn } from './person';
import { freePort } from './ports';
import { git, runPipeline } from './repository';
import { expect, type Page, test } from './test';
import {
  chooseTemplate,
  command,
  create,
  expectOutcome,
  expectRefused,
  makeCredential,
  makeToken,
  next,
  openDocs,
  photograph,
  push,
  type Running,
  start,
  stopDeployments,
} from './trial';

/** A template that makes a repository, and what somebody who tries it out looks at besides what all of them have. */
export type RepositoryTrial = {
  template: string;
  /** As the list of templates calls it. */
  title: string;
  /** What it is for, as somebody would say it. */
  description: string;
  /** The link on the result page that leads to it. */
  opens: string;
  /** What is asked of it once it runs, and part of the answer. */
  visit?: { path: string; answer: RegExp };
  /** A metric that says it has done something, besides `build_info`. */
  metric: string;
  /** An alert, the file of its rule, and an edit with which it fires too late. */
  alert: { name: string; rules: string; limit: string; wrong: string };
  /** The alert that Prometheus shows as on its way a minute after it was stopped; a job runs seldom anyway. */
  absent?: string;
};

/** How long a deployment lives that the trial has forgotten, in seconds. */
const FORGOTTEN_AFTER = '900';

/** Tries a template out as somebody new does: from the form to what runs, its metrics, alerts and docs. */
export function tryRepository(trial: RepositoryTrial): void {
  const { template, title, description, alert } = trial;
  test(`${template}: from the form to what runs`, async ({ page }) => {
    test.setTimeout(45 * 60_000);
    const name = `${template.slice(0, 20)}-${Date.now().toString(36)}`;
    const folder = mkdtempSync(path.join(tmpdir(), 'trial-'));
    const repository = path.join(folder, name);
    const laptop = {
      DEPLOY_ROOT: path.join(folder, 'laptop'),
      LOCAL_DEPLOY_SECONDS: FORGOTTEN_AFTER,
    };
    const runner = {
      DEPLOY_ROOT: path.join(folder, 'runner'),
      LOCAL_DEPLOY_SECONDS: FORGOTTEN_AFTER,
    };
    try {
      await signIn(page, 'Inês Duarte');
      await chooseTemplate(page, title);
      await answerTheForm(page, { name, description });
      const result = await test.step('it is created, step by step', () =>
        create(page, trial.opens));
      await photograph(page, 'result');
      const tokenPage = await addressOf(page, 'access token');
      const credentialPage = await addressOf(page, 'reporting credential');

      const clone = find(result, /git clone \S+/);
      await test.step(clone, async () => {
        await git(folder, ...clone.split(' ').slice(1));
      });
      expect(result).toContain('make verify');
      const verified = await command(repository, 'make verify', {
        env: laptop,
      });
      expect(verified).toMatch(/^verified /m);
      // Where something could not be tried, the report of the trial says so, too.
      for (const [, stage] of verified.matchAll(/^NOT RUN in full: (.*)$/gm)) {
        test.info().annotations.push({ type: 'not run', description: stage });
      }
      expect(await git(repository, 'status', '--porcelain')).toBe('');

      await test.step('a change is pushed with a token of the portal', async () => {
        appendFileSync(path.join(repository, 'README.md'), '\nTried out.\n');
        await git(repository, 'commit', '--all', '--message', 'Say it is used');
        await push(repository, await makeToken(page, name, tokenPage));
      });
      await test.step('the pipeline delivers it and reports, as the result page says', async () => {
        await page.goto(credentialPage);
        const token = await makeCredential(page, 'my laptop');
        // Where the page says, in the home folder of the trial.
        const file = path.join(
          folder,
          find(result, /~\/\.gitlab-ci-local\/\S+\.yml/).slice(2),
        );
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, `PORTAL_TOKEN: ${token}\n`, { mode: 0o600 });
        const outcome = await runPipeline(repository, runner, file);
        expect(await expectOutcome('pipeline', outcome)).toContain(portal());
        expect(outcome.output).not.toContain(token);
      });
      await test.step('its deployment is in the portal', () =>
        seeDelivery(page, name, repository));

      await test.step('it runs, and its metrics are there', () =>
        seeItRun(trial, { name, repository, folder, env: laptop }));

      await test.step(`${alert.name} fires, and a wrong limit does not pass`, () =>
        breakTheAlert(repository, alert));

      await test.step('its docs are in the portal', async () => {
        await openDocs(page, name);
        await photograph(page, 'docs');
        await page.goto(`/docs/default/component/${name}/on-call/`);
        await expect(
          page.getByRole('heading', { level: 1, name: 'On call' }).first(),
        ).toBeVisible();
      });
    } finally {
      await stopDeployments(repository, [laptop, runner]);
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** Where a link on the page leads to. It opens a tab of its own. */
async function addressOf(page: Page, link: string): Promise<string> {
  const address = await page
    .getByRole('link', { name: link })
    .getAttribute('href');
  return address ?? '';
}

/** The first match in what a page says. */
function find(text: string, what: RegExp): string {
  const found = what.exec(text)?.[0];
  expect(found, `the result page says no ${what}:\n${text}`).toBeDefined();
  return found ?? '';
}

/** The form: short, refusing what would not work as it is typed, with a look at what will be written. */
async function answerTheForm(
  page: Page,
  answers: { name: string; description: string },
): Promise<void> {
  const name = page.getByRole('textbox', { name: /^Name/ });
  const description = page.getByRole('textbox', { name: /^Description/ });

  await test.step('the first page asks three questions', async () => {
    await expect(name).toBeVisible();
    await expect(description).toBeVisible();
    await expect(page.getByRole('button', { name: /Owner/ })).toBeVisible();
    // One is answered, and says who would be called.
    await expect(
      page.getByRole('article').getByText('On call', { exact: true }),
    ).toBeVisible();
    await expect(page.getByText(/Required/)).toHaveCount(3);
    await photograph(page, 'form-1-empty');
  });

  await test.step('what would not work is refused as it is typed', async () => {
    await expectRefused(page, name, 'Bad; rm -rf /', /lower-case letters/i);
    await expectRefused(page, name, '${{ secrets.x }}', /lower-case letters/i);
    await expectRefused(page, name, 'x'.repeat(200), /40/);
    await expectRefused(page, name, 'ledger', /already/);
    await expectRefused(page, description, 'a `b` ${{ c }}', /cannot be used/);
    await expectRefused(page, description, 'one\ntwo', /a line break/i);
    await expectRefused(page, description, 'x'.repeat(200), /160 is the most/);
    await photograph(page, 'form-2-refused');
    await next(page);
    await expect(description).toBeVisible();
    await name.fill(answers.name);
    await expect(page.getByText(`${answers.name} is free.`)).toBeVisible();
    await description.fill(answers.description);
    await expect(description).not.toHaveAttribute('aria-invalid', 'true');
    await photograph(page, 'form-3-answered');
    await next(page);
  });

  await test.step('everything else has a default, and the files are there to see', async () => {
    const files = page.getByRole('region', { name: 'The files' });
    await expect(files).toContainText(/\d+ files, \d+ kB in all/);
    await expect(page.getByText('Required')).toHaveCount(0);
    await expect(page.getByText(/Saves .+ of work/)).toBeVisible();
    await files.getByRole('button', { name: /^catalog-info\.yaml/ }).click();
    await expect(files).toContainText(`name: ${answers.name}`);
    await photograph(page, 'form-4-files');
    await page.getByRole('button', { name: 'Review' }).click();
    await expect(page.getByText(answers.description)).toBeVisible();
    await photograph(page, 'form-5-review');
  });
}

/** The delivery tab has what the pipeline deployed, and so has the interface. */
async function seeDelivery(
  page: Page,
  name: string,
  repository: string,
): Promise<void> {
  const commit = await git(repository, 'rev-parse', 'HEAD');
  const deployment = await expectOneDeployment(page, name);
  expect(JSON.stringify(deployment)).toContain(commit);
  await photograph(page, 'delivery');
}

/** Starts it as the README says, uses it, reads its metrics where it says them and in Prometheus, and stops it. */
async function seeItRun(
  trial: RepositoryTrial,
  place: {
    name: string;
    repository: string;
    folder: string;
    env: Record<string, string>;
  },
): Promise<void> {
  const { name, repository, folder, env } = place;
  const { visit, metric, absent } = trial;
  const watchPort = String(await freePort());
  let gateway: Running | undefined;
  let prometheus: Running | undefined;
  try {
    const readme = readFileSync(path.join(repository, 'README.md'), 'utf8');
    for (const target of ['make run', 'make watch']) {
      expect(readme).toContain(target);
    }
    const pushes = readme.includes('PUSHGATEWAY_URL');
    let metricsAt = 'http://127.0.0.1:9091/metrics';
    if (pushes) {
      gateway = start(
        folder,
        'exec prometheus-pushgateway --web.listen-address=127.0.0.1:9091 --persistence.file=',
        {},
      );
      await expectAnswer('http://127.0.0.1:9091/-/ready', /OK/, gateway);
      await command(
        repository,
        'PUSHGATEWAY_URL=http://127.0.0.1:9091 make run',
        {
          env,
        },
      );
    } else {
      await command(repository, 'make run', { env });
      const deployment = readFileSync(
        path.join(repository, 'build/deployments/staging.env'),
        'utf8',
      );
      const address = find(deployment, /(?<=^DEPLOYMENT_URL=).*$/m);
      metricsAt = `${address}/metrics`;
      if (visit) {
        await expectAnswer(`${address}${visit.path}`, visit.answer);
      }
    }
    const metrics = await expectAnswer(
      metricsAt,
      // Something, not that there was nothing yet.
      new RegExp(`^${metric}\\S* (?=[0.]*[1-9])[0-9.e+-]+$`, 'm'),
    );
    expect(metrics).toMatch(/^build_info\{/m);
    await test.info().attach('metrics.txt', { body: metrics });

    prometheus = start(repository, 'make watch', {
      ...env,
      WATCH_PORT: watchPort,
    });
    const api = `http://127.0.0.1:${watchPort}/api/v1`;
    const query = new URLSearchParams({
      query: `build_info{service="${name}"}`,
    });
    await expectAnswer(
      `${api}/query?${query}`,
      new RegExp(`"service":"${name}"`),
      prometheus,
    );
    await expectAnswer(`${api}/rules`, new RegExp(`"${trial.alert.name}"`));
    if (absent) {
      // It may be on its way from before the first look at what runs.
      await expectAnswer(
        `${api}/alerts`,
        new RegExp(`^(?![^]*"alertname":"${absent}")[^]*"status":"success"`),
        prometheus,
      );
      await command(repository, 'make stop', { env });
      if (!pushes) {
        await expect
          .poll(
            () =>
              fetch(metricsAt).then(
                () => 'it answers',
                () => 'nothing',
              ),
            {
              message: `what is at ${metricsAt} once it is stopped`,
              timeout: 30_000,
            },
          )
          .toBe('nothing');
      }
      await expectAnswer(
        `${api}/alerts`,
        new RegExp(`"alertname":"${absent}"`),
        prometheus,
      );
    }
  } finally {
    await prometheus?.stop();
    await gateway?.stop();
  }
}

/** Waits for an answer with certain words in it; says what the program printed when none comes. */
async function expectAnswer(
  address: string,
  words: RegExp,
  program?: Running,
): Promise<string> {
  let answer = '';
  try {
    await expect
      .poll(
        async () => {
          answer = await fetch(address)
            .then(response => response.text())
            .catch(String);
          return answer;
        },
        { message: address, timeout: 120_000 },
      )
      .toMatch(words);
  } catch (error) {
    // Only now is it known what it printed.
    throw program
      ? new Error(`${error}\n${program.printed()}`, { cause: error })
      : error;
  }
  return answer;
}

/**
 * Sees an alert fire in the repository's own tests: with nothing expected of it they fail, because it does. Then its limit is made wrong, and
 * they fail, because it does not.
 */
async function breakTheAlert(
  repository: string,
  alert: RepositoryTrial['alert'],
): Promise<void> {
  const { name, rules, limit, wrong } = alert;
  const edit = async (file: string, change: (text: string) => string) => {
    const place = path.join(repository, file);
    const before = readFileSync(place, 'utf8');
    const after = change(before);
    expect(after, `${file} is not edited`).not.toBe(before);
    writeFileSync(place, after);
    const printed = await command(repository, 'make rules', {
      code: 'failure',
    });
    await git(repository, 'checkout', '--quiet', '--', file);
    return printed;
  };
  const got = new RegExp(`got:[^]*alertname="${name}"`);
  expect(
    await edit(rules.replace(/\.yaml$/, '.test.yaml'), text =>
      withNothingExpected(text, name),
    ),
  ).toMatch(got);
  const printed = await edit(rules, text => text.replaceAll(limit, wrong));
  expect(printed).toContain(name);
  await command(repository, 'make rules');
}

/** A test of rules in which an alert is expected to be silent, always. */
function withNothingExpected(text: string, alert: string): string {
  const lines: string[] = [];
  let of: string | undefined;
  let within = Infinity;
  for (const line of text.split('\n')) {
    const indent = line.search(/\S/);
    if (indent > within) {
      continue;
    }
    within = Infinity;
    of = /alertname: (\w+)$/.exec(line)?.[1] ?? of;
    if (of === alert && /^\s*exp_alerts:$/.test(line)) {
      lines.push(`${line} []`);
      within = indent;
    } else {
      lines.push(line);
    }
  }
  return lines.join('\n');
}
