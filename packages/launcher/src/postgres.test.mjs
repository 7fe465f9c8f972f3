// @ts-check
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { blockedFolder, isPostmaster, stopLeftover } from './postgres.mjs';

const service = { uid: 101, gid: 104 };

/** @param {Record<string, [mode: number, uid: number, gid: number]>} folders */
const statIn = folders => (/** @type {string} */ folder) => {
  const entry = folders[folder];
  return entry && { mode: entry[0], uid: entry[1], gid: entry[2] };
};

for (const [name, folders, expected] of /** @type {const} */ ([
  [
    'home of root is closed',
    {
      '/': [0o755, 0, 0],
      '/root': [0o700, 0, 0],
      '/root/portal': [0o755, 0, 0],
    },
    '/root',
  ],
  [
    'everything is open',
    {
      '/': [0o755, 0, 0],
      '/root': [0o711, 0, 0],
      '/root/portal': [0o755, 0, 0],
    },
    undefined,
  ],
  [
    'the last folder is closed',
    {
      '/': [0o755, 0, 0],
      '/root': [0o755, 0, 0],
      '/root/portal': [0o750, 0, 0],
    },
    '/root/portal',
  ],
  [
    'the folder lets its group in',
    {
      '/': [0o755, 0, 0],
      '/root': [0o710, 0, 104],
      '/root/portal': [0o700, 101, 0],
    },
    undefined,
  ],
  ['the folder does not exist yet', { '/': [0o755, 0, 0] }, undefined],
])) {
  test(`PostgreSQL's own user where ${name}`, () => {
    assert.equal(
      blockedFolder(
        '/root/portal',
        service,
        statIn(
          /** @type {Record<string, [number, number, number]>} */ (
            /** @type {unknown} */ (folders)
          ),
        ),
      ),
      expected,
    );
  });
}

for (const [command, expected] of /** @type {const} */ ([
  ['/x y/native/bin/postgres -D /data/postgres -p 5432', true],
  ['postgres', true],
  ['/usr/bin/node server.js', false],
  ['/opt/postgres-tools/backup --all', false],
  [undefined, undefined],
])) {
  test(`a server of PostgreSQL is ${command}: ${expected}`, () => {
    assert.equal(isPostmaster(command), expected);
  });
}

test('a program that has got the process id of a crashed server is left alone', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leftover-'));
  const stranger = spawn(process.execPath, [
    '-e',
    'setTimeout(() => {}, 60e3)',
  ]);
  try {
    const pidFile = path.join(folder, 'postmaster.pid');
    fs.writeFileSync(pidFile, `${stranger.pid}\n${folder}\n`);
    const asked = path.join(folder, 'asked');
    const control = path.join(folder, 'pg_ctl');
    fs.writeFileSync(control, `#!/bin/sh\ntouch '${asked}'\n`, { mode: 0o755 });
    await stopLeftover({ control, folder, who: undefined });
    assert.equal(fs.existsSync(asked), false);
    assert.equal(fs.existsSync(pidFile), false);
    assert.equal(stranger.exitCode ?? stranger.signalCode, null);
  } finally {
    stranger.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
