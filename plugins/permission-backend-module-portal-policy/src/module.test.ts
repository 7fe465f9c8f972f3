import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import permissionPlugin from '@backstage/plugin-permission-backend';
import request from 'supertest';
import permissionModulePortalPolicy from './index';

describe('permissionModulePortalPolicy', () => {
  it('decides for the permission back end', async () => {
    const { server } = await startTestBackend({
      features: [
        permissionPlugin,
        permissionModulePortalPolicy,
        mockServices.rootConfig.factory({
          data: {
            permission: { enabled: true },
            portal: { administrators: ['group:default/platform'] },
          },
        }),
        mockServices.userInfo.factory(),
      ],
    });

    const answer = await request(server)
      .post('/api/permission/authorize')
      .set('authorization', mockCredentials.user.header())
      .send({
        items: [
          {
            id: 'a',
            permission: {
              type: 'basic',
              name: 'catalog.entity.create',
              attributes: { action: 'create' },
            },
          },
          {
            id: 'b',
            permission: {
              type: 'basic',
              name: 'catalog.location.delete',
              attributes: { action: 'delete' },
            },
          },
        ],
      });

    expect(answer.status).toBe(200);
    expect(answer.body.items).toEqual([
      { id: 'a', result: 'ALLOW' },
      { id: 'b', result: 'DENY' },
    ]);
  });
});
