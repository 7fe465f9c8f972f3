import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { countEndedChild } from '../lib/cpu';
import { bareEnv } from '../lib/run';
import { metricNames } from './prometheus';
import { CannotTry, type Note, type TrialOptions, tryOut } from './trial';
import type { Outcome } from './types';

/** What the service is asked for besides its probes, and what its rules need it to measure. */
export type ServiceExpectation = {
  /** A path users ask for. */
  path: string;
  /** Expressions of rules; every metric they read (but do not record) must be scraped. */
  expressions: string[];
  records: ReadonlySet<string>;
  /** What it measures has no environment of its own: something else says it where it is watched. */
  environmentUnsaid?: boolean;
};

/** Metrics whose samples do not say where they were taken. Rules could not tell staging from production by them. */
export function withoutEnvironment(
  scrape: string,
  environment: string,
): string[] {
  const names = Array.from(
    scrape.matchAll(/^([a-zA-Z_:][\w:]*)(\{.*\})? \S+( \d+)?$/gm),
  )
    .filter(([, , labels]) => !labels?.includes(`environment="${environment}"`))
    .map(([, name]) => name);
  return Array.from(new Set(names));
}

/** A port nobody listens on, below those that systems give to outgoing connections: nobody takes it before the service does. */
export async function freePort(): Promise<number> {
  for (let attempts = 0; attempts < 100; attempts += 1) {
    const port = randomInt(10_000, 20_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (free) {
      server.close();
      await once(server, 'close');
      return port;
    }
  }
  throw new CannotTry('no port is free');
}

const ENVIRONMENT = 'proof';

/** Metrics others than the service itself report. */
const FOREIGN_METRICS: ReadonlySet<string> = new Set(['probe_success']);

/** Histogram parts share the name of their histogram in a scrape's help lines. */
function scrapedNames(scrape: string): Set<string> {
  return new Set(
    Array.from(scrape.matchAll(/^([a-zA-Z_:][\w:]*)[{ ]/gm), m => m[1]),
  );
}

/**
 * Started, probed, scraped, asked, stopped: what a running service must do. The part `refuses` is a start in a wrong environment alone.
 * `start` is the command that starts it.
 */
export function verifyService(
  artifact: string,
  expected: ServiceExpectation,
  {
    start = [join(artifact, 'start')],
    ...options
  }: TrialOptions & { start?: readonly string[] } = {},
): Promise<Outcome> {
  return tryOut('service', options, async add => {
    if (
      options.part === 'refuses' ||
      (await serves(artifact, expected, start, add))
    ) {
      await refusesWrongPort(artifact, start, add);
    }
  });
}

/** Everything from the start to the end of one process; `false` when it never gets ready. */
async function serves(
  artifact: string,
  expected: ServiceExpectation,
  start: readonly string[],
  add: Note,
): Promise<boolean> {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const drainSeconds = 3;
  const graceSeconds = 15;
  const child = spawn(start[0], start.slice(1), {
    cwd: artifact,
    env: bareEnv({
      HOST: '127.0.0.1',
      PORT: String(port),
      DEPLOYMENT_ENVIRONMENT: ENVIRONMENT,
      SHUTDOWN_DELAY_SECONDS: String(drainSeconds),
      SHUTDOWN_GRACE_SECONDS: String(graceSeconds),
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.once('exit', countEndedChild);
  let log = '';
  child.stdout.setEncoding('utf8').on('data', chunk => {
    log += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', chunk => {
    log += chunk;
  });
  const exited = new Promise<number | NodeJS.Signals | null>(resolve => {
    child.once('error', error => {
      log += error.message;
      resolve(1);
    });
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  let over = false;
  exited.then(() => {
    over = true;
  });
  const get = (path: string, headers?: Record<string, string>) =>
    fetch(base + path, { headers, signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    );
  try {
    const deadline = Date.now() + 20_000;
    while (!over && Date.now() < deadline && !(await get('/readyz'))?.ok) {
      await sleep(50);
    }
    if (!(await get('/readyz'))?.ok) {
      add('/readyz', `is not ready within 20 seconds:\n${log.slice(-2000)}`);
      return false;
    }
    if (!(await get('/healthz'))?.ok) {
      add('/healthz', 'does not answer 200');
    }
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const answer = await get(expected.path, {
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    });
    if (!answer?.ok) {
      add(expected.path, `answers ${answer?.status ?? 'nothing'}`);
    }
    const scrape = (await (await get('/metrics'))?.text()) ?? '';
    const names = scrapedNames(scrape);
    const wanted = new Set(expected.expressions.flatMap(metricNames));
    for (const name of wanted) {
      if (expected.records.has(name) || FOREIGN_METRICS.has(name)) {
        continue;
      }
      // A counter without events has no series yet, but is declared.
      if (!names.has(name) && !scrape.includes(`# TYPE ${name} `)) {
        add('/metrics', `has no ${name}, which the rules read`);
      }
    }
    const unsaid = expected.environmentUnsaid
      ? []
      : withoutEnvironment(scrape, ENVIRONMENT);
    if (unsaid.length > 0) {
      add(
        '/metrics',
        `does not say the environment of ${unsaid.slice(0, 5).join(', ')}`,
      );
    }
    // What the service has written takes a moment to arrive.
    const written = Date.now() + 3000;
    while (!log.includes(traceId) && Date.now() < written) {
      await sleep(50);
    }
    const lines = log
      .split('\n')
      .filter(line => line.trim() !== '')
      .map(line => {
        try {
          return JSON.parse(line) as Record<string, unknown>;
        } catch {
          add('log', `is not JSON: ${line.slice(0, 200)}`);
          return {};
        }
      });
    if (!lines.some(line => line.trace_id === traceId)) {
      add('log', "has no line with the caller's trace id");
    }

    const stoppedAt = performance.now();
    child.kill('SIGTERM');
    let draining: number | undefined;
    const drained = Date.now() + drainSeconds * 1000;
    while (draining !== 503 && !over && Date.now() < drained) {
      await sleep(50);
      draining = (await get('/readyz'))?.status ?? draining;
    }
    if (draining !== 503) {
      add(
        'SIGTERM',
        `/readyz answers ${draining ?? 'nothing'} while draining, 503 is right`,
      );
    }
    const code = await Promise.race([
      exited,
      sleep((graceSeconds + 2) * 1000).then(() => 'still running'),
    ]);
    const seconds = (performance.now() - stoppedAt) / 1000;
    if (code !== 0) {
      add('SIGTERM', `ends with ${code} after ${seconds.toFixed(1)} seconds`);
    }
  } finally {
    if (!over) {
      child.kill('SIGKILL');
    }
  }
  return true;
}

/** A wrong environment is refused at once, by name. */
async function refusesWrongPort(
  artifact: string,
  start: readonly string[],
  add: Note,
): Promise<void> {
  const wrong = spawn(start[0], start.slice(1), {
    cwd: artifact,
    env: bareEnv({ PORT: 'not-a-port' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  wrong.once('exit', countEndedChild);
  let words = '';
  wrong.stdout.on('data', chunk => {
    words += chunk;
  });
  wrong.stderr.on('data', chunk => {
    words += chunk;
  });
  const timer = setTimeout(() => wrong.kill('SIGKILL'), 10_000);
  const [code] = (await once(wrong, 'close')) as [number | null];
  clearTimeout(timer);
  // 78 is EX_CONFIG: supervisors and runbooks tell a wrong configuration from a crash by it.
  if (code !== 78 || !words.includes('PORT')) {
    add(
      'configuration',
      `an invalid PORT ends with ${code}; 78 and the variable's name are right`,
    );
  }
}
