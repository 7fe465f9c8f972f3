// @ts-check
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isHeld, processStart, takeLock } from './lock.mjs';

const holder = { pid: 41, startedAt: 'Mon Nov 16 08:00:00 2026' };

for (const [name, lock, startOf, held] of /** @type {const} */ ([
  ['of a running portal', holder, () => holder.startedAt, true],
  ['of a process that has ended', holder, () => undefined, false],
  [
    'whose process id now belongs to another program',
    holder,
    () => 'Mon Nov 16 09:30:00 2026',
    false,
  ],
  ['that cannot be read', undefined, () => holder.startedAt, false],
])) {
  test(`a lock ${name} ${held ? 'holds' : 'does not hold'}`, () => {
    assert.equal(isHeld(lock, startOf), held);
  });
}

test('a folder is taken by one running process at a time', async t => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'));
  const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  t.after(() => {
    other.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true });
  });
  const pid = /** @type {number} */ (other.pid);
  fs.writeFileSync(
    path.join(folder, 'lock'),
    JSON.stringify({ pid, startedAt: processStart(pid) }),
  );
  assert.throws(() => takeLock(folder), {
    name: 'Problem',
    message: new RegExp(
      `in use by a portal that is running \\(process ${pid}\\)`,
    ),
  });

  other.kill('SIGKILL');
  await new Promise(resolve => other.once('exit', resolve));
  const release = takeLock(folder);
  assert.equal(
    JSON.parse(fs.readFileSync(path.join(folder, 'lock'), 'utf8')).pid,
    process.pid,
  );
  release();
  assert.deepEqual(fs.readdirSync(folder), []);
});
