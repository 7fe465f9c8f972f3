// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockedFolder } from './postgres.mjs';

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
