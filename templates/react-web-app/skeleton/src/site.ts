import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RuntimeConfig } from '../shared/runtimeConfig.js';

/** One built file, ready to be sent. */
export type SiteFile = {
  type: string;
  body: Buffer;
  /** Compressed when it was built; absent where that saves nothing. */
  br?: Buffer;
  gzip?: Buffer;
  etag: string;
};

/** What the build made of `web/`. */
export type Site = {
  /** The page, for one answer: with its nonce and what the browser is told about the environment. */
  page(nonce: string, runtimeConfig: RuntimeConfig): string;
  /** The file at a path such as `/assets/index-4f2a.js`. */
  file(path: string): SiteFile | undefined;
  /** Path of the script every page begins with. */
  entry: string;
};

const TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

export const NONCE_PLACEHOLDER = '__CSP_NONCE__';
export const CONFIG_PLACEHOLDER = '__RUNTIME_CONFIG__';

/** Text as the value of an attribute between double quotes. */
export function escapeAttribute(text: string): string {
  return text.replace(/[&"'<>]/g, character => `&#${character.charCodeAt(0)};`);
}

/**
 * Reads the built site into memory once: it is small (`budget.json` sees to it), and a path that is not in the map cannot be read, so
 * there is no way out of the folder. Throws when the page lacks what every answer has to put into it.
 */
export async function loadSite(folder: URL): Promise<Site> {
  const root = fileURLToPath(folder);
  const names = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
  const read = (name: string) => readFile(join(root, name));
  const html = (await read('index.html')).toString();
  for (const placeholder of [NONCE_PLACEHOLDER, CONFIG_PLACEHOLDER]) {
    if (!html.includes(placeholder)) {
      throw new Error(`index.html has no ${placeholder}`);
    }
  }
  const entry = /<script [^>]*src="([^"]+)"/.exec(html)?.[1];
  if (entry === undefined) {
    throw new Error('index.html loads no script');
  }

  const files = new Map<string, SiteFile>();
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type === undefined) {
      continue;
    }
    const body = await read(name);
    const br = names.includes(`${name}.br`) ? await read(`${name}.br`) : undefined;
    const gzip = names.includes(`${name}.gz`) ? await read(`${name}.gz`) : undefined;
    files.set(`/${name}`, {
      type,
      body,
      ...(br ? { br } : {}),
      ...(gzip ? { gzip } : {}),
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    });
  }
  return {
    page: (nonce, runtimeConfig) =>
      html
        .replaceAll(NONCE_PLACEHOLDER, () => nonce)
        .replaceAll(CONFIG_PLACEHOLDER, () => escapeAttribute(JSON.stringify(runtimeConfig))),
    file: path => files.get(path),
    entry,
  };
}
