import { repositoryLinks } from './repositoryLinks';

const entity = (annotations: Record<string, string>) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'checkout', annotations },
});

it.each([
  [
    { 'pavedroad.dev/repository': 'payments/checkout' },
    '/git/payments/checkout/commits/abc',
    '/git/payments/checkout/pulls/7',
  ],
  [
    { 'github.com/project-slug': 'fernhill/checkout' },
    'https://github.com/fernhill/checkout/commit/abc',
    'https://github.com/fernhill/checkout/pull/7',
  ],
  [
    {
      'github.com/project-slug': 'fernhill/checkout',
      'backstage.io/source-location':
        'url:https://code.fernhill.example/fernhill/checkout/tree/main/',
    },
    'https://code.fernhill.example/fernhill/checkout/commit/abc',
    'https://code.fernhill.example/fernhill/checkout/pull/7',
  ],
  [
    { 'gitlab.com/project-slug': 'fernhill/shop/checkout' },
    'https://gitlab.com/fernhill/shop/checkout/-/commit/abc',
    'https://gitlab.com/fernhill/shop/checkout/-/merge_requests/7',
  ],
])('leads into the repository that %p names', (annotations, commit, pull) => {
  const links = repositoryLinks(entity(annotations as Record<string, string>));
  expect(links?.commit('abc')).toBe(commit);
  expect(links?.pullRequest(7)).toBe(pull);
});

it.each([{}, { 'github.com/project-slug': 'data:text/html,x' }])(
  'leads nowhere from %p',
  annotations => {
    expect(
      repositoryLinks(entity(annotations as Record<string, string>)),
    ).toBeUndefined();
  },
);
