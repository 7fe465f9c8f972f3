import type { RootConfigService } from '@backstage/backend-plugin-api';
import {
  AuthenticationError,
  InputError,
  NotAllowedError,
  ServiceUnavailableError,
} from '@backstage/errors';

/** Longest wait for one answer, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** The plain credentials plugin's secret text. */
const SECRET_TEXT =
  'org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl';

/** Where a Jenkins keeps what belongs to a repository. */
export type JenkinsSecretsOptions = {
  baseUrl: string;
  username: string;
  /** An API token of the user. */
  token: string;
  /** Path of the folder, or multibranch project, of a repository, with `{owner}` and `{name}` for the parts of its slug. */
  folder: string;
  /** Id of the secret, the same in every folder. */
  credentialsId: string;
};

type Answer = { status: number; text: string; cookies: string[] };

const escaped = (text: string) =>
  text.replace(
    /[&<>"']/g,
    character =>
      ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }[
        character
      ] ?? character),
  );

/**
 * Secrets of pipelines on a Jenkins with the plugins credentials, plain-credentials and folders: a secret text in the store of the
 * repository's own folder, which nothing outside that folder can bind.
 */
export class JenkinsSecrets {
  /** The same id everywhere: jobs name it by `PORTAL_CREDENTIALS_ID`. */
  readonly credentialsId: string;

  private readonly baseUrl: string;

  private constructor(private readonly options: JenkinsSecretsOptions) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.credentialsId = options.credentialsId;
  }

  /**
   * @throws InputError for an address that is none, a folder that two repositories could share, or an id that is none
   */
  static create(options: JenkinsSecretsOptions): JenkinsSecrets {
    const url = URL.canParse(options.baseUrl)
      ? new URL(options.baseUrl)
      : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.username) {
      throw new InputError(
        'goldenPaths.jenkins.baseUrl must be the address of Jenkins, with http or https and without a user',
      );
    }
    const levels = options.folder.split('/');
    if (
      !options.folder.includes('{name}') ||
      !options.folder.includes('{owner}') ||
      levels.some(
        level => level.includes('{owner}') && level.includes('{name}'),
      )
    ) {
      throw new InputError(
        'goldenPaths.jenkins.folder must have {owner} and {name} in it, with a slash between them: repositories that share a folder, such as payments/ledger and warehouse/ledger, would share a credential',
      );
    }
    if (!/^[A-Za-z0-9_.-]+$/.test(options.credentialsId)) {
      throw new InputError(
        'goldenPaths.jenkins.credentialsId must be letters, digits, dots, dashes and underscores',
      );
    }
    return new JenkinsSecrets(options);
  }

  /** From `goldenPaths.jenkins`; `undefined` where it is not configured. */
  static fromConfig(config: RootConfigService): JenkinsSecrets | undefined {
    const jenkins = config.getOptionalConfig('goldenPaths.jenkins');
    return (
      jenkins &&
      JenkinsSecrets.create({
        baseUrl: jenkins.getString('baseUrl'),
        username: jenkins.getString('username'),
        token: jenkins.getString('token'),
        folder: jenkins.getOptionalString('folder') ?? '{owner}/{name}',
        credentialsId:
          jenkins.getOptionalString('credentialsId') ?? 'portal-token',
      })
    );
  }

  /**
   * The folder of a repository, as a path for people: `payments/ledger`. Pure.
   *
   * @throws NotAllowedError for a slug whose parts could lead elsewhere
   */
  folderOf(slug: string): string {
    const parts = slug.split('/');
    if (
      parts.length < 2 ||
      parts.some(part => !/^[A-Za-z0-9_.-]+$/.test(part) || /^\.+$/.test(part))
    ) {
      throw new NotAllowedError(
        `"${slug.slice(
          0,
          100,
        )}" is no repository of which Jenkins has a folder.`,
      );
    }
    const name = parts[parts.length - 1];
    const owner = parts.slice(0, -1).join('/');
    return this.options.folder
      .replaceAll('{owner}', owner)
      .replaceAll('{name}', name)
      .replace(/^\/+|\/+$/g, '');
  }

  /** Page of the folder for a browser. */
  pageOf(slug: string): string {
    return `${this.baseUrl}${this.path(slug)}/`;
  }

  /**
   * Whether the folder is there. Before its first scan Jenkins does not know a new repository.
   *
   * @throws what asking Jenkins can
   */
  async hasFolder(slug: string): Promise<boolean> {
    const { status } = await this.ask(
      'GET',
      `${this.path(slug)}/credentials/store/folder/api/json?tree=_class`,
      { missing: true },
    );
    return status !== 404;
  }

  /**
   * Gives the jobs of a repository's folder a secret, in place of the one that was there.
   *
   * @throws ServiceUnavailableError, AuthenticationError, NotAllowedError or InputError with a sentence that never holds the secret
   */
  async set(slug: string, value: string, description: string): Promise<void> {
    const domain = `${this.path(slug)}/credentials/store/folder/domain/_`;
    const one = `${domain}/credential/${encodeURIComponent(
      this.credentialsId,
    )}`;
    const { status } = await this.ask('GET', `${one}/api/json?tree=id`, {
      missing: true,
    });
    const body = [
      `<${SECRET_TEXT}>`,
      '<scope>GLOBAL</scope>',
      `<id>${escaped(this.credentialsId)}</id>`,
      `<description>${escaped(description)}</description>`,
      `<secret>${escaped(value)}</secret>`,
      `</${SECRET_TEXT}>`,
    ].join('');
    await this.ask(
      'POST',
      status === 404 ? `${domain}/createCredentials` : `${one}/config.xml`,
      {
        body,
        headers: await this.crumb(),
        // That it is there says nothing of one that was there before: only an answer of its own does.
        leads: status === 404,
      },
    );
    // What is made is answered with a page or a redirect to one, which a sign-in page is, too.
    await this.ask('GET', `${one}/api/json?tree=id`, {});
  }

  private path(slug: string): string {
    return this.folderOf(slug)
      .split('/')
      .map(part => `/job/${encodeURIComponent(part)}`)
      .join('');
  }

  /** What a change has to carry, with the session it counts in; nothing where Jenkins asks for none. */
  private async crumb(): Promise<Record<string, string>> {
    const { status, text, cookies } = await this.ask(
      'GET',
      '/crumbIssuer/api/json',
      { missing: true },
    );
    if (status === 404) {
      return {};
    }
    let issued: { crumb?: unknown; crumbRequestField?: unknown } = {};
    try {
      issued = JSON.parse(text);
    } catch {
      // Said below: an answer that is no JSON has no crumb either.
    }
    const { crumb, crumbRequestField: field } = issued;
    if (
      typeof crumb !== 'string' ||
      typeof field !== 'string' ||
      !/^[A-Za-z-]+$/.test(field)
    ) {
      throw new ServiceUnavailableError(
        'Jenkins answered without a crumb. Is goldenPaths.jenkins.baseUrl the address of Jenkins itself, and not of a sign-in page?',
      );
    }
    return {
      [field]: crumb,
      ...(cookies.length > 0
        ? { cookie: cookies.map(cookie => cookie.split(';')[0]).join('; ') }
        : {}),
    };
  }

  private async ask(
    method: 'GET' | 'POST',
    path: string,
    options: {
      body?: string;
      headers?: Record<string, string>;
      /** 404 is an answer. */
      missing?: boolean;
      /** So is being led to another page, which is not followed. */
      leads?: boolean;
    },
  ): Promise<Answer> {
    const { username, token } = this.options;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.baseUrl}${path}`, {
        method,
        headers: {
          ...options.headers,
          authorization: `Basic ${Buffer.from(`${username}:${token}`).toString(
            'base64',
          )}`,
          ...(options.body === undefined
            ? {}
            : { 'content-type': 'application/xml' }),
        },
        body: options.body,
        // After a change Jenkins leads to a page; anywhere else a redirect could carry the credentials away.
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      throw new ServiceUnavailableError(
        'Jenkins cannot be reached. Try again in a while, or tell the platform team.',
        error,
      );
    }
    const { status } = response;
    const leads = status >= 300 && status < 400;
    if (
      response.ok ||
      (status === 404 && options.missing) ||
      (leads && options.leads)
    ) {
      return { status, text, cookies: response.headers.getSetCookie() };
    }
    const what = `Jenkins answered ${status} to ${method} ${
      path.split('?')[0]
    }.`;
    switch (status) {
      case 401:
        throw new AuthenticationError(
          `${what} It does not accept the portal's user or token; the platform team sets them as goldenPaths.jenkins.`,
        );
      case 403:
        throw new NotAllowedError(
          `${what} The portal's user needs the permissions Credentials/View, Create and Update on that folder, and a crumb that counts.`,
        );
      case 404:
        throw new InputError(
          `${what} There is no such folder, or Jenkins lacks the plugins credentials, plain-credentials and folders.`,
        );
      default:
        throw leads
          ? new AuthenticationError(
              `${what} It leads elsewhere, to a sign-in page perhaps: goldenPaths.jenkins.baseUrl has to be the address of Jenkins itself.`,
            )
          : new ServiceUnavailableError(
              `${what} Try again in a while, or tell the platform team.`,
            );
    }
  }
}
