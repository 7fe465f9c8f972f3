// @ts-check
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Lifecycle } from './lifecycle.mjs';
import { endChild, isAlive, run, sleep } from './processes.mjs';
import { ROOT } from './root.mjs';

test('everything stops once, in reverse order, even after a failure', async () => {
  const lifecycle = new Lifecycle();
  /** @type {string[]} */
  const stopped = [];
  lifecycle.onStop('database', () => stopped.push('database'));
  lifecycle.onStop('cache', async () => {
    await sleep(5);
    stopped.push('cache');
  });
  lifecycle.onStop('backend', () => stopped.push('backend'));

  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  await lifecycle.stop();

  assert.deepEqual(stopped, ['backend', 'cache', 'database']);
  assert.equal(lifecycle.signal.aborted, true);
});

test('what starts while stopping is stopped too', async () => {
  const lifecycle = new Lifecycle();
  /** @type {string[]} */
  const stopped = [];
  lifecycle.onStop('slow', async () => {
    lifecycle.onStop('late', () => stopped.push('late'));
  });
  await lifecycle.stop();
  assert.deepEqual(stopped, ['late']);
});

/** A program that prints a line when asked to end, and ends only when `obeys`. */
const program = (/** @type {boolean} */ obeys) =>
  `process.on('SIGTERM', () => { ${obeys ? 'process.exit(0)' : ''} });
   setInterval(() => {}, 1000); console.log('up');`;

for (const obeys of [true, false]) {
  test(`a child that ${
    obeys ? 'obeys' : 'does not obey'
  } is ended`, async () => {
    const child = spawn(process.execPath, ['-e', program(obeys)], {
      detached: true,
    });
    await once(child.stdout, 'data');
    await endChild(child, {
      ask: 'SIGTERM',
      patienceMs: obeys ? 10_000 : 100,
      insist: 'SIGKILL',
    });
    assert.equal(child.signalCode, obeys ? null : 'SIGKILL');
  });
}

for (const how of /** @type {const} */ (['SIGKILL', 'release'])) {
  test(`the guardian, after ${how}`, async t => {
    const lifecycleUrl = pathToFileURL(
      path.join(ROOT, 'packages/launcher/src/lifecycle.mjs'),
    ).href;
    // A launcher that starts one long-running process, and is killed or releases it.
    const launcher = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { spawn } from 'node:child_process';
       const { Lifecycle } = await import(${JSON.stringify(lifecycleUrl)});
       const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
       const lifecycle = new Lifecycle();
       lifecycle.guard(child.pid, 'SIGTERM');
       console.log(child.pid);
       process.stdin.once('data', async () => { await lifecycle.stop(); process.exit(); });`,
    ]);
    const [chunk] = await once(launcher.stdout, 'data');
    const pid = Number(String(chunk));
    t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
    assert.equal(isAlive(pid), true);

    if (how === 'release') {
      launcher.stdin.write('release\n');
    } else {
      launcher.kill('SIGKILL');
    }
    await once(launcher, 'exit');

    if (how === 'release') {
      await sleep(500);
      assert.equal(isAlive(pid), true, 'what was released is left alone');
    } else {
      for (let tries = 0; tries < 200 && isAlive(pid); tries += 1) {
        await sleep(50);
      }
      assert.equal(isAlive(pid), false, 'what was guarded is ended');
    }
  });
}

test('an aborted program ends with everything it has started', async () => {
  const aborter = new AbortController();
  /** @type {number[]} */
  const pids = [];
  const ended = run(
    process.execPath,
    [
      '-e',
      `const { spawn } = require('node:child_process');
       const stray = spawn(process.execPath, ['-e', ${JSON.stringify(
         program(false),
       )}], { stdio: ['ignore', 'pipe', 'inherit'] });
       stray.stdout.once('data', () => console.log(stray.pid));`,
    ],
    { signal: aborter.signal, onLine: line => pids.push(Number(line)) },
  );
  while (pids.length === 0) {
    await sleep(20);
  }
  aborter.abort();
  await ended;
  for (let tries = 0; tries < 100 && isAlive(pids[0]); tries += 1) {
    await sleep(20);
  }
  assert.equal(isAlive(pids[0]), false);
});
