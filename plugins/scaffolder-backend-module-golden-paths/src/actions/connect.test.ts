import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { ScmIntegrations } from '@backstage/integration';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import sodium from 'libsodium-wrappers';
import { createTestContext } from '../__testUtils__/context';
import { type FakeJenkins, startFakeJenkins } from '../__testUtils__/jenkins';
import { CancellationGuard } from '../lib/cancellation';
import { readEffects } from '../lib/effects';
import { GithubHost } from '../hosts/GithubHost';
import { GitlabHost } from '../hosts/GitlabHost';
import { JenkinsSecrets } from '../hosts/JenkinsSecrets';
import type { RepositoryHost } from '../hosts/types';
import { createConnectAction } from './connect';
import { createUndoAction } from './undo';

const directory = createMockDirectory();
const REF = 'component:default/ledger';

type KeyPair = { publicKey: Uint8Array; privateKey: Uint8Array };

/** Delivery metrics and a git host as HTTP servers; they note what they were asked. */
const world = {
  url: '',
  requests: [] as { route: string; body: Record<string, unknown> }[],
  valid: new Set<string>(),
  made: 0,
  failing: undefined as RegExp | undefined,
  known: false,
  keys: undefined as KeyPair | undefined,
};

function answer(
  route: string,
  body: Record<string, unknown>,
): [number, unknown] {
  if (world.failing?.test(route)) {
    return [403, { error: { name: 'NotAllowedError', message: 'no' } }];
  }
  if (route === 'POST /api/dora/reporting-credentials') {
    world.made += 1;
    const id = `id-${world.made}`;
    world.valid.add(id);
    return [
      201,
      {
        ...body,
        id,
        token: `pvr_${id}`,
        createdBy: 'user:default/ines.duarte',
        createdAt: new Date().toISOString(),
      },
    ];
  }
  const revoked = /^DELETE \/api\/dora\/reporting-credentials\/(.+)$/.exec(
    route,
  );
  if (revoked) {
    return world.valid.delete(revoked[1]) ? [200, {}] : [404, {}];
  }
  if (route.endsWith('/actions/secrets/public-key')) {
    return [
      200,
      {
        key_id: '568250167242549743',
        key: sodium.to_base64(
          (world.keys as KeyPair).publicKey,
          sodium.base64_variants.ORIGINAL,
        ),
      },
    ];
  }
  if (/^GET .*\/variables\//.test(route)) {
    return world.known ? [200, { key: 'PORTAL_TOKEN' }] : [404, {}];
  }
  return [201, {}];
}

let server: Server;

beforeAll(async () => {
  await sodium.ready;
  world.keys = sodium.crypto_box_keypair();
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    const body = text ? JSON.parse(text) : {};
    const route = `${request.method} ${request.url}`;
    world.requests.push({ route, body });
    const [status, value] = answer(route, body);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  });
  await new Promise<void>(done => {
    server.listen(0, '127.0.0.1', done);
  });
  world.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

beforeEach(() => {
  directory.clear();
  Object.assign(world, {
    requests: [],
    valid: new Set(),
    made: 0,
    failing: undefined,
    known: false,
  });
});

const hosts: Record<string, () => RepositoryHost> = {
  github: () =>
    new GithubHost({
      integrations: ScmIntegrations.fromConfig(
        new ConfigReader({
          integrations: {
            github: [
              { host: 'github.test', apiBaseUrl: world.url, token: 't' },
            ],
          },
        }),
      ),
      host: 'github.test',
      owner: 'fernhill',
      visibility: 'private',
    }),
  gitlab: () =>
    new GitlabHost({
      integrations: ScmIntegrations.fromConfig(
        new ConfigReader({
          integrations: {
            gitlab: [
              {
                host: 'gitlab.test',
                apiBaseUrl: world.url,
                baseUrl: world.url,
                token: 't',
              },
            ],
          },
        }),
      ),
      host: 'gitlab.test',
      group: 'fernhill',
      visibility: 'private',
    }),
  git: () =>
    ({
      provider: 'git',
      addresses: async (slug: string) => ({
        cloneUrl: `https://portal.example/api/git/${slug}.git`,
        repositoryUrl: `https://portal.example/git/${slug}`,
      }),
    } as unknown as RepositoryHost),
};

/** Where each host has the file that the entity was registered from. */
const from: Record<string, (slug: string) => string> = {
  github: slug => `http://github.test/${slug}/blob/main/catalog-info.yaml`,
  gitlab: slug => `${world.url}/${slug}/-/blob/main/catalog-info.yaml`,
  git: slug =>
    `https://portal.example/api/git/${slug}/blob/main/catalog-info.yaml`,
};

function setup(
  provider: string,
  ci = provider,
  extra: object = {},
  registered = 'fernhill/ledger',
  jenkins?: JenkinsSecrets,
) {
  const auditor = mockServices.auditor.mock();
  auditor.createEvent.mockResolvedValue({
    success: async () => undefined,
    fail: async () => undefined,
  });
  const catalog = catalogServiceMock.mock();
  catalog.getEntityByRef.mockResolvedValue({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: 'ledger',
      annotations: {
        'backstage.io/managed-by-location': `url:${from[provider](registered)}`,
        // What a file says of itself proves nothing.
        'backstage.io/source-location': `url:${from[provider](
          'fernhill/ledger',
        )}`,
      },
    },
  });
  const services = {
    auditor,
    auth: mockServices.auth(),
    catalog,
    config: mockServices.rootConfig({
      data: { app: { baseUrl: 'https://portal.example' } },
    }),
    discovery: mockServices.discovery.mock({
      getBaseUrl: async plugin => `${world.url}/api/${plugin}`,
    }),
    host: hosts[provider](),
    jenkins,
  };
  const test = createTestContext({
    workspacePath: directory.path,
    input: { entityRef: REF, repository: 'fernhill/ledger', ci },
    ...extra,
  });
  return {
    ...test,
    run: () =>
      createConnectAction(services, new CancellationGuard(services)).handler(
        test.context,
      ),
    undo: () => createUndoAction(services).handler(test.context),
  };
}

const sent = (pattern: RegExp) =>
  world.requests.filter(({ route }) => pattern.test(route));

describe('pavedroad:connect', () => {
  it('gives GitHub Actions a secret that only GitHub can read', async () => {
    const { run, outputs, log } = setup('github');
    await run();
    const [{ route, body }] = sent(/^PUT/);
    expect(route).toBe(
      'PUT /repos/fernhill/ledger/actions/secrets/PORTAL_TOKEN',
    );
    const { publicKey, privateKey } = world.keys as KeyPair;
    expect(
      sodium.to_string(
        sodium.crypto_box_seal_open(
          sodium.from_base64(
            String(body.encrypted_value),
            sodium.base64_variants.ORIGINAL,
          ),
          publicKey,
          privateKey,
        ),
      ),
    ).toBe('pvr_id-1');
    expect(sent(/^POST/)[0].body).toEqual({
      entityRef: REF,
      label: 'GitHub Actions of fernhill/ledger',
    });
    expect(outputs.delivered).toBe(true);
    expect(JSON.stringify([outputs, log])).not.toContain('pvr_');
  });

  it.each([
    [false, /^POST \/projects\/fernhill%2Fledger\/variables$/],
    [true, /^PUT \/projects\/fernhill%2Fledger\/variables\/PORTAL_TOKEN$/],
  ])(
    'gives GitLab a masked and protected variable (there already: %s)',
    async (known, route) => {
      world.known = known;
      await setup('gitlab').run();
      expect(sent(route)[0].body).toEqual({
        key: 'PORTAL_TOKEN',
        value: 'pvr_id-1',
        masked: true,
        protected: true,
        raw: true,
      });
    },
  );

  it.each([
    ['git', 'gitlab', 'GitLab CI'],
    ['github', 'jenkins', 'Jenkins'],
  ])(
    'of a repository on %s that is built by %s says what to do',
    async (provider, ci, name) => {
      const { run, outputs } = setup(provider, ci);
      await run();
      expect(world.requests).toEqual([]);
      expect(outputs.delivered).toBe(false);
      expect(outputs.advice).toContain(name);
      expect(outputs.advice).toContain(
        'https://portal.example/catalog/default/component/ledger/delivery?tab=data-quality',
      );
    },
  );

  it.each([
    [
      'gitlab',
      /`PORTAL_TOKEN: <credential>` .* outside the repository .*`npx gitlab-ci-local [^`]* --variables-file ~\/\.gitlab-ci-local\/ledger\.yml` .* GitLab CI/,
    ],
    ['github', /mirror the repository to GitHub/],
    ['jenkins', /multibranch pipeline of the repository in Jenkins/],
  ])(
    'says how to push to the portal, and who runs the pipeline for %s then',
    async (ci, words) => {
      const { run, outputs } = setup('git', ci);
      await run();
      expect(outputs.advice).toContain('https://portal.example/git/tokens');
      expect(outputs.advice).toContain('runs no pipeline:');
      expect(outputs.advice).toMatch(words);
      // What a command line says, shells keep.
      expect(outputs.advice).not.toMatch(/--variable |PORTAL_TOKEN=/);
    },
  );

  describe('of what Jenkins builds', () => {
    let jenkins: FakeJenkins;
    beforeEach(async () => {
      jenkins = await startFakeJenkins();
      jenkins.folders.set('fernhill/ledger', new Map());
    });
    afterEach(() => jenkins.close());
    const secrets = () =>
      JenkinsSecrets.create({
        baseUrl: jenkins.url,
        username: 'portal',
        token: 'api-token',
        folder: '{owner}/{name}',
        credentialsId: 'portal-token',
      });

    it.each(['git', 'github'])(
      'gives the folder of a repository on %s a secret text',
      async provider => {
        const { run, outputs, log } = setup(
          provider,
          'jenkins',
          {},
          'fernhill/ledger',
          secrets(),
        );
        await run();
        expect(
          jenkins.folders.get('fernhill/ledger')?.get('portal-token'),
        ).toMatch(
          /Reports deployments of component:default\/ledger.*<secret>pvr_id-1</,
        );
        expect(outputs).toEqual({
          delivered: true,
          advice: expect.stringMatching(
            /PORTAL_CREDENTIALS_ID=portal-token.*Delivery/,
          ),
        });
        expect(JSON.stringify([outputs, log])).not.toContain('pvr_');
      },
    );

    it('makes no credential while there is no folder, and says what to do', async () => {
      jenkins.folders.clear();
      const { run, outputs } = setup(
        'git',
        'jenkins',
        {},
        'fernhill/ledger',
        secrets(),
      );
      await run();
      expect(world.made).toBe(0);
      expect(outputs.delivered).toBe(false);
      expect(outputs.advice).toMatch(
        /no folder fernhill\/ledger.*delivery\?tab=data-quality/,
      );
    });

    it('leaves what was made when Jenkins does not answer, and says what to do', async () => {
      jenkins.refuses = { route: /./, status: 503 };
      const { run, outputs } = setup(
        'git',
        'jenkins',
        {},
        'fernhill/ledger',
        secrets(),
      );
      await run();
      expect(world.made).toBe(0);
      expect(outputs.delivered).toBe(false);
      expect(outputs.advice).toMatch(
        /Jenkins does not answer.*Then make a \[reporting credential\]\(.*delivery\?tab=data-quality/,
      );
    });

    it.each([/^POST .*createCredentials/, /^GET .*credential\/portal-token/])(
      'leaves what was made when Jenkins stops answering at %s, and revokes what it may not have',
      async route => {
        const { run, outputs, log } = setup(
          'git',
          'jenkins',
          {},
          'fernhill/ledger',
          secrets(),
        );
        jenkins.refuses = { route, status: 502 };
        await run();
        expect(world.made).toBe(1);
        expect([...world.valid]).toEqual([]);
        expect(await readEffects(directory.path, 'task-1')).toEqual([]);
        expect(outputs.delivered).toBe(false);
        expect(outputs.advice).toMatch(
          /Jenkins does not answer.*Then make a \[reporting credential\]\(/,
        );
        expect(JSON.stringify([outputs, log])).not.toContain('pvr_');
      },
    );

    it('gives nothing to a folder that the component does not come from', async () => {
      await expect(
        setup('git', 'jenkins', {}, 'fernhill/till', secrets()).run(),
      ).rejects.toThrow(/does not come from fernhill\/ledger/);
      expect(jenkins.folders.get('fernhill/ledger')?.size).toBe(0);
    });

    it('exchanges what it could not deliver', async () => {
      const run = () =>
        setup('git', 'jenkins', {}, 'fernhill/ledger', secrets()).run();
      jenkins.refuses = { route: /^POST/, status: 403 };
      await expect(run()).rejects.toThrow(/Credentials\/View/);
      jenkins.refuses = undefined;
      await run();
      expect([...world.valid]).toEqual(['id-2']);
    });
  });

  it('exchanges what an attempt before could not deliver', async () => {
    world.failing = /variables/;
    await expect(setup('gitlab').run()).rejects.toThrow(/GitLab/);
    world.failing = undefined;
    await setup('gitlab').run();
    expect([...world.valid]).toEqual(['id-2']);
    expect(await readEffects(directory.path, 'task-1')).toMatchObject([
      { kind: 'credential', id: 'id-2' },
    ]);
  });

  it.each(['github', 'gitlab'])(
    'gives nothing to a repository on %s that the component does not come from',
    async provider => {
      for (const other of ['fernhill/till', 'fernhill/ledger-2']) {
        await expect(
          setup(provider, provider, {}, other).run(),
        ).rejects.toThrow(/does not come from fernhill\/ledger/);
      }
      expect(world.requests).toEqual([]);
    },
  );

  it('is undone by revoking', async () => {
    const { run, undo, outputs } = setup('github');
    await run();
    await undo();
    expect([...world.valid]).toEqual([]);
    expect(outputs.undone).toEqual([`reporting credential of ${REF}`]);
    expect(await readEffects(directory.path, 'task-1')).toEqual([]);
  });

  it('makes nothing when delivery metrics refuse, nor in a dry run', async () => {
    world.failing = /reporting-credentials/;
    await expect(setup('github').run()).rejects.toThrow(/403/);
    expect(sent(/^PUT/)).toEqual([]);
    world.requests = [];
    await setup('github', 'github', { isDryRun: true }).run();
    expect(world.requests).toEqual([]);
  });
});
