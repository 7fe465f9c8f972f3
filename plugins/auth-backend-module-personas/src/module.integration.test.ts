import { Server } from 'node:http';
import {
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import authPlugin from '@backstage/plugin-auth-backend';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { decodeJwt } from 'jose';
import request from 'supertest';
import authModulePersonas from './index';

const entities = [
  {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: { name: 'ines.duarte', namespace: 'default' },
    spec: { memberOf: ['payments'] },
    relations: [{ type: 'memberOf', targetRef: 'group:default/payments' }],
  },
];

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

async function features(personas: unknown) {
  return [
    mockServices.database.factory({
      knex: await databases.init('POSTGRES_18'),
    }),
    authPlugin,
    authModulePersonas,
    catalogServiceMock.factory({ entities }),
    mockServices.rootConfig.factory({
      data: {
        app: { baseUrl: 'http://localhost:7007' },
        backend: {
          baseUrl: 'http://localhost:7007',
          listen: { host: '127.0.0.1', port: 0 },
        },
        auth: {
          keyStore: { provider: 'memory' },
          providers: personas ? { personas } : {},
        },
      },
    }),
  ];
}

const personas = {
  development: {
    dangerouslyAllowSignInWithoutCredentials: true,
    waitForPeopleSeconds: 0,
    people: [
      { userEntityRef: 'user:default/ines.duarte', name: 'Inês Duarte' },
      { userEntityRef: 'user:default/not.there', name: 'Not There' },
    ],
  },
};

describe('authModulePersonas', () => {
  let server: Server;

  beforeAll(async () => {
    ({ server } = await startTestBackend({
      features: await features(personas),
    }));
  });

  const signIn = (persona: string) =>
    request(server)
      .get('/api/auth/personas/refresh')
      .set('x-persona', persona)
      .set('x-requested-with', 'XMLHttpRequest');

  it('signs in as the catalog User, with the groups the catalog knows', async () => {
    const { status, body } = await signIn('user:default/ines.duarte');

    expect(status).toBe(200);
    expect(body.profile.displayName).toBe('Inês Duarte');
    expect(body.backstageIdentity.identity).toEqual({
      type: 'user',
      userEntityRef: 'user:default/ines.duarte',
      ownershipEntityRefs: [
        'user:default/ines.duarte',
        'group:default/payments',
      ],
    });
    expect(decodeJwt(body.backstageIdentity.token).sub).toBe(
      'user:default/ines.duarte',
    );
  });

  it('refuses people who are not on the list', async () => {
    const { status } = await signIn('user:default/priya.raman');
    expect(status).toBe(400);
  });

  it('refuses people who are on the list but not in the catalog', async () => {
    const { status } = await signIn('user:default/not.there');
    expect(status).toBe(404);
  });

  it('refuses a page of another site that points its name at this machine', async () => {
    const { status } = await signIn('user:default/ines.duarte').set(
      'host',
      'evil.example.com',
    );
    expect(status).toBe(403);
  });

  it('does not start when personas are configured without the flag', async () => {
    const unflagged = await features({
      development: { people: personas.development.people },
    });
    await expect(startTestBackend({ features: unflagged })).rejects.toThrow(
      /dangerouslyAllowSignInWithoutCredentials/,
    );
  });

  it('does not exist when personas are not configured', async () => {
    const other = await startTestBackend({
      features: await features(undefined),
    });
    const { status } = await request(other.server)
      .get('/api/auth/personas/refresh')
      .set('x-persona', 'user:default/ines.duarte');
    expect(status).toBe(404);
  });
});
