// Serves the artifact's function.zip on this machine, the way API Gateway and Lambda do in the account; docs/local.md says how far.
// Not part of the function: nothing in src/ knows of it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import { SERVICE_NAME } from '../src/config.js';
import { BrokenFunctionError, createEnvironments } from './environments.js';
import { createScrape } from './scrape.js';
import { createGateway, type ServerOptions } from './server.js';
import { readSettings } from './settings.js';

const beside = (name: string) => new URL(`./${name}`, import.meta.url);
const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);
const log: ServerOptions['log'] = (level, message, fields = {}) =>
  print({ level, time: new Date().toISOString(), service: SERVICE_NAME, ...fields, msg: message });

/** 78 is EX_CONFIG: supervisors tell a wrong configuration from a crash by it. */
function refuse(problems: readonly string[]): never {
  writeFileSync(2, `${JSON.stringify({ level: 'fatal', msg: 'invalid configuration', problems })}\n`);
  process.exit(78);
}

const { settings, problems } = readSettings(process.env);
if (problems.length > 0) {
  refuse(problems);
}

// The same bytes the account gets, unpacked as Lambda does.
const code = mkdtempSync(join(tmpdir(), 'function-'));
process.on('exit', () => rmSync(code, { recursive: true, force: true }));
for (const [name, content] of Object.entries(unzipSync(readFileSync(beside('function.zip'))))) {
  mkdirSync(dirname(join(code, name)), { recursive: true });
  writeFileSync(join(code, name), content);
}

const scrape = createScrape(SERVICE_NAME, readFileSync(join(code, 'RELEASE'), 'utf8').trim());
let rest = '';
const environments = createEnvironments({
  program: beside('environment.mjs'),
  entry: pathToFileURL(join(code, 'index.mjs')).href,
  concurrency: settings.concurrency,
  timeoutMs: settings.timeoutMs,
  onOutput(text) {
    process.stdout.write(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(line => scrape.take(line));
  },
});
try {
  await environments.warm();
} catch (error) {
  if (error instanceof BrokenFunctionError && error.problems) {
    refuse(error.problems);
  }
  throw error;
}

const routes = JSON.parse(readFileSync(beside('routes.json'), 'utf8')) as string[];
const { server, drain } = createGateway({ environments, scrape, routes, log });

let stopping = false;
const stop = async (reason: string): Promise<void> => {
  if (stopping) {
    return;
  }
  stopping = true;
  log('info', 'stopping', { reason });
  drain();
  const closed = sleep(settings.shutdownDelayMs)
    .then(
      () =>
        new Promise<void>(resolve => {
          server.close(() => resolve());
          server.closeIdleConnections();
        }),
    )
    .then(() => environments.stop())
    .then(() => 0);
  const exitCode = await Promise.race([closed, sleep(settings.shutdownGraceMs, 1)]);
  log('info', 'stopped', { code: exitCode });
  process.exit(exitCode);
};
process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));

server.listen(settings.port, settings.host, () => {
  const address = server.address();
  log('info', 'listening', { host: settings.host, port: typeof address === 'object' && address ? address.port : settings.port });
});
