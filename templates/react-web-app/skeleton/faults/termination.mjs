// Fault experiment: a replica is told to stop in the middle of traffic. Hypothesis: no request fails and the process leaves with 0
// within its grace period. Runbook: docs/runbooks/fault-termination.md. Needs a build: `npm run build && node faults/termination.mjs`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_SECONDS = 10;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const port = await freePort();
const baseUrl = `http://127.0.0.1:${port}`;
const get = path => fetch(new URL(path, baseUrl), { signal: AbortSignal.timeout(5000) });

const service = spawn(process.execPath, ['dist/src/main.js'], {
  env: {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'warn',
    SHUTDOWN_DELAY_SECONDS: '2',
    SHUTDOWN_GRACE_SECONDS: String(GRACE_SECONDS),
  },
  stdio: ['ignore', 'inherit', 'inherit'],
});
const exited = once(service, 'exit');

try {
  for (let attempt = 0; !(await get('/readyz').catch(() => undefined))?.ok; attempt += 1) {
    if (attempt > 100) {
      throw new Error('the service did not become ready');
    }
    await sleep(100);
  }

  // A load balancer in small: sends while the replica is ready, looks every 200 ms, stops within the drain delay.
  let ready = true;
  let sent = 0;
  const failures = [];
  const requests = [];
  const balancer = (async () => {
    while (ready) {
      await sleep(200);
      ready = (await get('/readyz').catch(() => undefined))?.ok ?? false;
    }
  })();
  const traffic = (async () => {
    while (ready) {
      sent += 1;
      requests.push(
        get('/').then(
          response => response.status >= 500 && failures.push(`status ${response.status}`),
          error => failures.push(String(error.cause ?? error)),
        ),
      );
      await sleep(10);
    }
  })();

  await sleep(1000);
  const stoppedAt = performance.now();
  service.kill('SIGTERM');
  await Promise.all([balancer, traffic]);
  await Promise.all(requests);
  const [code] = await exited;
  const seconds = (performance.now() - stoppedAt) / 1000;

  console.log(JSON.stringify({ sent, failed: failures.length, exitCode: code, stoppedAfterSeconds: Number(seconds.toFixed(2)) }));
  if (failures.length > 0 || code !== 0 || seconds > GRACE_SECONDS) {
    console.error(['The hypothesis does not hold.', ...new Set(failures)].join('\n'));
    process.exitCode = 1;
  }
} finally {
  service.kill('SIGKILL');
}
