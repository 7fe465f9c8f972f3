import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { BrokenFunctionError, createEnvironments, type Environments } from '../local/environments.js';

const folder = mkdtempSync(join(tmpdir(), 'environments-'));
const running: Environments[] = [];
after(async () => {
  await Promise.all(running.map(environments => environments.stop()));
  rmSync(folder, { recursive: true });
});

/** Environments of a handler given as text. */
function start(code: string, options: { concurrency?: number; timeoutMs?: number } = {}) {
  const entry = join(folder, `${running.length}.mjs`);
  writeFileSync(entry, code);
  const output: string[] = [];
  const environments = createEnvironments({
    program: new URL('../local/environment.js', import.meta.url),
    entry: pathToFileURL(entry).href,
    concurrency: 2,
    timeoutMs: 5000,
    onOutput: text => output.push(text),
    ...options,
  });
  running.push(environments);
  return { environments, output };
}

test('an environment is used again, and what an event wrote comes before its answer', async () => {
  const { environments, output } = start(`
    let events = 0;
    export const handler = async event => { events += 1; console.log('event ' + events); return { events, event }; };`);
  await environments.warm();
  assert.deepEqual(await environments.invoke('a', {}), { kind: 'answered', result: { events: 1, event: 'a' } });
  assert.deepEqual(await environments.invoke('b', {}), { kind: 'answered', result: { events: 2, event: 'b' } });
  assert.deepEqual(output, ['event 1\n', 'event 2\n']);
  assert.equal(environments.count(), 1);
});

test('events at the same time get an environment each, up to the limit', async () => {
  const { environments } = start(`
    let busy = 0;
    export const handler = async () => {
      busy += 1;
      await new Promise(resolve => setTimeout(resolve, 300));
      return busy--;
    };`);
  await environments.warm();
  const outcomes = await Promise.all([1, 2, 3].map(event => environments.invoke(event, {})));
  assert.deepEqual(outcomes, [{ kind: 'answered', result: 1 }, { kind: 'answered', result: 1 }, { kind: 'throttled' }]);
});

test('one that takes too long is ended, whatever it does', async () => {
  const { environments } = start(`export const handler = event => { while (event === 'stuck') {} return 'done'; };`, { timeoutMs: 300 });
  await environments.warm();
  assert.deepEqual(await environments.invoke('stuck', {}), { kind: 'timed-out' });
  assert.equal(environments.count(), 0);
  assert.deepEqual(await environments.invoke('well', {}), { kind: 'answered', result: 'done' });
});

test('an error is the event’s, a crash is the environment’s too', async () => {
  const { environments } = start(`
    export const handler = async event => {
      if (event === 'throw') throw new Error('no');
      if (event === 'crash') setTimeout(() => { throw new Error('gone'); });
      await new Promise(resolve => setTimeout(resolve, 200));
      return 'done';
    };`);
  await environments.warm();
  const thrown = await environments.invoke('throw', {});
  assert.equal(thrown.kind, 'failed');
  assert.equal(environments.count(), 1);
  const crashed = await environments.invoke('crash', {});
  assert.ok(crashed.kind === 'failed' && crashed.error.includes('gone'));
  assert.deepEqual(await environments.invoke('well', {}), { kind: 'answered', result: 'done' });
});

test('a function that refuses its configuration says which variable', async () => {
  const { environments } = start(`throw Object.assign(new Error('no'), { problems: ['LOG_LEVEL is wrong'] });`);
  await assert.rejects(environments.warm(), (error: unknown) => {
    assert.ok(error instanceof BrokenFunctionError);
    assert.deepEqual(error.problems, ['LOG_LEVEL is wrong']);
    return true;
  });
});
