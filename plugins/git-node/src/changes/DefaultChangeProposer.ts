import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { ScmIntegrations } from '@backstage/integration';
import { type KnownHosts, parseRepositoryAddress } from './addresses';
import { checkProposal, refusals } from './checkProposal';
import { EmbeddedChangeHost } from './EmbeddedChangeHost';
import { GithubChangeHost } from './GithubChangeHost';
import { GitlabChangeHost } from './GitlabChangeHost';
import type {
  ChangeHost,
  ChangeProposal,
  ChangeProposer,
  HostedFile,
  HostedRepository,
  LocatedRepository,
  ProposedChange,
  RepositoryAddress,
} from './types';

/** Chooses the host by the address: the portal's own, or one of `integrations`. */
export class DefaultChangeProposer implements ChangeProposer {
  private constructor(
    private readonly known: KnownHosts,
    private readonly hosts: Record<RepositoryAddress['provider'], ChangeHost>,
  ) {}

  static create(options: {
    config: RootConfigService;
    auth: AuthService;
    discovery: DiscoveryService;
  }): DefaultChangeProposer {
    const { config, auth, discovery } = options;
    const integrations = ScmIntegrations.fromConfig(config);
    const backend = config.getString('backend.baseUrl').replace(/\/+$/, '');
    const app = config.getOptionalString('app.baseUrl')?.replace(/\/+$/, '');
    return new DefaultChangeProposer(
      {
        gitBaseUrl: `${backend}/api/git`,
        appBaseUrl: app ?? backend,
        isGithub: url => integrations.github.byUrl(url) !== undefined,
        isGitlab: url => integrations.gitlab.byUrl(url) !== undefined,
      },
      {
        git: new EmbeddedChangeHost({ auth, discovery }, `${backend}/api/git`),
        github: new GithubChangeHost(integrations),
        gitlab: new GitlabChangeHost(integrations),
      },
    );
  }

  async propose(
    proposal: ChangeProposal,
    options: { credentials: BackstageCredentials },
  ): Promise<ProposedChange> {
    const address = this.#address(proposal.repositoryUrl);
    return await this.hosts[address.provider].propose(
      checkProposal(proposal, address),
      options.credentials,
    );
  }

  async readFile(
    url: string,
    options: { credentials: BackstageCredentials },
  ): Promise<HostedFile> {
    const address = this.#address(url);
    if (address.refAndPath.length < 2) {
      throw new InputError(refusals.noFile);
    }
    return await this.hosts[address.provider].readFile(
      address,
      options.credentials,
    );
  }

  async locate(
    url: string,
    options: { credentials: BackstageCredentials },
  ): Promise<LocatedRepository> {
    const address = this.#address(url);
    return await this.hosts[address.provider].locate(
      address,
      options.credentials,
    );
  }

  repositoryOf(url: string): HostedRepository | undefined {
    const address = parseRepositoryAddress(url, this.known);
    if (!address) {
      return undefined;
    }
    const { provider, host, slug } = address;
    return { provider, host, slug };
  }

  #address(url: string): RepositoryAddress {
    const address = parseRepositoryAddress(url, this.known);
    if (!address) {
      throw new InputError(
        `'${url.slice(
          0,
          200,
        )}' is no address of a repository on the portal's git host or on a host of integrations.github or integrations.gitlab`,
      );
    }
    return address;
  }
}
