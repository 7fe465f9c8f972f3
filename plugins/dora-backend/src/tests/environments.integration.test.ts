import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import request from 'supertest';
import {
  component,
  deployed,
  incident,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const CHECKOUT = 'component:default/checkout';
const LEDGER = 'component:default/ledger';
const INES = 'user:default/ines.duarte';
const at = (day: number) => new Date(Date.UTC(2026, 4, day, 12)).toISOString();

describe('what a scope deploys to, and who may correct it', () => {
  let dora: RunningDora;

  const start = async (permission?: AuthorizeResult.DENY) => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [
        component('checkout', {}, [{ type: 'ownedBy', targetRef: INES }]),
        component('ledger'),
      ],
      permission,
    });
  };
  afterEach(async () => {
    await dora.stop();
  });

  it('is listed with tier, deployments and the last of them', async () => {
    await start();
    await dora.send([
      deployed(CHECKOUT, sha('a1'), at(1), { environment: 'prod-eu' }),
      deployed(CHECKOUT, sha('a1'), at(2), { environment: 'prod-us' }),
      deployed(CHECKOUT, sha('a2'), at(3), { environment: 'prod-us' }),
      deployed(CHECKOUT, sha('a2'), at(3), { environment: 'staging' }),
      deployed(LEDGER, sha('b1'), at(4), { environment: 'prod-eu' }),
      deployed(LEDGER, sha('b2'), at(5), {
        environment: 'qa',
        customData: { status: 'failure' },
      }),
    ]);
    await dora.settled();
    const { body } = await dora.get('/environments');
    expect(body).toEqual({
      definition: { version: 1 },
      sampleData: false,
      items: [
        {
          name: 'prod-eu',
          tier: 'production',
          services: 2,
          deployments: 2,
          lastDeploymentAt: at(4),
        },
        {
          name: 'prod-us',
          tier: 'production',
          services: 1,
          deployments: 2,
          lastDeploymentAt: at(3),
        },
        {
          name: 'staging',
          tier: 'staging',
          services: 1,
          deployments: 1,
          lastDeploymentAt: at(3),
        },
      ],
    });
    for (const { name, deployments } of body.items) {
      const { body: list } = await dora.get(
        `/deployments?environment=${name}&from=2026-01-01&to=2027-01-01`,
      );
      expect(list.totalItems).toBe(deployments);
    }
    const { body: own } = await dora.get(`/environments?entityRef=${LEDGER}`);
    expect(own.items).toMatchObject([{ name: 'prod-eu', deployments: 1 }]);
  });

  it('is answered for scopes that there are', async () => {
    await start();
    for (const [query, expected] of [
      ['?entityRef=component:default/nowhere', 404],
      ['?entityRef=user:default/ines.duarte', 400],
      ['?entityRef=', 400],
      ['', 200],
    ]) {
      const { status } = await dora.get(`/environments${query}`);
      expect([query, status]).toEqual([query, expected]);
    }
  });

  it('is kept from those without permission', async () => {
    await start(AuthorizeResult.DENY);
    expect((await dora.get('/environments')).status).toBe(403);
  });

  it('is said of every incident', async () => {
    await start();
    await dora.send([
      incident('detected', CHECKOUT, 'one', at(3)),
      incident('detected', LEDGER, 'two', at(2)),
    ]);
    await dora.settled();
    const { body } = await request(dora.server)
      .get('/api/dora/incidents?from=2026-05-01&to=2026-06-01')
      .set('authorization', mockCredentials.user.header(INES));
    expect(body.items).toMatchObject([
      { localId: 'one', permissions: { attribute: true } },
      { localId: 'two', permissions: { attribute: false } },
    ]);
  });
});
