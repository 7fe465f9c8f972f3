import { mockCredentials } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { ScmIntegrations } from '@backstage/integration';
import { GithubHost } from './GithubHost';
import { GitlabHost } from './GitlabHost';
import { confineSlug } from './request';
import type { RepositoryHost } from './types';

const integrations = ScmIntegrations.fromConfig(
  new ConfigReader({
    integrations: {
      github: [{ host: 'github.com', token: 'portal' }],
      gitlab: [{ host: 'gitlab.com', token: 'portal' }],
    },
  }),
);

const credentials = mockCredentials.user();

const hosts: RepositoryHost[] = [
  new GithubHost({
    integrations,
    host: 'github.com',
    owner: 'fernhill',
    visibility: 'private',
  }),
  new GitlabHost({
    integrations,
    host: 'gitlab.com',
    group: 'fernhill',
    visibility: 'private',
  }),
];

describe.each(hosts)('$provider', host => {
  const request = jest.spyOn(global, 'fetch');
  afterAll(() => request.mockRestore());

  it.each([
    ['looks at', (slug: string) => host.describe(slug, credentials)],
    [
      'creates',
      (slug: string) =>
        host.create(slug, { defaultBranch: 'main' }, credentials),
    ],
    ['removes', (slug: string) => host.remove(slug, credentials)],
    ['pushes to', (slug: string) => host.pushAccess(slug, credentials)],
    [
      'gives secrets to',
      async (slug: string) => host.setPipelineSecret?.(slug, 'TOKEN', 'x'),
    ],
  ])('%s nothing of another owner', async (_what, call) => {
    request.mockImplementation(async () => Response.json({ id: 1 }));
    await expect(call('others/ledger')).rejects.toThrow(
      /publishes to fernhill only/,
    );
    for (const [url] of request.mock.calls) {
      expect(String(url)).not.toContain('others');
    }
  });
});

it.each([
  'fernhill',
  'fernhill/',
  'fernhill/..',
  'fernhill/a/b',
  'fernhillx/a',
])('refuses %s', slug => {
  expect(() => confineSlug(slug, 'fernhill')).toThrow(
    expect.objectContaining({ name: 'NotAllowedError' }),
  );
});

it('takes a repository of the owner, and of a group in a group', () => {
  expect(confineSlug('fernhill/ledger', 'fernhill')).toBe('fernhill/ledger');
  expect(confineSlug('a/b/ledger', 'a/b')).toBe('a/b/ledger');
});
