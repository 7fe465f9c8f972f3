import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
  RootConfigService,
  UrlReaderService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';

/** A repository on a host, as `ChangeProposer` of `@pavedroad/plugin-git-node` names it. */
export type HostedRepository = {
  /** `git` is the portal's own host. */
  provider: 'git' | 'github' | 'gitlab';
  /** Host with port, lower case. */
  host: string;
  /** `<owner>/<name>`; on GitLab with all groups. */
  slug: string;
};

/** A repository that is there, with its addresses. */
export type LocatedRepository = HostedRepository & {
  defaultBranch: string;
  repositoryUrl: string;
  cloneUrl: string;
  /** Root of the files on the default branch, ending in a slash. */
  treeUrl: string;
  blobUrl: string;
  /** What a URL reader has to be given on the portal's own host. Secret. */
  readToken?: string;
};

/** The part of `ChangeProposer` that reading needs: it proposes nothing. */
export interface RepositoryLocator {
  repositoryOf(url: string): HostedRepository | undefined;
  locate(
    url: string,
    options: { credentials: BackstageCredentials },
  ): Promise<LocatedRepository>;
}

/** What reading a repository for a change asks. */
export type CheckoutServices = {
  auth: AuthService;
  catalog: CatalogService;
  config: RootConfigService;
  discovery: DiscoveryService;
  proposer: RepositoryLocator;
  reader: UrlReaderService;
  userInfo: UserInfoService;
};
