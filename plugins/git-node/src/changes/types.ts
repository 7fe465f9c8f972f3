import type { BackstageCredentials } from '@backstage/backend-plugin-api';

/** One file of a proposal: its whole new content, or its deletion. */
export type ProposedFile =
  | {
      /** Relative to the root of the repository. */
      path: string;
      content: string | Uint8Array;
      /** Left out, an existing file keeps its mode. */
      executable?: boolean;
    }
  | { path: string; delete: true };

/** What is to be proposed. */
export type ChangeProposal = {
  /** The repository, or any file or folder in it, as a browser or `git clone` addresses it. */
  repositoryUrl: string;
  /** The branch it is to be merged into; the default branch when left out. */
  baseBranch?: string;
  /** The branch that carries the change. A name made from the content makes a repeated proposal find the first one. */
  branch: string;
  files: ProposedFile[];
  /** One line; also the subject of the commit. */
  title: string;
  /** Markdown. */
  body: string;
  /** Who the commit is by. */
  author: { name: string; email: string };
};

/** An open pull request (on GitLab a merge request). */
export type ProposedChange = {
  /** Its page. */
  url: string;
  number: number;
  branch: string;
  /** `<owner>/<name>`, on GitLab the full path of the project. */
  repository: string;
  /** False when the same proposal was open already. */
  created: boolean;
};

/** A file as a host keeps it. */
export type HostedFile = {
  content: string;
  /** The page of its repository. */
  repositoryUrl: string;
  /** Relative to the root of the repository. */
  path: string;
  /** The branch, tag or commit of the address. */
  ref: string;
};

/**
 * Proposes changes to repositories as pull requests, on the portal's own git host, GitHub or GitLab.
 *
 * It never writes to the branch a change is proposed for nor to the default branch, never forces, and adds nothing to a branch that is
 * there already: when that branch holds the same content its open pull request is the answer, otherwise it is a conflict.
 *
 * On the portal's own host everything happens on behalf of the credentials, so that its permissions decide. GitHub and GitLab are asked
 * with the credentials of `integrations`, whoever asks: the caller has to make sure that the repository concerns the user.
 */
export interface ChangeProposer {
  /**
   * Opens a pull request, or finds the open one with the same branch and content.
   *
   * @throws InputError when a name, path or address is not allowed, or no integration knows the address
   * @throws NotFoundError when there is no such repository or base branch
   * @throws ConflictError when nothing would change, or the branch exists with other content
   * @throws NotAllowedError, AuthenticationError when the host refuses
   * @throws ServiceUnavailableError when the host cannot be reached
   */
  propose(
    proposal: ChangeProposal,
    options: { credentials: BackstageCredentials },
  ): Promise<ProposedChange>;

  /**
   * Reads a text file of at most 1 MB.
   *
   * @throws NotFoundError, InputError, NotAllowedError, AuthenticationError, ServiceUnavailableError
   */
  readFile(
    url: string,
    options: { credentials: BackstageCredentials },
  ): Promise<HostedFile>;

  /**
   * Asks the host where a repository is and how it may be read.
   *
   * @throws NotFoundError, InputError, NotAllowedError, AuthenticationError, ServiceUnavailableError
   */
  locate(
    url: string,
    options: { credentials: BackstageCredentials },
  ): Promise<LocatedRepository>;

  /** The repository an address lies in; `undefined` when no integration knows it. No request is made. */
  repositoryOf(url: string): HostedRepository | undefined;
}

/** A repository on a host. */
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
  /** The page for a browser. */
  repositoryUrl: string;
  /** What `git clone` takes. */
  cloneUrl: string;
  /** Root of the files on the default branch, ending in a slash, as URL readers take it. */
  treeUrl: string;
  /** The same for single files: a path after it names one. */
  blobUrl: string;
  /**
   * What a URL reader has to be given to read as the credentials' owner, on the portal's own host. Secret. Elsewhere URL readers use the
   * credentials of `integrations`.
   */
  readToken?: string;
};

/** A repository, and what an address names in it. */
export type RepositoryAddress = HostedRepository & {
  /** Decoded segments after `blob/` or `tree/`; where the ref ends only the host can tell. */
  refAndPath: string[];
};

/** A proposal whose names have been checked. */
export type CheckedProposal = Omit<ChangeProposal, 'files'> & {
  address: RepositoryAddress;
  files: (
    | { path: string; content: Buffer; executable?: boolean }
    | { path: string; delete: true }
  )[];
};

/** One kind of host. Each method throws as {@link ChangeProposer} says. */
export interface ChangeHost {
  propose(
    proposal: CheckedProposal,
    credentials: BackstageCredentials,
  ): Promise<ProposedChange>;
  readFile(
    address: RepositoryAddress,
    credentials: BackstageCredentials,
  ): Promise<HostedFile>;
  locate(
    address: RepositoryAddress,
    credentials: BackstageCredentials,
  ): Promise<LocatedRepository>;
}
