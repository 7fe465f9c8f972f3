import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type App, type AppOptions, createApp } from '../src/app.js';
import { createLogger } from '../src/logger.js';
import { createMetrics } from '../src/metrics.js';
import { loadSite, type Site } from '../src/site.js';

export const config = {
  version: '1.2.3-abc',
  environment: 'test',
  logLevel: 'info' as const,
  otlpEndpoint: undefined,
  supportUrl: undefined,
  vitalsSampleRate: 1,
};

export const SCRIPT = `console.log(${JSON.stringify('x'.repeat(500))});`;

/** A site as the build writes one, in a folder of its own. */
export async function builtSite(html?: string): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'site-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(
    join(folder, 'index.html'),
    html ??
      '<meta name="runtime-config" content="__RUNTIME_CONFIG__"><script type="module" nonce="__CSP_NONCE__" src="/assets/index-4f2a.js"></script>',
  );
  await writeFile(join(folder, 'robots.txt'), 'User-agent: *\n');
  await writeFile(join(folder, 'assets/index-4f2a.js'), SCRIPT);
  await writeFile(join(folder, 'assets/index-4f2a.js.gz'), gzipSync(SCRIPT));
  return pathToFileURL(`${folder}/`);
}

const site: Site = await loadSite(await builtSite());

/** The application without a socket; what it logs is in `lines`. */
export function start(lines: string[] = [], changes: Partial<AppOptions['config']> = {}, flagOn = false): App {
  const settings = { ...config, ...changes };
  return createApp({
    config: settings,
    flags: { getBooleanValue: async () => flagOn },
    logger: createLogger(settings, { write: line => lines.push(line) }),
    metrics: createMetrics(settings),
    site,
  });
}
