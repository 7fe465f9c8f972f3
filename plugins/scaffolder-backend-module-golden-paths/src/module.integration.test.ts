import { resolve as resolvePath } from 'node:path';
import { databaseServiceFactory } from '@backstage/backend-defaults/database';
import { urlReaderServiceFactory } from '@backstage/backend-defaults/urlReader';
import {
  coreServices,
  createBackendPlugin,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import catalogPlugin from '@backstage/plugin-catalog-backend';
import entityModelModule from '@backstage/plugin-catalog-backend-module-scaffolder-entity-model';
import scaffolderPlugin from '@backstage/plugin-scaffolder-backend';
import gitPlugin from '@pavedroad/plugin-git-backend';
import { gitHostUrlReaderFactory } from '@pavedroad/plugin-git-node';
import { parseManifest } from '@pavedroad/plugin-golden-paths-common';
import { Router } from 'express';
import request from 'supertest';
import scaffolderModuleGoldenPaths from './index';

jest.setTimeout(300_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const directory = createMockDirectory();
const PORTAL_URL = 'http://portal.example:7007';
/** A change as it is published; its form and steps are what is tried. */
const CHANGE_OWNER = resolvePath(
  __dirname,
  '../../../templates/change-owner/template.yaml',
);
const INES = 'user:default/ines.duarte';

const organisation = `
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: payments }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ines.duarte }
spec:
  profile: { displayName: Inês Duarte, email: ines@fernhill.example }
  memberOf: [payments]
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: storefront }
spec: { type: team, children: [] }
`;

const template = `
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: { name: small-service }
spec:
  owner: group:default/payments
  type: service
  parameters:
    - required: [name, owner]
      properties:
        name: { type: string }
        owner: { type: string }
        broken: { type: boolean }
        extra: { type: boolean }
        slow: { type: boolean }
  steps:
    - id: preflight
      action: pavedroad:preflight
      input:
        name: \${{ parameters.name }}
        owner: \${{ parameters.owner }}
    - id: fetch
      action: fetch:template
      input:
        url: ./skeleton
        values:
          entity: \${{ 'x y' if parameters.broken else steps.preflight.output.name }}
          owner: \${{ steps.preflight.output.owner }}
          annotations: \${{ steps.preflight.output.annotations }}
    - id: manifest
      action: pavedroad:manifest
      input:
        version: 1.0.0
        answers: \${{ parameters }}
        ownership: [{ pattern: src/, class: seed }]
    - id: publish
      action: pavedroad:publish
      input:
        repository: \${{ steps.preflight.output.repository }}
        description: A small service
    - id: extra
      if: \${{ parameters.extra }}
      action: fetch:template
      input: { url: ./extra, targetPath: extra, values: {} }
    - id: wait
      if: \${{ parameters.slow }}
      action: debug:wait
      input: { seconds: 20 }
    - id: register
      action: pavedroad:register
      input:
        catalogInfoUrl: \${{ steps.publish.output.catalogInfoUrl }}
        entityRef: \${{ steps.preflight.output.entityRef }}
    - id: undo
      if: \${{ failure() }}
      action: pavedroad:undo
  output:
    links:
      - title: Open
        entityRef: \${{ steps.register.output.entityRef }}
`;

const catalogInfo = `
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: \${{ values.entity }}
  annotations: \${{ values.annotations | dump }}
spec: { type: service, lifecycle: production, owner: '\${{ values.owner }}' }
`;

/** Answers as the on-call plugin does; its own tests are elsewhere. */
const onCallPlugin = createBackendPlugin({
  pluginId: 'oncall',
  register(env) {
    env.registerInit({
      deps: { http: coreServices.httpRouter },
      async init({ http }) {
        const router = Router();
        router.get('/now', (_request, response) => {
          response.json({
            coverage: 'full',
            levels: [
              { level: 1, people: [{ ref: INES, displayName: 'Inês Duarte' }] },
            ],
          });
        });
        http.use(router);
      },
    });
  },
});

async function startPortal({ processingSeconds = 1 } = {}) {
  directory.setContent({
    'org.yaml': organisation,
    templates: {
      'template.yaml': template,
      skeleton: {
        'catalog-info.yaml': catalogInfo,
        'README.md': '# ${{ values.entity }}\n',
        src: { 'index.ts': 'export {};\n' },
      },
    },
    repositories: {},
  });
  const knex = await databases.init('POSTGRES_18');
  // Named one by one: knex keeps the password out of what is enumerated.
  const { host, port, user, password, database } =
    knex.client.config.connection;
  const audits: string[] = [];
  const { server } = await startTestBackend({
    features: [
      databaseServiceFactory,
      urlReaderServiceFactory,
      gitHostUrlReaderFactory,
      catalogPlugin,
      entityModelModule,
      scaffolderPlugin,
      scaffolderModuleGoldenPaths,
      gitPlugin,
      onCallPlugin,
      createServiceFactory({
        service: coreServices.userInfo,
        deps: {},
        factory: () => ({
          getUserInfo: async () => ({
            userEntityRef: INES,
            ownershipEntityRefs: [INES, 'group:default/payments'],
          }),
        }),
      }),
      createServiceFactory({
        service: coreServices.auditor,
        deps: {},
        factory: () => ({
          createEvent: async ({ eventId }) => ({
            success: async () => {
              audits.push(`${eventId} succeeded`);
            },
            fail: async () => {
              audits.push(`${eventId} failed`);
            },
          }),
        }),
      }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: PORTAL_URL },
          backend: {
            baseUrl: PORTAL_URL,
            workingDirectory: directory.path,
            database: {
              client: 'pg',
              connection: { host, port, user, password, database },
              pluginDivisionMode: 'schema',
            },
          },
          git: { root: directory.resolve('repositories') },
          catalog: {
            processingInterval: { seconds: processingSeconds },
            rules: [{ allow: ['Component', 'Group', 'User', 'Template'] }],
            locations: [
              { type: 'file', target: directory.resolve('org.yaml') },
              {
                type: 'file',
                target: directory.resolve('templates/template.yaml'),
              },
              { type: 'file', target: CHANGE_OWNER },
            ],
          },
        },
      }),
    ],
  });
  const token = mockCredentials.user.header(INES);
  const get = (path: string) =>
    request(server).get(path).set('authorization', token);

  async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
    const end = Date.now() + 60_000;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) {
        return answer;
      }
      if (Date.now() > end) {
        throw new Error('It did not happen within a minute');
      }
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  const entity = (ref: string) =>
    get(`/api/catalog/entities/by-name/${ref.replace(':', '/')}`).then(
      ({ status, body }) => (status === 200 ? body : undefined),
    );
  await until(() => entity('template:default/small-service'));
  await until(() => entity('group:default/payments'));
  await until(() => entity(INES));

  /** Waits until a task is done and gives how it ended, with its log. */
  async function ended(id: string) {
    const task = await until(async () => {
      const { body } = await get(`/api/scaffolder/v2/tasks/${id}`);
      return ['completed', 'failed'].includes(body.status) ? body : undefined;
    });
    const { body } = await get(`/api/scaffolder/v2/tasks/${id}/events`);
    return {
      id,
      status: task.status as string,
      log: (body as { body: { message: string } }[])
        .map(event => event.body.message)
        .join('\n'),
    };
  }

  async function start(
    values: object,
    templateRef = 'template:default/small-service',
  ): Promise<string> {
    const { body } = await request(server)
      .post('/api/scaffolder/v2/tasks')
      .set('authorization', token)
      .send({ templateRef, values });
    expect(body).toEqual({ id: expect.any(String) });
    return body.id;
  }

  async function create(values: object) {
    return ended(await start(values));
  }

  async function cancel(id: string) {
    await request(server)
      .post(`/api/scaffolder/v2/tasks/${id}/cancel`)
      .set('authorization', token)
      .send({});
  }

  async function retry(id: string) {
    const { status } = await request(server)
      .post(`/api/scaffolder/v2/tasks/${id}/retry`)
      .set('authorization', token)
      .send({});
    expect(status).toBe(201);
    return ended(id);
  }

  /** Has the catalog look for a file, and waits until it has found none. */
  async function awaitFile(target: string) {
    const { status } = await request(server)
      .post('/api/catalog/locations')
      .set('authorization', token)
      .send({ type: 'url', target });
    expect(status).toBe(201);
    await until(async () => {
      const [row] = await knex('catalog.refresh_state')
        .where('unprocessed_entity', 'like', `%${target}%`)
        .select('errors');
      return row?.errors?.includes('name') ? true : undefined;
    });
  }

  return {
    audits,
    awaitFile,
    cancel,
    create,
    ended,
    entity,
    get,
    retry,
    start,
    until,
  };
}

describe('golden paths on a portal with catalog, scaffolder and git host', () => {
  it('makes a repository and a component, refuses what is taken, undoes what failed or was cancelled, and can try again', async () => {
    const { audits, cancel, create, entity, get, retry, start, until } =
      await startPortal();

    const made = await create({ name: 'ledger', owner: 'payments' });
    expect(made.log).toContain('component:default/ledger is in the catalog.');
    expect(made.status).toBe('completed');
    expect(
      (await entity('component:default/ledger')).metadata.annotations,
    ).toMatchObject({
      'pavedroad.dev/repository': 'payments/ledger',
      'backstage.io/source-template': 'template:default/small-service',
    });
    const raw = await get(
      '/api/git/v1/repositories/payments/ledger/raw?path=.golden-path.yaml',
    );
    expect(
      Object.keys(parseManifest(raw.text ?? raw.body.toString()).files),
    ).toEqual(['README.md', 'catalog-info.yaml', 'src/index.ts']);
    const commits = await get(
      '/api/git/v1/repositories/payments/ledger/commits',
    );
    expect(commits.body.items).toMatchObject([
      {
        authorName: 'Inês Duarte',
        authorEmail: 'ines@fernhill.example',
        subject: 'Start ledger on the golden path',
      },
    ]);

    const again = await create({ name: 'ledger', owner: 'payments' });
    expect(again.status).toBe('failed');
    expect(again.log).toContain(
      'component:default/ledger is already in the catalog. Choose another name.',
    );
    expect(again.log).toContain(
      'There is nothing to undo: nothing was created.',
    );

    const broken = await create({
      name: 'billing',
      owner: 'payments',
      broken: true,
    });
    expect(broken.status).toBe('failed');
    expect(broken.log).toContain(
      'Everything this task created is removed again.',
    );
    expect(
      (await get('/api/git/v1/repositories/payments/billing')).status,
    ).toBe(404);
    expect(await entity('component:default/billing')).toBeUndefined();

    const late = await create({
      name: 'vault',
      owner: 'payments',
      extra: true,
    });
    expect(late.status).toBe('failed');
    expect((await get('/api/git/v1/repositories/payments/vault')).status).toBe(
      404,
    );
    directory.addContent({ 'templates/extra/note.md': 'there now' });
    const retried = await retry(late.id);
    expect(retried.status).toBe('completed');
    expect(await entity('component:default/vault')).toBeDefined();

    const repository = (name: string) =>
      get(`/api/git/v1/repositories/payments/${name}`);
    const cancelled = await start({
      name: 'invoices',
      owner: 'payments',
      slow: true,
    });
    await until(async () =>
      (await repository('invoices')).body.headCommit ? true : undefined,
    );
    await cancel(cancelled);
    await until(async () =>
      (await repository('invoices')).status === 404 ? true : undefined,
    );

    expect(audits).toEqual(
      expect.arrayContaining([
        'golden-path-preflight succeeded',
        'golden-path-publish succeeded',
        'golden-path-register succeeded',
        'golden-path-preflight failed',
        'golden-path-register failed',
        'golden-path-undo succeeded',
      ]),
    );
  });

  it('changes what exists by pull request, as who owns it, once', async () => {
    const { audits, create, ended, entity, get, start, until } =
      await startPortal();
    await create({ name: 'vault', owner: 'payments' });
    const ref = 'template:default/change-owner';
    await until(() => entity(ref));

    const answers = {
      entityRef: 'component:default/vault',
      owner: 'storefront',
    };
    const handed = await ended(await start(answers, ref));
    expect(handed.log).toContain('Somebody is on call for storefront.');
    expect(handed).toMatchObject({ status: 'completed' });
    expect(audits).toEqual(
      expect.arrayContaining([
        'golden-path-checkout succeeded',
        'golden-path-propose succeeded',
      ]),
    );

    const repository = '/api/git/v1/repositories/payments/vault';
    const { body: pulls } = await get(`${repository}/pulls?state=open`);
    expect(pulls.items).toMatchObject([
      {
        title: 'Hand over to storefront',
        source: 'paved-road/owner-storefront',
        target: 'main',
      },
    ]);
    const { body: diff } = await get(`${repository}/pulls/1/diff`);
    const changed = JSON.stringify(diff);
    expect(changed).toContain('group:default/storefront');
    expect(changed).not.toContain('README.md');

    const again = await ended(await start(answers, ref));
    expect(again.log).toContain('It is open already');
    const nobody = await ended(
      await start({ ...answers, owner: 'group:default/none' }, ref),
    );
    expect(nobody.log).toContain('There is no group group:default/none');
  });

  it('has a component as soon as the file is pushed that was looked for in vain before', async () => {
    const { awaitFile, create, entity } = await startPortal({
      processingSeconds: 1_800,
    });
    await awaitFile(
      `${PORTAL_URL}/api/git/payments/later/blob/main/catalog-info.yaml`,
    );
    const made = await create({ name: 'later', owner: 'payments' });
    expect(made).toMatchObject({ status: 'completed' });
    expect(await entity('component:default/later')).toBeDefined();
  });
});
