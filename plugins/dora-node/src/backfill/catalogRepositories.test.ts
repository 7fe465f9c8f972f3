import { mockServices } from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { catalogRepositories } from './catalogRepositories';

const ANNOTATION = 'github.com/project-slug';

const component = (
  name: string,
  annotations: Record<string, string>,
  kind = 'Component',
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name, annotations },
});

const read = (entities: Entity[]) =>
  catalogRepositories({
    catalog: catalogServiceMock({ entities }),
    auth: mockServices.auth(),
    annotation: ANNOTATION,
    hosts: ['github.com', 'git.acme.example'],
  });

describe('catalogRepositories', () => {
  it('finds each repository once, and whether services share it', async () => {
    expect(
      await read([
        component('shop', { [ANNOTATION]: 'acme/shop' }),
        component('cart', {
          [ANNOTATION]: 'Acme/mono',
          'pavedroad.dev/source-path': 'services/cart',
        }),
        component('till', { [ANNOTATION]: 'acme/mono' }),
        component('none', {}),
        component('api', { [ANNOTATION]: 'acme/api' }, 'API'),
      ]),
    ).toEqual([
      { slug: 'acme/mono', host: 'github.com', monorepo: true },
      { slug: 'acme/shop', host: 'github.com', monorepo: false },
    ]);
  });

  it('knows the host by where the source lies', async () => {
    expect(
      await read([
        component('shop', {
          [ANNOTATION]: 'acme/shop',
          'backstage.io/source-location':
            'url:https://git.acme.example/acme/shop/',
        }),
        component('cart', {
          [ANNOTATION]: 'acme/cart',
          'backstage.io/source-location': 'url:https://evil.example/acme/cart/',
        }),
      ]),
    ).toEqual([
      { slug: 'acme/shop', host: 'git.acme.example', monorepo: false },
      { slug: 'acme/cart', host: 'github.com', monorepo: false },
    ]);
  });

  it.each(['acme', '../../user', 'acme/..', 'acme/shop?x=1', 'acme/%2e%2e'])(
    'leaves out %s, which would lead elsewhere',
    async slug => {
      expect(await read([component('shop', { [ANNOTATION]: slug })])).toEqual(
        [],
      );
    },
  );
});
