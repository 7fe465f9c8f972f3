import { ApiBlueprint } from '@backstage/frontend-plugin-api';
import { createExtensionTester } from '@backstage/frontend-test-utils';
import type { ScaffolderApi } from '@backstage/plugin-scaffolder-common';
import { scaffolderApiExtension } from './scaffolderApi';

it('asks as Backstage does, and names the answers', async () => {
  const { factory } = createExtensionTester(scaffolderApiExtension).get(
    ApiBlueprint.dataRefs.factory,
  );
  const asked: string[] = [];
  const client = factory({
    discoveryApi: { getBaseUrl: async () => 'http://portal/api/scaffolder' },
    fetchApi: {
      fetch: async (address: string) => {
        asked.push(address);
        return Response.json({
          title: 'React web application',
          steps: [
            {
              title: 'More options',
              schema: { properties: { gitops: { type: 'boolean' } } },
            },
          ],
        });
      },
    },
    identityApi: { getCredentials: async () => ({}) },
    scmIntegrationsApi: {},
  }) as ScaffolderApi;
  await expect(
    client.getTemplateParameterSchema('template:default/react-web-app'),
  ).resolves.toMatchObject({
    steps: [
      { schema: { properties: { gitops: { enumNames: ['Yes', 'No'] } } } },
    ],
  });
  expect(asked).toEqual([
    expect.stringMatching(
      /templates\/default\/template\/react-web-app\/parameter-schema$/,
    ),
  ]);
});
