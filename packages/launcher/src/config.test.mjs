// @ts-check
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { generatedConfig, MACHINE_TOKEN_PLUGINS } from './config.mjs';
import { newStamp, webhookToken } from './data-folder.mjs';
import { ROOT } from './root.mjs';

const stamp = newStamp({ port: 7010, demo: true, portal: '0.1.0' });
const configFor = (/** @type {boolean} */ demo) =>
  generatedConfig({
    root: ROOT,
    folder: '/data',
    stamp,
    databasePort: 54321,
    demo,
  });

test('everything that carries an address carries the same one', () => {
  const config = configFor(true);
  assert.equal(config.app.baseUrl, 'http://localhost:7010');
  assert.equal(config.backend.baseUrl, 'http://localhost:7010');
  assert.equal(config.backend.cors.origin, 'http://localhost:7010');
  assert.equal(config.backend.listen.port, 7010);
  assert.deepEqual(config.backend.reading.allow, [
    { host: 'localhost:7010', paths: ['/api/git/'] },
  ]);
  assert.ok(!JSON.stringify(config).includes('7007'));
});

test('the portal and its database listen on loopback only', () => {
  const { listen, database } = configFor(true).backend;
  assert.equal(listen.host, '127.0.0.1');
  assert.equal(database.connection.host, '127.0.0.1');
});

test('the machine token is restricted to named plugins', () => {
  const [access, reporting, ...others] =
    configFor(true).backend.auth.externalAccess;
  assert.deepEqual(others, []);
  assert.deepEqual(reporting, {
    type: 'reporting',
    options: {},
    accessRestrictions: [
      { plugin: 'dora', permission: ['dora.events.ingest'] },
    ],
  });
  assert.equal(access.options.token, stamp.machineToken);
  assert.equal(access.options.subject, 'portal-machine');
  assert.deepEqual(
    access.accessRestrictions.map(({ plugin }) => plugin),
    MACHINE_TOKEN_PLUGINS,
  );
});

test('alerts come in with the token in the data folder, which opens nothing else', () => {
  const { backend, dora } = configFor(true);
  const [token, ...others] = dora.alertmanager.bearerTokens;
  assert.deepEqual(others, []);
  assert.equal(token, webhookToken(stamp));
  assert.ok(!JSON.stringify(backend).includes(token));
});

test("every plugin of the portal's own is open to the machine token", () => {
  const own = fs
    .readdirSync(path.join(ROOT, 'plugins'))
    .filter(name => /^[a-z-]+-backend$/.test(name))
    .map(name => name.replace(/-backend$/, ''));
  assert.ok(own.includes('dora'));
  assert.deepEqual(
    own.filter(id => !MACHINE_TOKEN_PLUGINS.includes(id)),
    [],
  );
});

for (const demo of [true, false]) {
  test(`${demo ? 'with' : 'without'} the sample organisation`, () => {
    const config = configFor(demo);
    const files = config.catalog.locations
      .filter(({ type }) => type === 'file')
      .map(({ target }) => path.relative(ROOT, target));
    assert.deepEqual(files, [
      demo
        ? 'demo/catalog/all.yaml'
        : 'packages/launcher/starter/organisation.yaml',
    ]);
    for (const file of files) {
      assert.ok(fs.existsSync(path.join(ROOT, file)), file);
    }
    assert.equal(config.organization.name === 'Fernhill', demo);
    // Somebody can always sign in: the sample people of app-config.evaluation.yaml, or the one starter person.
    assert.equal('providers' in config.auth, !demo);
  });
}

test('templates are accepted from the portal’s own repository alone', () => {
  const allowing = configFor(true)
    .catalog.locations.filter(({ rules }) =>
      rules.some(({ allow }) => allow.includes('Template')),
    )
    .map(({ target }) => target);
  assert.deepEqual(allowing, [
    'http://localhost:7010/api/git/platform/portal/blob/main/templates/*/template.yaml',
  ]);
});

test('each team’s sample schedules come from its own repository', () => {
  const schedules = configFor(true)
    .catalog.locations.filter(({ rules }) =>
      rules.some(({ allow }) => allow.includes('OnCallSchedule')),
    )
    .map(({ target }) => target);
  assert.ok(
    schedules.includes(
      'http://localhost:7010/api/git/payments/on-call/blob/main/*.yaml',
    ),
  );
  assert.equal(schedules.length, 7);
});

test('new schedules are proposed where the catalog reads them', () => {
  const config = configFor(false);
  const files =
    'http://localhost:7010/api/git/platform/portal/blob/main/on-call';
  const urls = config.catalog.locations.filter(
    ({ type, rules }) =>
      type === 'url' &&
      rules.some(({ allow }) => allow.includes('OnCallSchedule')),
  );
  assert.deepEqual(urls, [
    {
      type: 'url',
      target: `${files}/*.yaml`,
      rules: [{ allow: ['OnCallSchedule'] }],
    },
  ]);
  assert.equal(
    config.oncall.proposals.repository,
    files.replace('/blob/', '/tree/'),
  );
});
