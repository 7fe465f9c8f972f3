import { mockServices } from '@backstage/backend-test-utils';
import { type FakeJenkins, startFakeJenkins } from '../__testUtils__/jenkins';
import { JenkinsSecrets, type JenkinsSecretsOptions } from './JenkinsSecrets';

let jenkins: FakeJenkins;
beforeEach(async () => {
  jenkins = await startFakeJenkins();
  jenkins.folders.set('payments/ledger', new Map());
});
afterEach(() => jenkins.close());

const secrets = (options: Partial<JenkinsSecretsOptions> = {}) =>
  JenkinsSecrets.create({
    baseUrl: `${jenkins.url}/`,
    username: 'portal',
    token: 'api-token',
    folder: '{owner}/{name}',
    credentialsId: 'portal-token',
    ...options,
  });

const xml = (value: string, description: string) =>
  `<org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl><scope>GLOBAL</scope><id>portal-token</id><description>${description}</description><secret>${value}</secret></org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl>`;

describe('JenkinsSecrets', () => {
  it.each([false, true])(
    'puts a secret text into the repository’s folder, and another in its place (without crumbs: %s)',
    async withoutCrumbs => {
      jenkins.withoutCrumbs = withoutCrumbs;
      await secrets().set('payments/ledger', 'pvr_1', 'Reports');
      expect([...(jenkins.folders.get('payments/ledger') ?? [])]).toEqual([
        ['portal-token', xml('pvr_1', 'Reports')],
      ]);
      await secrets().set('payments/ledger', 'p<v&r>_2', 'of "us"');
      expect([...(jenkins.folders.get('payments/ledger') ?? [])]).toEqual([
        ['portal-token', xml('p&lt;v&amp;r&gt;_2', 'of &quot;us&quot;')],
      ]);
    },
  );

  it('says whether there is a folder', async () => {
    await expect(secrets().hasFolder('payments/ledger')).resolves.toBe(true);
    await expect(secrets().hasFolder('payments/till')).resolves.toBe(false);
  });

  it.each([
    ['{owner}/{name}', 'fernhill/pay/ledger', 'fernhill/pay/ledger'],
    ['/teams/{owner}/{name}/', 'payments/ledger', 'teams/payments/ledger'],
    ['{name}/of-{owner}', 'payments/ledger', 'ledger/of-payments'],
  ])('%s of %s is %s', (folder, slug, path) => {
    expect(secrets({ folder }).folderOf(slug)).toBe(path);
    expect(secrets({ folder }).pageOf(slug)).toBe(
      `${jenkins.url}/job/${path.replaceAll('/', '/job/')}/`,
    );
  });

  it.each(['ledger', '../ledger', 'payments/..', 'a/b?c', 'a//b', 'a/b%2Fc'])(
    'looks for nothing like %s',
    async slug => {
      await expect(secrets().set(slug, 'pvr_1', '')).rejects.toThrow(
        /no repository/,
      );
      expect(jenkins.asked).toEqual([]);
    },
  );

  const anywhere = /./;
  const change = /^POST/;
  it.each<[string, RegExp, number, string | undefined, string, RegExp]>([
    [
      'a wrong token',
      anywhere,
      401,
      undefined,
      'AuthenticationError',
      /user or token/,
    ],
    [
      'no permission',
      change,
      403,
      undefined,
      'NotAllowedError',
      /Credentials\/View/,
    ],
    ['no plugin', change, 404, undefined, 'InputError', /lacks the plugins/],
    [
      'a sign-in page',
      anywhere,
      302,
      'https://sso.example/',
      'AuthenticationError',
      /sign-in page/,
    ],
    [
      'a change that only leads to a page',
      change,
      302,
      '/login',
      'InputError',
      /404 to GET/,
    ],
    [
      'an overloaded one',
      anywhere,
      503,
      undefined,
      'ServiceUnavailableError',
      /503/,
    ],
    [
      'somebody who was first',
      change,
      409,
      undefined,
      'ServiceUnavailableError',
      /Try again/,
    ],
    [
      'a page instead of a crumb',
      /crumbIssuer/,
      200,
      undefined,
      'ServiceUnavailableError',
      /without a crumb/,
    ],
  ])(
    'says what is wrong with %s',
    async (_, route, status, location, name, message) => {
      jenkins.refuses = { route, status, location };
      const failure = await secrets()
        .set('payments/ledger', 'pvr_secret', '')
        .catch(error => error);
      expect(failure).toMatchObject({
        name,
        message: expect.stringMatching(message),
      });
      expect(String(failure.stack)).not.toMatch(/pvr_secret|api-token/);
      expect(jenkins.folders.get('payments/ledger')?.size).toBe(0);
    },
  );

  it('does not take a page it is led to for a secret that was replaced', async () => {
    await secrets().set('payments/ledger', 'pvr_1', '');
    jenkins.refuses = { route: change, status: 302, location: '/login' };
    await expect(
      secrets().set('payments/ledger', 'pvr_2', ''),
    ).rejects.toMatchObject({
      name: 'AuthenticationError',
      message: expect.stringMatching(/leads elsewhere/),
    });
    expect(jenkins.folders.get('payments/ledger')?.get('portal-token')).toBe(
      xml('pvr_1', ''),
    );
  });

  it('says that nobody answers', async () => {
    const { url } = jenkins;
    await jenkins.close();
    await expect(
      secrets({ baseUrl: url }).hasFolder('payments/ledger'),
    ).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringMatching(/cannot be reached/),
    });
  });

  it.each<[Partial<JenkinsSecretsOptions>, RegExp]>([
    [{ baseUrl: 'jenkins' }, /baseUrl/],
    [{ baseUrl: 'https://a:b@jenkins.example' }, /without a user/],
    [{ folder: '{owner}' }, /share a credential/],
    [{ folder: '{name}' }, /share a credential/],
    [{ folder: 'all/{owner}-{name}' }, /share a credential/],
    [{ credentialsId: 'a b' }, /credentialsId/],
  ])('is not configured with %j', (options, message) => {
    expect(() => secrets(options)).toThrow(message);
  });

  it('is there where it is configured', () => {
    const read = (goldenPaths: object) =>
      JenkinsSecrets.fromConfig(
        mockServices.rootConfig({ data: { goldenPaths } as never }),
      );
    expect(read({})).toBeUndefined();
    expect(
      read({
        jenkins: { baseUrl: 'https://ci.example', username: 'u', token: 't' },
      }),
    ).toMatchObject({ credentialsId: 'portal-token' });
  });
});
