import { AuthService, DiscoveryService } from '@backstage/backend-plugin-api';
import { CommitRecord } from '@pavedroad/plugin-dora-common';
import { GitHostClient, PullRequest } from '@pavedroad/plugin-git-common';

/** What the source asks of the git host. */
export interface GitHost {
  /** Every repository with its default branch. */
  repositories(): Promise<{ slug: string; defaultBranch: string }[]>;
  /** Commit of a branch; `undefined` when there is no such branch. */
  head(slug: string, branch: string): Promise<string | undefined>;
  /** Commits reachable from a revision and not from another, newest first. */
  commits(slug: string, ref: string, from?: string): Promise<CommitRecord[]>;
  /** The pull requests merged last. */
  mergedPulls(slug: string): Promise<PullRequest[]>;
}

const PAGE = 100;

/** {@link GitHost} of the portal, asked as the plugin itself. */
export class PortalGitHost implements GitHost {
  static create(options: {
    auth: AuthService;
    discovery: DiscoveryService;
  }): PortalGitHost {
    return new PortalGitHost(
      options.auth,
      new GitHostClient({ discovery: options.discovery }),
    );
  }

  private constructor(
    private readonly auth: AuthService,
    private readonly client: GitHostClient,
  ) {}

  async repositories() {
    const found: { slug: string; defaultBranch: string }[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.client.listRepositories(
        { limit: PAGE, cursor },
        await this.credentials(),
      );
      found.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    return found;
  }

  async head(slug: string, branch: string) {
    const branches = await this.client.listBranches(
      slug,
      await this.credentials(),
    );
    return branches.find(({ name }) => name === branch)?.commit;
  }

  async commits(slug: string, ref: string, from?: string) {
    const found: CommitRecord[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.client.listCommits(
        slug,
        { ref, from, limit: PAGE, cursor },
        await this.credentials(),
      );
      found.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    return found;
  }

  async mergedPulls(slug: string) {
    const page = await this.client.listPulls(
      slug,
      { state: 'merged', limit: PAGE },
      await this.credentials(),
    );
    return page.items;
  }

  private async credentials(): Promise<{ token: string }> {
    return this.auth.getPluginRequestToken({
      onBehalfOf: await this.auth.getOwnServiceCredentials(),
      targetPluginId: 'git',
    });
  }
}
