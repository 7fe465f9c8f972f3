import { ServiceHint } from '@pavedroad/plugin-dora-common';
import { component } from '../__testUtils__/startDora';
import {
  normaliseRepository,
  serviceEntryOf,
  ServiceMapping,
} from './serviceMapping';

const mapping = ServiceMapping.create(
  [
    component('checkout', { 'pavedroad.dev/repository': 'payments/checkout' }),
    component('mono', { 'github.com/project-slug': 'acme/mono' }),
    component('mono-cart', {
      'github.com/project-slug': 'acme/mono',
      'pavedroad.dev/source-path': 'services/cart/',
    }),
    component('mono-cart-api', {
      'github.com/project-slug': 'acme/mono',
      'pavedroad.dev/source-path': './services/cart/api',
    }),
    component('left', { 'gitlab.com/project-slug': 'acme/twins' }),
    component('right', { 'gitlab.com/project-slug': 'acme/twins' }),
  ].flatMap(entity => serviceEntryOf(entity) ?? []),
  [
    { name: 'legacy-*', repository: 'old/*', entityRef: 'component:left' },
    { name: 'legacy-*', entityRef: 'checkout' },
    { name: 'gone', entityRef: 'component:default/not-there' },
  ],
);

describe('ServiceMapping', () => {
  it.each<[ServiceHint, string]>([
    [{ entityRef: 'component:default/checkout' }, 'checkout'],
    [{ entityRef: 'Component:Checkout' }, 'checkout'],
    [{ name: 'checkout' }, 'checkout'],
    [{ name: 'default/checkout' }, 'checkout'],
    [{ name: 'payments/checkout' }, 'checkout'],
    [{ repository: 'Payments/Checkout' }, 'checkout'],
    [{ repository: 'https://git.example/payments/checkout.git' }, 'checkout'],
    [{ repository: 'git@git.example:payments/checkout.git' }, 'checkout'],
    [
      { repository: 'http://localhost:7007/api/git/payments/checkout.git' },
      'checkout',
    ],
    [{ name: 'unheard-of', repository: 'payments/checkout' }, 'checkout'],
    [{ repository: 'acme/mono' }, 'mono'],
    [{ repository: 'acme/mono', path: 'README.md' }, 'mono'],
    [{ repository: 'acme/mono', path: 'services/cart' }, 'mono-cart'],
    [{ repository: 'acme/mono', path: 'services/cart/x.ts' }, 'mono-cart'],
    [{ repository: 'acme/mono', path: '/services/cart/api/' }, 'mono-cart-api'],
    [{ repository: 'acme/mono', path: 'services/cartography' }, 'mono'],
    [{ name: 'legacy-shop' }, 'checkout'],
    [{ name: 'legacy-shop', repository: 'old/shop' }, 'left'],
    [{ entityRef: 'legacy-shop' }, 'checkout'],
  ])('resolves %j to %s', (hint, name) => {
    expect(mapping.resolve(hint)).toEqual({
      entityRef: `component:default/${name}`,
    });
  });

  it.each<[ServiceHint, string]>([
    [{ name: 'unheard-of' }, 'unknown_service'],
    [{ entityRef: 'component:default/unheard-of' }, 'unknown_service'],
    [{ entityRef: 'api:default/checkout' }, 'unknown_service'],
    [
      { entityRef: 'component:x/y', repository: 'payments/checkout' },
      'unknown_service',
    ],
    [{ entityRef: ':::' }, 'unknown_service'],
    [{ name: 'gone' }, 'unknown_service'],
    [{ repository: 'acme/twins' }, 'ambiguous_repository'],
    [{}, 'unknown_service'],
  ])('leaves %j unresolved', (hint, unresolved) => {
    expect(mapping.resolve(hint)).toEqual({ unresolved });
  });

  it('tells which repositories are contested', () => {
    expect(mapping.contestedRepositories()).toEqual([
      {
        repository: 'acme/twins',
        entityRefs: ['component:default/left', 'component:default/right'],
      },
    ]);
  });

  it('reads nothing but components', () => {
    const api = { ...component('checkout'), kind: 'API' };
    expect(serviceEntryOf(api)).toBeUndefined();
  });

  it('normalises to the same text twice', () => {
    for (const text of ['https://a.b/C/D.git', '/c/d/', 'c/d']) {
      expect(normaliseRepository(text)).toBe('c/d');
      expect(normaliseRepository(normaliseRepository(text))).toBe('c/d');
    }
  });
});
