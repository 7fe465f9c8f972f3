import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import jenkins from '@pavedroad/plugin-dora-backend-module-jenkins';
import { Knex } from 'knex';
import request from 'supertest';
import { component, RunningDora, startDora } from '../__testUtils__/startDora';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const fixture = (name: string) =>
  readFileSync(
    join(
      resolvePackagePath(
        '@pavedroad/plugin-dora-backend-module-jenkins',
        'src/__fixtures__',
      ),
      `${name}.txt`,
    ),
  );
const BASIC = `Basic ${Buffer.from('jenkins:secret').toString('base64')}`;

describe('Jenkins', () => {
  let knex: Knex;
  let dora: RunningDora;

  const start = (version: string) =>
    startDora({
      knex,
      entities: [component('checkout')],
      features: [jenkins],
      config: {
        dora: {
          jenkins: {
            token: 'secret',
            deployments: [
              {
                job: 'payments/deploy-(?<service>[a-z]+)-(?<environment>[a-z]+)',
                artifact: `pkg:oci/{service}@${version}`,
              },
            ],
          },
        },
      },
    });
  const hook = (name: string, authorization?: string) =>
    request(dora.server)
      .post('/api/dora/webhooks/jenkins')
      .set('content-type', 'application/json')
      .set(authorization ? { authorization } : {})
      .serialize(raw => raw)
      .send(fixture(name));
  const deployments = async () => {
    await dora.settled();
    const { body } = await dora.get(
      '/deployments?entityRef=component:default/checkout&from=2026-05-01&to=2026-05-02',
    );
    return body.items as Record<string, unknown>[];
  };

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await start('{parameter.VERSION}');
  });
  afterAll(async () => {
    await dora?.stop();
  });

  it('is asked for the credentials that its sink gives only when asked', async () => {
    const asked = await hook('pipelinerun-finished');
    expect(asked.status).toBe(401);
    expect(asked.headers['www-authenticate']).toMatch(/^Basic realm=/);
    expect((await hook('pipelinerun-finished', 'Bearer no')).status).toBe(401);
    expect(await deployments()).toEqual([]);
  });

  it.each([
    ['pipelinerun-queued', BASIC, 'ignored'],
    ['pipelinerun-started', BASIC, 'accepted'],
    ['taskrun-finished', BASIC, 'ignored'],
    ['pipelinerun-finished', 'Bearer secret', 'accepted'],
    ['pipelinerun-finished', BASIC, 'duplicate'],
  ])('has %s with %s taken as %s', async (name, authorization, status) => {
    const response = await hook(name, authorization);
    expect(response.status).toBe(202);
    // The sink reads the answer as a JSON object.
    expect(response.body.results).toMatchObject([{ status }]);
  });

  it('deploys once, also when its event comes as a plain CDEvent', async () => {
    const [deployment, ...others] = await deployments();
    expect(others).toEqual([]);
    expect(deployment).toMatchObject({
      finishedAt: '2026-05-01T12:00:07.123Z',
      source: 'jenkins',
      url: expect.stringContaining('https://jenkins.fernhill.example/job/'),
    });
    const { record } = await knex('inbox')
      .where('type', 'like', '%pipelinerun.finished%')
      .first();
    const { data, time, type } = JSON.parse(record);
    const plain = await dora.post(
      JSON.stringify([
        {
          specversion: '1.0',
          id: 'relayed',
          source: 'job/payments/job/deploy-checkout-production/42/',
          type,
          time,
          data,
        },
      ]),
    );
    expect(plain.body.results).toMatchObject([{ status: 'accepted' }]);
    expect(await deployments()).toEqual([deployment]);
  });

  it('is read anew when the settings change', async () => {
    const before = await knex('domain_event').select('body');
    expect(JSON.stringify(before)).toContain('pkg:oci/checkout@2.3.1');
    await dora.stop();
    dora = await start('build-{number}');
    await deployments();
    const after = JSON.stringify(await knex('domain_event').select('body'));
    expect(after).toContain('pkg:oci/checkout@build-42');
    expect(after).not.toContain('pkg:oci/checkout@2.3.1');
  });
});
