// @ts-check
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import {
  decideDataFolder,
  folderComplaint,
  inspectDataFolder,
  makeFolder,
  newStamp,
  resetComplaint,
  resetDataFolder,
  saveStamp,
  webhookToken,
} from './data-folder.mjs';

const stamp = newStamp({ port: 7007, demo: true, portal: '0.4.0' });
const wanted = {
  folder: '/data',
  port: undefined,
  demo: true,
  portal: '0.4.0',
};
const used = ['config', 'logs', 'portal.json', 'postgres'];

/** @type {[string, import('./data-folder.mjs').Found, object, RegExp | object][]} */
const rows = [
  ['a folder that does not exist', { entries: [] }, {}, { use: 'new' }],
  ['a folder with only a lock', { entries: ['lock'] }, {}, { use: 'new' }],
  [
    'a folder of somebody else',
    { entries: ['thesis.doc'] },
    {},
    /holds other files \(thesis\.doc\)/,
  ],
  [
    'its own folder',
    { entries: used, stamp, clusterVersion: '18' },
    {},
    { use: 'existing', stamp },
  ],
  [
    'its own folder on the same port',
    { entries: used, stamp, clusterVersion: '18' },
    { port: 7007 },
    { use: 'existing', stamp },
  ],
  [
    'its own folder on another port',
    { entries: used, stamp, clusterVersion: '18' },
    { port: 7008 },
    /belongs to http:\/\/localhost:7007.*start with --port 7007/,
  ],
  [
    'a folder with the sample organisation, which is not wanted',
    { entries: used, stamp },
    { demo: false },
    /already holds the sample organisation.*--reset/,
  ],
  [
    'a folder without the sample organisation, by plain npm start',
    { entries: used, stamp: { ...stamp, demo: false } },
    {},
    { use: 'existing', stamp: { ...stamp, demo: false } },
  ],
  [
    'a folder of an older portal',
    { entries: used, stamp: { ...stamp, portal: '0.3.9' } },
    {},
    { use: 'existing', stamp: { ...stamp, portal: '0.3.9' } },
  ],
  [
    'a folder of a newer portal',
    { entries: used, stamp: { ...stamp, portal: '0.10.0' } },
    {},
    /last used by portal 0\.10\.0, newer than this one \(0\.4\.0\)/,
  ],
  [
    'a folder of another format',
    { entries: used, stamp: { format: 2, postgres: 18, portal: '0.9.0' } },
    {},
    /has data format 2 and this portal reads format 1/,
  ],
  [
    'a cluster of another PostgreSQL',
    { entries: used, stamp, clusterVersion: '17' },
    {},
    /made with PostgreSQL 17 and this portal runs PostgreSQL 18/,
  ],
  [
    'a stamp that says another PostgreSQL',
    { entries: used, stamp: { ...stamp, postgres: 19 } },
    {},
    /made with PostgreSQL 19/,
  ],
  [
    'a stamp that is not one',
    { entries: used, stamp: { version: 3 } },
    {},
    /written by another version of the portal/,
  ],
  [
    'a stamp without its secrets',
    { entries: used, stamp: { ...stamp, databasePassword: undefined } },
    {},
    /written by another version of the portal/,
  ],
  [
    'a stamp that cannot be read',
    { entries: used, unreadable: true },
    {},
    /portal\.json is damaged/,
  ],
];

for (const [name, found, options, expected] of rows) {
  test(`a start with ${name}`, () => {
    const decision = decideDataFolder(found, { ...wanted, ...options });
    if (expected instanceof RegExp) {
      assert.ok('refuse' in decision, JSON.stringify(decision));
      assert.match(decision.refuse, expected);
      assert.match(decision.refuse, /--data/);
      assert.equal(decision.refuse.split('\n').length, 1);
    } else {
      assert.deepEqual(decision, expected);
    }
  });
}

for (const [folder, refused] of /** @type {[string, boolean][]} */ ([
  ['/src/portal/.data', false],
  ['/src/portal', true],
  ['/src', true],
  ['/', true],
  ['/home/ines', true],
  ['/home/ines/state', false],
  ['/home/ines2', false],
])) {
  test(`${folder} ${refused ? 'cannot' : 'can'} be the data folder`, () => {
    const complaint = folderComplaint(folder, {
      root: '/src/portal',
      home: '/home/ines',
    });
    assert.equal(complaint !== undefined, refused);
  });
}

test('a reset deletes what the portal made and keeps what it did not', t => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'data-folder-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  saveStamp(folder, stamp);
  fs.mkdirSync(path.join(folder, 'postgres/base'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'notes.txt'), 'mine');

  assert.equal(resetComplaint(inspectDataFolder(folder), folder), undefined);
  resetDataFolder(folder);

  assert.deepEqual(fs.readdirSync(folder), ['notes.txt']);
  assert.match(
    resetComplaint(inspectDataFolder(folder), folder) ?? '',
    /is not a data folder of the portal, so --reset deletes nothing/,
  );
});

test('secrets are readable by their owner only and survive a reading', t => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'data-folder-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  saveStamp(folder, stamp);
  for (const name of ['machine-token', 'portal.json', 'webhook-token']) {
    assert.equal(fs.statSync(path.join(folder, name)).mode & 0o777, 0o600);
  }
  assert.deepEqual(inspectDataFolder(folder).stamp, stamp);
  assert.equal(
    fs.readFileSync(path.join(folder, 'machine-token'), 'utf8').trim(),
    stamp.machineToken,
  );
});

test('no two data folders share a secret', () => {
  const other = newStamp({ port: 7007, demo: true, portal: '0.4.0' });
  assert.notEqual(other.machineToken, stamp.machineToken);
  assert.notEqual(other.databasePassword, stamp.databasePassword);
  assert.notEqual(other.sessionSecret, stamp.sessionSecret);
  assert.notEqual(webhookToken(other), webhookToken(stamp));
});

test('a folder is made with its parents, and once more without complaint', t => {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'data-folder-'));
  t.after(() => fs.rmSync(parent, { recursive: true }));
  const folder = path.join(parent, 'a/b');
  makeFolder(folder);
  makeFolder(folder);
  assert.ok(fs.statSync(folder).isDirectory());
});

test(
  'a folder that no file system can give is refused, not waited for',
  { skip: !fs.existsSync('/proc/self') },
  () => {
    assert.throws(
      () => makeFolder('/proc/no-such-process/data'),
      /\/proc\/no-such-process cannot be made: choose another folder/,
    );
  },
);
