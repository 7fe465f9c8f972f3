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
    component('ledger', {
      'pagerduty.com/service-id': 'PLEDGER1, PLEDGER2',
      'opsgenie.com/component-selector': 'tag:"service:ledger" OR tag: books',
      'opsgenie.com/team': 'Payments',
    }),
    component('wallet', {
      'argocd/app-name': 'wallet-eu,wallet-us',
      'opsgenie.com/component-selector': 'tag:"service:wallet" AND tag:prod',
      'opsgenie.com/team': 'Payments',
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
    [{ aliases: ['pagerduty.com/service-id:PLEDGER2'] }, 'ledger'],
    [{ aliases: ['opsgenie.com/component-selector:service:ledger'] }, 'ledger'],
    [{ aliases: ['opsgenie.com/component-selector:books'] }, 'ledger'],
    [{ aliases: ['argocd/app-name:wallet-us'] }, 'wallet'],
    // What a tool calls it beats a component that happens to have that name.
    [
      { name: 'checkout', aliases: ['pagerduty.com/service-id:PLEDGER1'] },
      'ledger',
    ],
    // An alias that two components share names neither; what else is said decides.
    [{ name: 'wallet', aliases: ['opsgenie.com/team:Payments'] }, 'wallet'],
    [
      {
        aliases: ['opsgenie.com/team:Payments', 'argocd/app-name:wallet-eu'],
      },
      'wallet',
    ],
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
    [{ aliases: ['opsgenie.com/team:Payments'] }, 'ambiguous_alias'],
    [{ aliases: ['pagerduty.com/service-id:P0'] }, 'unknown_service'],
    // Both tags are asked for; one alone does not name the service.
    [
      { aliases: ['opsgenie.com/component-selector:service:wallet'] },
      'unknown_service',
    ],
    [{ aliases: ['constructor:x'] }, 'unknown_service'],
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
