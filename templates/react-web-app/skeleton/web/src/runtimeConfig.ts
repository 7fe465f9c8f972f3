import type { RuntimeConfig } from '../../shared/runtimeConfig.js';

/** What a page is without a server that says so: `npm run dev:web`. */
const DEVELOPMENT: RuntimeConfig = { version: 'development', environment: 'development', flags: {}, vitalsSampleRate: 1 };

/** What the server wrote into the page about the environment. */
export function readRuntimeConfig(page: Document): RuntimeConfig {
  const text = page.querySelector('meta[name="runtime-config"]')?.getAttribute('content') ?? '';
  return text.startsWith('{') ? (JSON.parse(text) as RuntimeConfig) : DEVELOPMENT;
}
