import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from '@playwright/test';
import { bareEnv, which } from '../lib/run';
import { freePort } from './service';
import { type Note, type TrialOptions, tryOut } from './trial';
import { type Finding, type Outcome, outcome } from './types';

/** How the environment reaches the browser in the trial: a text that would leave its attribute if it were not escaped. */
const ENVIRONMENT = `proof "<script>alert(1)</script>`;

/** Headers every page is sent with. */
const PAGE_HEADERS: readonly [string, RegExp][] = [
  ['cache-control', /^no-cache$/],
  ['cross-origin-opener-policy', /^same-origin$/],
  ['permissions-policy', /camera=\(\)/],
  ['referrer-policy', /^(strict-origin-when-cross-origin|no-referrer)$/],
  ['strict-transport-security', /max-age=\d{8}/],
  ['x-content-type-options', /^nosniff$/],
];

/** Directives a policy has to have, and what they have to say. */
const DIRECTIVES: readonly [string, RegExp][] = [
  ['default-src', /^'none'$/],
  ['script-src', /^'nonce-[\w+/=]{22,}' 'strict-dynamic'$/],
  ['style-src', /^'self'/],
  ['base-uri', /^'none'$/],
  ['frame-ancestors', /^'none'$/],
  ['form-action', /^'self'$/],
  ['report-uri', /^\//],
];

type Running = { base: string; stop(): Promise<void> };

/** Starts an artifact and waits until it is ready; `undefined` when it does not get there. */
async function started(artifact: string): Promise<Running | undefined> {
  const port = await freePort();
  const child = spawn(join(artifact, 'start'), {
    cwd: artifact,
    env: bareEnv({
      HOST: '127.0.0.1',
      PORT: String(port),
      DEPLOYMENT_ENVIRONMENT: ENVIRONMENT,
    }),
    stdio: 'ignore',
  });
  const life = { over: false };
  const ended = new Promise<void>(resolve => {
    const end = () => {
      life.over = true;
      resolve();
    };
    child.once('error', end);
    child.once('close', end);
  });
  const base = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const deadline = Date.now() + 20_000;
  while (!life.over && Date.now() < deadline) {
    const ready = await fetch(`${base}/readyz`).catch(() => undefined);
    if (ready?.ok) {
      return { base, stop };
    }
    await sleep(50);
  }
  await stop();
  return undefined;
}

/** What is wrong with a page's own markup: scripts without the nonce of its policy, or anything inline. */
export function markupFindings(html: string, nonce: string): string[] {
  const findings: string[] = [];
  const tags = Array.from(
    html.matchAll(/<([a-z][a-z0-9]*)\b([^>]*)>([^<]*)/gi),
    ([, name, attributes, text]) => ({
      name: name.toLowerCase(),
      attributes,
      text,
    }),
  );
  for (const { name, attributes, text } of tags) {
    if (name === 'script' && (!/\ssrc="/.test(attributes) || text.trim())) {
      findings.push('holds an inline script');
    }
    if (name === 'script' && !attributes.includes(`nonce="${nonce}"`)) {
      findings.push('has a script without the nonce of its policy');
    }
    if (name === 'style' || /\sstyle=/i.test(attributes)) {
      findings.push('holds inline styles');
    }
    if (/\son[a-z]+\s*=/i.test(attributes)) {
      findings.push('holds an inline event handler');
    }
  }
  if (!tags.some(({ name }) => name === 'script')) {
    findings.push('loads no script');
  }
  return findings;
}

/** What is wrong with a content security policy. */
export function policyFindings(policy: string): string[] {
  const directives = new Map(
    policy.split(';').map(part => {
      const [name, ...values] = part.trim().split(/\s+/);
      return [name, values.join(' ')];
    }),
  );
  const findings = DIRECTIVES.filter(
    ([name, pattern]) => !pattern.test(directives.get(name) ?? ''),
  ).map(([name]) => `its ${name} is "${directives.get(name) ?? ''}"`);
  for (const [name, value] of directives) {
    if (/'unsafe-|(^|\s)(\*|https?:|data:)(\s|$)/.test(value)) {
      findings.push(`its ${name} allows ${value}`);
    }
  }
  return findings;
}

/**
 * A web application's artifact, asked as browsers ask: policy and headers, files and how long they are kept, any path, what browsers
 * report and what becomes of it.
 */
export function verifyWebsite(
  artifact: string,
  options: TrialOptions = {},
): Promise<Outcome> {
  return tryOut('website', options, async add => {
    const running = await started(artifact);
    if (!running) {
      add('start', 'does not get ready');
      return;
    }
    await asked(running.base, add).finally(() => running.stop());
  });
}

async function asked(base: string, add: Note): Promise<void> {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(base + path, {
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
      ...init,
    });
  const post = (path: string, body: unknown, type = 'application/json') =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    });
  const scrape = async () => (await ask('/metrics')).text();
  const nonces = new Set<string>();
  let html = '';
  for (const path of ['/', '/about', '/no/such/page']) {
    const page = await ask(path);
    html = await page.text();
    const policy = page.headers.get('content-security-policy') ?? '';
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    nonces.add(nonce);
    if (page.status !== 200 || !html.includes('<div id="root">')) {
      add(path, `answers ${page.status} and not the page`);
    }
    for (const [name, pattern] of PAGE_HEADERS) {
      const value = page.headers.get(name) ?? '';
      if (!pattern.test(value)) {
        add(path, `its header ${name} is "${value}"`);
      }
    }
    policyFindings(policy).forEach(message => add(path, message));
    markupFindings(html, nonce).forEach(message => add(path, message));
  }
  if (nonces.size !== 3) {
    add('/', 'gives the same nonce twice');
  }
  if (!/content="[^"]*proof [^"<>]*script[^"<>]*"/.test(html)) {
    add('/', 'does not tell the browser about the environment, escaped');
  }

  const assets = Array.from(
    html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g),
    match => match[1],
  );
  for (const type of ['.js', '.css']) {
    if (!assets.some(asset => asset.endsWith(type))) {
      add('/', `loads no ${type}`);
    }
  }
  for (const asset of assets) {
    const answer = await ask(asset, {
      headers: { 'accept-encoding': 'gzip' },
    });
    await answer.arrayBuffer();
    const keep = answer.headers.get('cache-control') ?? '';
    if (answer.status !== 200) {
      add(asset, `answers ${answer.status}`);
    }
    if (!/max-age=31536000.*immutable/.test(keep)) {
      add(asset, `is kept for "${keep}"`);
    }
    if (answer.headers.get('content-encoding') !== 'gzip') {
      add(asset, 'is not compressed');
    }
  }
  for (const path of ['/assets/gone.js', '/v1/nowhere']) {
    const { status } = await ask(path);
    if (status !== 404) {
      add(path, `answers ${status}, 404 is right`);
    }
  }
  const entry = await ask('/assets/entry', { redirect: 'follow' });
  if (!/javascript/.test(entry.headers.get('content-type') ?? '')) {
    add('/assets/entry', 'does not lead to the script of the page');
  }

  for (let i = 0; i < 20; i += 1) {
    await post('/v1/vitals', {
      page: i < 2 ? '/about' : `/orders/${i}`,
      device: 'phone',
      lcp: i === 0 ? 2.4 : 9,
    });
  }
  const measured = await scrape();
  const pages = new Set(
    Array.from(measured.matchAll(/page="([^"]*)"/g), match => match[1]),
  );
  if (
    !/web_vitals_lcp_seconds_bucket\{(?=[^}]*le="2\.5")(?=[^}]*page="\/about")[^}]*\} 1\n/.test(
      measured,
    )
  ) {
    add('/v1/vitals', 'a good and a slow load are not counted as such');
  }
  if (pages.size > 3) {
    add('/v1/vitals', `gives metrics ${pages.size} values for one label`);
  }
  const refused = await post('/v1/vitals', {
    page: '/',
    device: 'phone',
    lcp: -5,
    user: 'ada',
  });
  if (refused.status !== 400) {
    add('/v1/vitals', `answers ${refused.status} to what is no report`);
  }
  await post(
    '/v1/csp-reports',
    { 'csp-report': { 'violated-directive': 'script-src-elem' } },
    'application/csp-report',
  );
  await post('/v1/errors', { page: '/', kind: 'render', message: 'x' });
  const counted = await scrape();
  for (const sample of [
    /csp_violations_total\{[^}]*directive="script-src"[^}]*\} 1\n/,
    /browser_errors_total\{[^}]*kind="render"[^}]*\} 1\n/,
  ]) {
    if (!sample.test(counted)) {
      add('/metrics', `has no ${sample.source.split('\\')[0]} of a report`);
    }
  }
  // Faster than any rate that protects, however busy this machine is.
  const flood = new Set<number>();
  for (let sent = 0; sent < 3000 && !flood.has(429); sent += 100) {
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const { status } = await post('/v1/errors', {
          page: '/',
          kind: 'render',
          message: 'x',
        });
        return status;
      }),
    );
    statuses.forEach(status => flood.add(status));
  }
  if (!flood.has(429)) {
    add('/v1/errors', 'takes as many reports as are sent');
  }
}

async function findChromium(): Promise<string | undefined> {
  const named = process.env.CHROMIUM;
  if (named) {
    return named;
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const path = await which(name);
    if (path) {
      return path;
    }
  }
  return undefined;
}

/**
 * The artifact in a real browser: the page is drawn, nothing is stopped by its policy and nothing is written to the console, a link
 * works, leaving the page sends vitals, and what the policy does stop is reported and counted.
 */
export async function verifyInBrowser(artifact: string): Promise<Outcome> {
  const executablePath = await findChromium();
  if (!executablePath) {
    return { status: 'skipped', missing: 'chromium' };
  }
  const running = await started(artifact);
  if (!running) {
    return outcome([{ where: 'start', message: 'does not get ready' }]);
  }
  const findings: Finding[] = [];
  const add = (where: string, message: string) =>
    findings.push({ where, message });
  const counted = async (sample: RegExp) => {
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline) {
      const scrape = await fetch(`${running.base}/metrics`);
      if (sample.test(await scrape.text())) {
        return true;
      }
      await sleep(100);
    }
    return false;
  };
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-component-update',
      '--disable-sync',
      '--short-reporting-delay',
    ],
  });
  try {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on('console', message => said.push(message.text()));
    page.on('pageerror', error => said.push(error.message));
    await page.goto(`${running.base}/`, { timeout: 30_000 });
    await page.getByLabel('Your name').fill('Ada', { timeout: 10_000 });
    await page.getByRole('button', { name: 'Greet' }).click();
    await page.getByText('Hello, Ada!').waitFor({ timeout: 10_000 });
    await page.getByRole('link', { name: 'About' }).click();
    await page
      .getByRole('heading', { name: 'About' })
      .waitFor({ timeout: 10_000 });
    await page.getByText(ENVIRONMENT).waitFor({ timeout: 10_000 });
    if (said.length > 0) {
      add('console', said.join('\n').slice(0, 1000));
    }
    // Leaving is what sends the vitals.
    await page.goto('about:blank');
    if (!(await counted(/web_vitals_lcp_seconds_count\{[^}]*\} 1\n/))) {
      add('/v1/vitals', 'hears nothing of a page load');
    }
    await page.goto(`${running.base}/`);
    await page.evaluate(
      `document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))`,
    );
    if (
      !(await counted(
        /csp_violations_total\{[^}]*directive="img-src"[^}]*\} 1/,
      ))
    ) {
      add('/v1/csp-reports', 'hears nothing of what the policy stopped');
    }
  } catch (error) {
    add('browser', String((error as Error).message));
  } finally {
    await browser.close();
    await running.stop();
  }
  return outcome(findings);
}
