import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { ScopeResolver } from './ScopeResolver';

function entity(
  kind: string,
  name: string,
  relations: [string, string][] = [],
  annotations: Record<string, string> = {},
): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind,
    metadata: { name, namespace: 'default', annotations },
    spec: {},
    relations: relations.map(([type, targetRef]) => ({ type, targetRef })),
  };
}

const entities = [
  entity('Group', 'fernhill', [['parentOf', 'group:default/shopping']]),
  entity('Group', 'shopping', [
    ['parentOf', 'group:default/payments'],
    // A cycle, which a catalog may hold.
    ['parentOf', 'group:default/fernhill'],
  ]),
  entity('Group', 'payments'),
  entity('Group', 'warehouse'),
  entity('Domain', 'shop', [
    ['hasPart', 'system:default/store'],
    ['hasPart', 'domain:default/subshop'],
  ]),
  entity('Domain', 'subshop', [['hasPart', 'system:default/kiosk']]),
  entity('System', 'store', [['hasPart', 'component:default/cart']]),
  entity('System', 'kiosk'),
  entity('Template', 'typescript-service'),
  entity(
    'Component',
    'cart',
    [
      ['ownedBy', 'group:default/payments'],
      ['partOf', 'system:default/store'],
    ],
    { 'backstage.io/source-template': 'template:default/typescript-service' },
  ),
  entity('Component', 'till', [
    ['ownedBy', 'group:default/shopping'],
    ['partOf', 'system:default/kiosk'],
  ]),
  entity('Component', 'forklift', [['ownedBy', 'group:default/warehouse']]),
];

function resolver(visible: Entity[] = entities) {
  const catalog = catalogServiceMock({ entities: visible });
  return {
    catalog,
    scopes: ScopeResolver.create({ catalog, auth: mockServices.auth() }),
  };
}

describe('ScopeResolver', () => {
  it.each([
    ['component:default/cart', ['cart']],
    ['Component:Cart', ['cart']],
    ['system:default/store', ['cart']],
    ['domain:default/shop', ['cart', 'till']],
    ['domain:default/subshop', ['till']],
    ['group:default/payments', ['cart']],
    ['group:default/shopping', ['cart', 'till']],
    ['group:default/fernhill', ['cart', 'till']],
    ['template:default/typescript-service', ['cart']],
    [undefined, ['cart', 'forklift', 'till']],
  ])('finds the services of %s', async (ref, names) => {
    const { services } = await resolver().scopes.resolve(
      ref,
      mockCredentials.user(),
    );
    expect(services).toEqual(names.map(name => `component:default/${name}`));
  });

  it('knows nothing of what the catalog does not show', async () => {
    const { scopes } = resolver(
      entities.filter(({ metadata }) => metadata.name !== 'till'),
    );
    const { services } = await scopes.resolve(
      'group:default/fernhill',
      mockCredentials.user(),
    );
    expect(services).toEqual(['component:default/cart']);
    await expect(
      scopes.resolve('component:default/till', mockCredentials.user()),
    ).rejects.toThrow('The catalog has no component:default/till');
  });

  it('asks with the credentials of the asker, and keeps answers apart', async () => {
    const { catalog, scopes } = resolver();
    const asked = jest.spyOn(catalog, 'queryEntities');
    const ines = mockCredentials.user('user:default/ines');
    const marcus = mockCredentials.user('user:default/marcus');
    await scopes.resolve(undefined, ines);
    await scopes.resolve(undefined, ines);
    await scopes.resolve(undefined, marcus);
    expect(asked.mock.calls.map(([, options]) => options)).toEqual([
      { credentials: ines },
      { credentials: marcus },
    ]);
  });

  it.each(['', 'x', 'user:default/ines', 'a:b:c', '{}'])(
    'refuses %j',
    async ref => {
      await expect(
        resolver().scopes.resolve(ref, mockCredentials.user()),
      ).rejects.toMatchObject({ name: 'InputError' });
    },
  );
});
