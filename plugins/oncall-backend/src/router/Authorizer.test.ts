import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { oncallScheduleReadPermission } from '@pavedroad/plugin-oncall-common';

import { Authorizer } from './Authorizer';

const authorizer = new Authorizer({
  auth: mockServices.auth(),
  httpAuth: mockServices.httpAuth(),
  permissions: mockServices.permissions.mock({
    authorize: async requests =>
      requests.map(() => ({ result: AuthorizeResult.ALLOW })),
  }),
  userInfo: mockServices.userInfo(),
  directory: {
    snapshot: async () => {
      throw new Error('nobody asks for it');
    },
  },
  // Only requests are looked at by it.
  privacy: {} as ConstructorParameters<typeof Authorizer>[0]['privacy'],
  administrators: ['user:default/admin'],
});
const require = (credentials: Parameters<Authorizer['requireOf']>[0]) =>
  authorizer.requireOf(credentials, oncallScheduleReadPermission);

describe('Authorizer', () => {
  it('takes a service for what it is, and nobody for a service', async () => {
    expect(
      await require(mockCredentials.service('plugin:scripts')),
    ).toMatchObject({ name: 'service:plugin:scripts', isUser: false });
    await expect(require(mockCredentials.none())).rejects.toThrow(
      'Only users and services',
    );
  });
});
