import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import { portal } from './delivery';
import { freePort } from './ports';

const ROOT = path.resolve(__dirname, '../..');

/** What a portal is started with, as far as a back end beside it needs another. */
type GeneratedConfig = { backend: { listen: object } };

/** What the launcher of the portal answers for a back end that it started. */
type RunningBackend = {
  child: { pid: number | undefined };
  stop: () => Promise<void>;
};

/**
 * Looks at the portal under test as if on-call had other settings: a further back end of on-call alone, on the databases of the portal, answers
 * the pages that are told to ask it, for as long as somebody looks. For everything else there is the portal, to that back end as well as to
 * the pages. Starting one takes seconds; a whole portal with other settings takes as long as all the screens together.
 *
 * @param settings - Settings over those of the portal under test.
 * @param look - Given what tells a page to ask that back end about on-call.
 */
export async function withOnCallSettings(
  settings: object,
  look: (ask: (page: Page) => Promise<void>) => Promise<void>,
): Promise<void> {
  const data = process.env.PORTAL_DATA;
  if (!data) {
    throw new Error('PORTAL_DATA must name the data folder of the portal');
  }
  const launcher = (name: string) =>
    import(pathToFileURL(path.join(ROOT, 'packages/launcher/src', name)).href);
  const { startBackend } = await launcher('backend.mjs');
  const { Lifecycle } = await launcher('lifecycle.mjs');
  const { MACHINE_TOKEN_PLUGINS } = await launcher('config.mjs');
  const generated = path.join(data, 'config/generated.yaml');
  // The launcher writes JSON, which is YAML.
  const config: GeneratedConfig = JSON.parse(readFileSync(generated, 'utf8'));
  const port = await freePort();
  const address = `http://localhost:${port}`;
  const file = path.join(data, `config/journey-${port}.yaml`);
  writeFileSync(
    file,
    JSON.stringify({
      ...settings,
      backend: {
        baseUrl: address,
        listen: { ...config.backend.listen, port },
        // Only people ask it, by way of the portal's pages.
        auth: { externalAccess: [] },
      },
      discovery: {
        endpoints: [
          {
            target: `${portal()}/api/{{ pluginId }}`,
            plugins: MACHINE_TOKEN_PLUGINS.filter(
              (plugin: string) => plugin !== 'oncall',
            ),
          },
        ],
      },
    }),
    // It stands beside secrets, and is none of anybody's business either.
    { mode: 0o600 },
  );
  const lifecycle = new Lifecycle();
  try {
    await startBackend({
      root: ROOT,
      entry: 'journeys/support/onlyOnCall.ts',
      toolchain: { node: process.execPath, env: process.env },
      configFiles: [
        path.join(ROOT, 'app-config.yaml'),
        path.join(ROOT, 'app-config.evaluation.yaml'),
        generated,
        file,
      ],
      logFile: path.join(data, 'logs/journey-backend.log'),
      baseUrl: address,
      signal: lifecycle.signal,
      onStarted: ({ child, stop }: RunningBackend) => {
        // Ends also when the tests are killed.
        lifecycle.guard(child.pid, 'SIGTERM');
        lifecycle.onStop('the further back end', stop);
      },
    });
    await look(async page => {
      await page.route('**/api/oncall/**', route =>
        route.continue({
          url: route.request().url().replace(portal(), address),
        }),
      );
    });
  } finally {
    await lifecycle.stop();
    rmSync(file, { force: true });
  }
}
