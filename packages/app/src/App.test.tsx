import fs from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '@backstage/config';
import { createApp } from '@backstage/frontend-defaults';
import { OverridableFrontendPlugin } from '@backstage/frontend-plugin-api';
import { SignalClient } from '@backstage/plugin-signals';
import { JsonObject } from '@backstage/types';
import doraPlugin from '@pavedroad/plugin-dora';
import gitPlugin from '@pavedroad/plugin-git';
import goldenPathsPlugin from '@pavedroad/plugin-golden-paths';
import oncallPlugin from '@pavedroad/plugin-oncall';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { parse } from 'yaml';
import { portalFeatures } from './features';

const ROOT = path.resolve(__dirname, '../../..');

/** What each plugin of this repository must bring; a plugin that contributes nothing starts without an error. */
const OWN_PLUGINS: Array<[string, OverridableFrontendPlugin, string[]]> = [
  [
    'dora',
    doraPlugin,
    [
      'api:dora',
      'page:dora',
      'entity-content:dora/delivery',
      'home-page-widget:dora/delivery',
    ],
  ],
  [
    'oncall',
    oncallPlugin,
    [
      'api:oncall',
      'page:oncall',
      'entity-card:oncall/now',
      'home-page-widget:oncall/mine',
    ],
  ],
  ['git', gitPlugin, ['api:git', 'page:git', 'entity-card:git/repository']],
  [
    'golden-paths',
    goldenPathsPlugin,
    [
      'scaffolder-form-field:golden-paths/name',
      'scaffolder-form-field:golden-paths/owner',
      'entity-card:golden-paths/golden-path',
    ],
  ],
];

describe.each(OWN_PLUGINS)('plugin %s', (id, plugin, extensions) => {
  it('has its extensions', () => {
    for (const extension of extensions) {
      expect(plugin.getExtension(extension)).toBeDefined();
    }
  });

  it('is a dependency of the app, which is how it is found', () => {
    const { dependencies } = JSON.parse(
      fs.readFileSync(path.join(ROOT, 'packages/app/package.json'), 'utf8'),
    );
    expect(dependencies).toHaveProperty(`@pavedroad/plugin-${id}`);
  });
});

function readManifest(name: string) {
  const file = ['packages/app/node_modules', 'node_modules']
    .map(folder => path.join(ROOT, folder, name, 'package.json'))
    .find(candidate => fs.existsSync(candidate));
  return JSON.parse(fs.readFileSync(file ?? '', 'utf8'));
}

/** Does what the bundler does for `app.packages: all`. */
function discoverPlugins() {
  const { dependencies } = JSON.parse(
    fs.readFileSync(path.join(ROOT, 'packages/app/package.json'), 'utf8'),
  ) as { dependencies: Record<string, string> };
  return Object.keys(dependencies).flatMap(name => {
    const manifest = readManifest(name);
    const role = manifest.backstage?.role;
    if (role !== 'frontend-plugin' && role !== 'frontend-plugin-module') {
      return [];
    }
    const entries = manifest.exports?.['./alpha'] ? ['', '/alpha'] : [''];
    return entries.map(entry => ({
      name,
      default: jest.requireActual(`${name}${entry}`).default,
    }));
  });
}

function token() {
  const part = (content: object) =>
    Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({
    sub: 'user:default/ines.duarte',
    exp: Math.floor(Date.now() / 1000) + 3600,
  })}.x`;
}

const answers: Record<string, unknown> = {
  '/api/auth/personas/refresh': {
    profile: { displayName: 'Inês Duarte' },
    providerInfo: {},
    backstageIdentity: {
      token: token(),
      identity: {
        type: 'user',
        userEntityRef: 'user:default/ines.duarte',
        ownershipEntityRefs: [
          'user:default/ines.duarte',
          'group:default/payments',
        ],
      },
    },
  },
  '/api/catalog/entities/by-refs': {
    items: [
      {
        kind: 'User',
        metadata: { name: 'ines.duarte', namespace: 'default' },
        spec: { profile: { displayName: 'Inês Duarte' } },
      },
      {
        kind: 'Group',
        metadata: { name: 'payments', namespace: 'default' },
        spec: { type: 'team' },
      },
    ],
  },
};

function appWith(config: JsonObject) {
  const shared = parse(
    fs.readFileSync(path.join(ROOT, 'app-config.yaml'), 'utf8'),
  );
  return createApp({
    features: portalFeatures,
    advanced: {
      configLoader: async () => ({
        config: new ConfigReader({
          app: { ...shared.app, baseUrl: 'http://localhost' },
          backend: { baseUrl: 'http://localhost' },
          permission: { enabled: false },
          ...config,
        }),
      }),
    },
  }).createRoot();
}

const personas = {
  auth: {
    providers: {
      personas: {
        development: {
          people: [
            {
              userEntityRef: 'user:default/ines.duarte',
              name: 'Inês Duarte',
              role: 'Developer',
            },
            { userEntityRef: 'user:default/priya.raman', name: 'Priya Raman' },
          ],
        },
      },
    },
  },
};

describe('the app', () => {
  const requests: Request[] = [];

  beforeAll(() => {
    Object.assign(window, {
      '__@backstage/discovered__': { modules: discoverPlugins() },
      matchMedia: (query: string) => ({
        matches: false,
        media: query,
        addListener: () => undefined,
        removeListener: () => undefined,
        addEventListener: () => undefined,
        removeEventListener: () => undefined,
      }),
    });
  }, 120_000);

  beforeEach(() => {
    window.localStorage.clear();
    window.history.replaceState(undefined, '', '/');
    requests.length = 0;
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    jest.spyOn(global, 'fetch').mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      requests.push(request);
      const { pathname } = new URL(request.url);
      if (pathname.startsWith('/api/user-settings/')) {
        return request.method === 'GET'
          ? Response.json({ error: { message: 'Not set' } }, { status: 404 })
          : Response.json(await request.json());
      }
      const answer = answers[pathname];
      return answer
        ? Response.json(answer)
        : Response.json({ error: { message: 'Not here' } }, { status: 404 });
    });
  });

  it('signs in as the chosen person and shows the way around', async () => {
    const connect = jest.spyOn(SignalClient, 'create');
    render(appWith(personas));

    await userEvent.click(
      await screen.findByRole(
        'button',
        { name: 'Sign in as Inês Duarte' },
        { timeout: 30_000 },
      ),
    );

    expect(
      await screen.findByRole(
        'heading',
        { level: 1, name: 'Welcome, Inês Duarte' },
        { timeout: 30_000 },
      ),
    ).toBeInTheDocument();
    expect(
      requests
        .find(({ url }) => url.endsWith('/personas/refresh'))
        ?.headers.get('x-persona'),
    ).toBe('user:default/ines.duarte');
    expect(window.localStorage.getItem('pavedroad.persona')).toBe(
      'user:default/ines.duarte',
    );

    const nav = screen.getAllByRole('navigation')[0];
    const links = within(nav)
      .getAllByRole('link')
      .map(link => [
        link.getAttribute('aria-label') ?? link.textContent,
        new URL(link.getAttribute('href') ?? '', 'http://localhost').pathname,
      ]);
    expect(links).toEqual([
      ['Paved Road, home', '/'],
      ['Search', '/search'],
      ['Home', '/'],
      ['Catalog', '/catalog'],
      ['Create', '/create'],
      ['Delivery', '/delivery'],
      ['On call', '/on-call'],
      ['Repositories', '/git'],
      ['APIs', '/api-docs'],
      ['Docs', '/docs'],
      ['Notifications', '/notifications'],
      ['Settings', '/settings'],
    ]);
    expect(
      within(nav).getByRole('button', { name: 'Switch person' }),
    ).toBeInTheDocument();
    // The patient client is the one that is used.
    expect(connect.mock.calls).toEqual([
      [expect.objectContaining({ connectTimeout: 20_000 })],
    ]);
  }, 90_000);

  it('says why signing in did not work, and lets the person choose again', async () => {
    window.localStorage.setItem(
      'pavedroad.persona',
      'user:default/priya.raman',
    );
    jest
      .mocked(global.fetch)
      .mockImplementation(async () =>
        Response.json(
          { error: { name: 'NotFoundError', message: 'User not found' } },
          { status: 404 },
        ),
      );
    render(appWith(personas));
    expect(
      await screen.findByRole('alert', {}, { timeout: 30_000 }),
    ).toHaveTextContent(/Signing in did not work/);
    expect(
      screen.getByRole('button', { name: 'Sign in as Inês Duarte' }),
    ).toBeEnabled();
  }, 60_000);

  it('offers the configured providers, and nobody to be, where there are no personas', async () => {
    render(
      appWith({
        portal: {
          signIn: {
            providers: [
              { id: 'github', title: 'GitHub', message: 'With GitHub' },
              { id: 'gitlab', title: 'GitLab', message: 'With GitLab' },
            ],
          },
        },
      }),
    );
    expect(
      await screen.findByText('With GitHub', {}, { timeout: 30_000 }),
    ).toBeInTheDocument();
    expect(screen.getByText('With GitLab')).toBeInTheDocument();
    expect(screen.queryByText(/Sign in as/)).not.toBeInTheDocument();
  }, 60_000);

  it('says so when there is no way to sign in', async () => {
    render(appWith({}));
    expect(
      await screen.findByText(
        'No way to sign in is set up',
        {},
        { timeout: 30_000 },
      ),
    ).toBeInTheDocument();
  }, 60_000);
});
