import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig } from '@playwright/test';

/**
 * Browser journeys, in `journeys/`. `npm test` starts a portal as `npm start` does, with a temporary data folder, and tells
 * its address in PORTAL_URL and its data folder in PORTAL_DATA. Without them (`npx playwright test`), a portal is started
 * here on port 7008, or the one already running there is used. PORTAL_TRIALS=true takes the trials in `journeys/trials/` in.
 */
const port = 7008;
const data = path.join(tmpdir(), 'paved-road-journeys');
process.env.PORTAL_DATA ??= data;

/** As the launcher reads it: `packages/launcher/src/test.mjs`. */
const inCi = !['', '0', 'false'].includes(process.env.CI ?? '');
/** Trials of templates take minutes each, and are run only when somebody asks for them. */
const trials = Boolean(process.env.PORTAL_TRIALS);

const chromium = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(candidate => candidate !== undefined && existsSync(candidate));

export default defineConfig({
  testDir: './journeys',
  testMatch: '**/*.test.ts',
  testIgnore: trials ? [] : '**/trials/**',
  outputDir: './test-results',
  // Journeys share one portal and this machine's cores with it.
  workers: 1,
  // A busy machine is not a failure; what hangs still is.
  timeout: 240_000,
  // What has to come at once says so where it is looked at.
  expect: { timeout: 30_000 },
  // Nobody is there to look whether it was the machine: a journey that fails is tried once more, and the summary names it.
  retries: inCi && !trials ? 1 : 0,
  forbidOnly: inCi,
  reporter: [
    ['list'],
    ['html', { open: 'never', outputFolder: 'e2e-test-report' }],
  ],
  use: {
    baseURL: process.env.PORTAL_URL ?? `http://localhost:${port}`,
    // A click on what never becomes ready fails by itself, not by the test's time running out.
    actionTimeout: 60_000,
    viewport: { width: 1400, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      // Without an installed Chromium, Playwright's own is used.
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: process.env.PORTAL_URL
    ? undefined
    : {
        command: `npm start -- --port ${port} --data ${data}`,
        url: `http://localhost:${port}/.backstage/health/v1/readiness`,
        reuseExistingServer: true,
        timeout: 300_000,
      },
});
