import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(__dirname, '../..');

/** What a portal is started with, as far as another one beside it needs another. */
type GeneratedConfig = {
  app: object;
  catalog?: object;
  scaffolder?: object;
  backend: { listen: object; cors: object };
};

/** What the launcher of the portal answers for a back end that it started. */
type RunningBackend = {
  child: { pid: number | undefined };
  stop: () => Promise<void>;
};

/**
 * Looks at the portal under test with other settings: a further back end of it, with its screens and its databases, at an address of its own,
 * for as long as somebody looks.
 *
 * @param settings - Settings over those of the portal under test.
 */
export async function withSettings(
  settings: object,
  look: (address: string) => Promise<void>,
): Promise<void> {
  const data = process.env.PORTAL_DATA;
  if (!data) {
    throw new Error('PORTAL_DATA must name the data folder of the portal');
  }
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
      // What waits in the databases is the business of the portal under test, which knows its own address.
      catalog: { ...config.catalog, processingInterval: false },
      scaffolder: { ...config.scaffolder, concurrentTasksLimit: 0 },
      app: { ...config.app, baseUrl: address },
      backend: {
        baseUrl: address,
        listen: { ...config.backend.listen, port },
        cors: { ...config.backend.cors, origin: address },
      },
    }),
    // It stands beside secrets, and is none of anybody's business either.
    { mode: 0o600 },
  );
  const launcher = (name: string) =>
    import(pathToFileURL(path.join(ROOT, 'packages/launcher/src', name)).href);
  const { startBackend } = await launcher('backend.mjs');
  const { Lifecycle } = await launcher('lifecycle.mjs');
  const lifecycle = new Lifecycle();
  try {
    await startBackend({
      root: ROOT,
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
    await look(address);
  } finally {
    await lifecycle.stop();
    rmSync(file, { force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve =>
    server.listen(0, '127.0.0.1', () => resolve()),
  );
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
