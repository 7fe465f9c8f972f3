import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { createFetchTemplateAction } from '@backstage/plugin-scaffolder-backend';
import { type Preview } from '@pavedroad/plugin-golden-paths-common';
import {
  createRenderer,
  digestFiles,
  templateOf,
} from '@pavedroad/plugin-golden-paths-node';
import request from 'supertest';
import {
  INES,
  PORTAL_URL,
  templateEntity,
  TEMPLATES,
  templatesReader,
} from './__testUtils__/portal';
import goldenPathsPlugin from './index';

jest.setTimeout(120_000);

const answers = {
  name: 'ledger',
  owner: 'group:default/payments',
  description: 'Keeps "balances" & more',
};

let work: string;
let entities: Entity[];
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'golden-paths-backend-'));
  entities = [
    await templateEntity('typescript-service'),
    {
      apiVersion: 'scaffolder.backstage.io/v1beta3',
      kind: 'Template',
      metadata: {
        name: 'with-secret',
        namespace: 'default',
        annotations: {
          'backstage.io/source-location': `url:${PORTAL_URL}/secret/`,
        },
      },
      spec: {
        type: 'service',
        parameters: {
          required: ['name', 'token'],
          properties: {
            name: { type: 'string', maxLength: 200 },
            token: { type: 'string', 'ui:field': 'Secret' },
            files: { type: 'null', 'ui:field': 'PavedRoadPreview' },
          },
        },
        steps: [
          {
            id: 'fetch',
            action: 'fetch:template',
            input: {
              url: './skeleton',
              values: {
                name: '${{ parameters.name }}',
                token: '${{ parameters.token }}',
              },
            },
          },
          { id: 'odd', name: 'Do more', action: 'acme:more', input: {} },
        ],
      },
    },
  ];
});
afterAll(() => rm(work, { recursive: true, force: true }));

async function start(options: { deny?: string; config?: object } = {}) {
  const { deny } = options;
  const skeleton = await mkdtemp(join(work, 'secret-'));
  await writeFile(join(skeleton, 'template.yaml'), 'x');
  await mkdir(join(skeleton, 'skeleton'));
  await writeFile(
    join(skeleton, 'skeleton/name.txt'),
    '${{ values.name }} ${{ values.token }}\n',
  );
  const { server } = await startTestBackend({
    features: [
      goldenPathsPlugin,
      catalogServiceMock.factory({ entities }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: PORTAL_URL },
          backend: {
            baseUrl: PORTAL_URL,
            workingDirectory: work,
            listen: { port: 0, host: '127.0.0.1' },
          },
          ...options.config,
        },
      }),
      mockServices.permissions.mock({
        authorize: async requests =>
          requests.map(({ permission }) => ({
            result:
              permission.name === deny
                ? AuthorizeResult.DENY
                : AuthorizeResult.ALLOW,
          })),
        authorizeConditional: async requests =>
          requests.map(({ permission }) => ({
            result:
              permission.name === deny
                ? AuthorizeResult.DENY
                : AuthorizeResult.ALLOW,
          })),
      }).factory,
      createServiceFactory({
        service: coreServices.urlReader,
        deps: {},
        factory: () => templatesReader({ [`${PORTAL_URL}/secret`]: skeleton }),
      }),
    ],
  });
  const ask = (body: object, header = mockCredentials.user.header(INES)) =>
    request(server)
      .post('/api/golden-paths/preview')
      .set('authorization', header)
      .send(body);
  return { server, ask };
}

describe('POST /preview', () => {
  it('answers to the byte what the proof renders, with whose each file is, and leaves nothing behind', async () => {
    const { ask } = await start();
    const response = await ask({
      templateRef: 'template:default/typescript-service',
      values: { ...answers, ci: 'github' },
    });
    expect(response.status).toBe(200);
    const preview = response.body as Preview;

    const folder = await mkdtemp(join(work, 'proof-'));
    await createRenderer({ createFetchTemplateAction })(
      templateOf(entities[0], join(TEMPLATES, 'typescript-service')),
      { ...answers, ci: 'github' },
      folder,
      { portalUrl: PORTAL_URL },
    );
    const proved = await digestFiles(folder);
    expect(preview.files.map(({ path }) => path)).toEqual(
      proved.map(({ path }) => path),
    );
    for (const file of preview.files) {
      expect([file.path, file.contents]).toEqual([
        file.path,
        await readFile(join(folder, file.path), 'utf8'),
      ]);
    }
    expect(
      Object.fromEntries(preview.files.map(f => [f.path, f.ownership])),
    ).toMatchObject({
      'ci/lint.sh': 'managed',
      'src/main.ts': 'seed',
      Dockerfile: 'merged',
    });
    expect(preview).toMatchObject({
      templateRef: 'template:default/typescript-service',
      makes: 'repository',
      bytes: preview.files.reduce((sum, { bytes }) => sum + bytes, 0),
      notes: [],
    });
    expect(preview.later.map(({ words }) => words)).toEqual([
      'Creates the repository and pushes these files to it',
      'Puts it into the catalog',
      'Gives its pipeline a credential to report deployments with, or says how to where the portal does not reach the CI system',
    ]);
    const left = (await readdir(work)).filter(n => n.startsWith('golden-'));
    expect(await readdir(join(work, left[0], 'work'))).toEqual([]);
  });

  it('keeps secrets out of files, masks what stands for them, and says which steps it cannot show', async () => {
    const { ask } = await start();
    const { status, body, text } = await ask({
      templateRef: 'with-secret',
      values: { name: 'x', token: 'hunter2-hunter2', files: 'nonsense' },
    });
    expect(status).toBe(200);
    expect(text).not.toContain('hunter2');
    expect(body.files[0].contents).toBe('x ********\n');
    expect(body.notes).toEqual([
      '“Do more” (acme:more) runs only when it is created; what it writes is not shown.',
    ]);
  });

  it.each([
    '${{ 7 * 7 }}',
    '{% raw %}',
    '$(touch /tmp/x)`id`',
    '../../etc/passwd',
    '"\n- x: y',
    '日本語 and <script>alert(1)</script>',
  ])('shows %j as what it is', async hostile => {
    const { ask } = await start();
    const { status, body } = await ask({
      templateRef: 'with-secret',
      values: { name: hostile, token: 'x' },
    });
    expect(status).toBe(200);
    expect(body.files[0].contents).toBe(`${hostile} ********\n`);
  });

  it.each<[string, object, number, RegExp]>([
    ['no answers', {}, 400, /required property 'name'/],
    [
      'a name the form refuses',
      { ...answers, name: '-rf /' },
      400,
      /"name" must match pattern/,
    ],
    ['a question nobody asks', { ...answers, evil: 1 }, 400, /"evil" is not/],
    ['a tier there is not', { ...answers, tier: 7 }, 400, /"tier" must be/],
  ])('refuses %s in words', async (_, values, status, message) => {
    const { ask } = await start();
    const response = await ask({
      templateRef: 'template:default/typescript-service',
      values,
    });
    expect(response.status).toBe(status);
    expect(response.body.error.message).toMatch(message);
  });

  it.each<[string, object, number, RegExp]>([
    ['no template', { values: {} }, 400, /templateRef/],
    ['answers that are none', { templateRef: 'x', values: [] }, 400, /values/],
    [
      'what is no template',
      { templateRef: 'component:default/x', values: {} },
      400,
      /names no template/,
    ],
    [
      'a template that is not there',
      { templateRef: 'template:default/gone', values: {} },
      404,
      /no template:default\/gone/,
    ],
    [
      'too much',
      { templateRef: 'x', values: { x: 'y'.repeat(300_000) } },
      413,
      /too large/,
    ],
  ])('refuses %s', async (_, body, status, message) => {
    const { ask } = await start();
    const response = await ask(body);
    expect(response.status).toBe(status);
    expect(response.body.error.message).toMatch(message);
  });

  it('is for people who are signed in', async () => {
    const { ask } = await start();
    const body = { templateRef: 'with-secret', values: {} };
    expect((await ask(body, mockCredentials.none.header())).status).toBe(401);
    expect((await ask(body, mockCredentials.service.header())).status).toBe(
      403,
    );
  });

  it.each([
    'scaffolder.task.create',
    'scaffolder.template.parameter.read',
    'scaffolder.template.step.read',
  ])('is refused to who may not: %s', async deny => {
    const { ask } = await start({ deny });
    const { status } = await ask({
      templateRef: 'with-secret',
      values: { name: 'x', token: 'y' },
    });
    expect(status).toBe(403);
  });

  it('is bounded for each person', async () => {
    const { ask } = await start({
      config: { goldenPaths: { preview: { requestsPerMinute: 1 } } },
    });
    const body = {
      templateRef: 'with-secret',
      values: { name: 'x', token: 'y' },
    };
    expect((await ask(body)).status).toBe(200);
    const second = await ask(body);
    expect(second.status).toBe(429);
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('says what it serves', async () => {
    const { server } = await start();
    const { body } = await request(server)
      .get('/api/golden-paths/openapi.json')
      .set('authorization', `Bearer ${mockCredentials.user.token(INES)}`);
    expect(Object.keys(body.paths)).toEqual(['/preview']);
    expect(
      body.paths['/preview'].post.requestBody.content['application/json'].schema
        .required,
    ).toEqual(['templateRef', 'values']);
  });
});
