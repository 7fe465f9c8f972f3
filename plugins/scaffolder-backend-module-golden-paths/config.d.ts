export interface Config {
  /** How golden paths are scaffolded. */
  goldenPaths?: {
    /**
     * Whether a new service needs an owner that somebody is on call for. Default: true. Without it, an owner that nobody is on call
     * for is a warning.
     */
    requireOnCall?: boolean;
    /**
     * What happens to what a task created when a later step fails. `undo` removes it. `keep` leaves it for a retry and lists it. Default:
     * `undo`, but `keep` where `scaffolder.taskRecovery.enabled` makes a retry resume after the steps that are done.
     */
    onFailure?: 'undo' | 'keep';
    /**
     * The Jenkins that builds repositories whose CI system it is: each gets its reporting credential as a secret text in its own folder.
     * Without it, the result page of a task says what to do by hand.
     */
    jenkins?: {
      /** Address of Jenkins itself, such as `https://jenkins.example.com`. */
      baseUrl: string;
      /** A user with Overall/Read, Job/Read and Credentials/View, Create and Update on those folders, and no more. */
      username: string;
      /**
       * An API token of that user.
       * @visibility secret
       */
      token: string;
      /**
       * Path of a repository's folder or multibranch pipeline; `{owner}` and `{name}` stand for the parts of its slug and must be
       * in separate segments of the path: two repositories would share a folder otherwise. Nothing outside it can use the secret. Default: `{owner}/{name}`.
       */
      folder?: string;
      /** Id of the secret in every folder; jobs name it by `PORTAL_CREDENTIALS_ID`. Default: `portal-token`. */
      credentialsId?: string;
    };
    /** Where new repositories are published. */
    publish?: {
      /** The host. Default: `git`, the portal's own git host. */
      provider?: 'git' | 'github' | 'gitlab';
      /** Default branch of new repositories. Default: `main`. */
      defaultBranch?: string;
      /** Used when the provider is `github`; credentials come from `integrations.github`. */
      github?: {
        /** Host of the integration. Default: `github.com`. */
        host?: string;
        /** Organisation that owns the repositories. */
        owner: string;
        /** Default: `private`. */
        visibility?: 'private' | 'internal' | 'public';
      };
      /** Used when the provider is `gitlab`; credentials come from `integrations.gitlab`. */
      gitlab?: {
        /** Host of the integration. Default: `gitlab.com`. */
        host?: string;
        /** Full path of the group that owns the projects. */
        group: string;
        /** Default: `private`. */
        visibility?: 'private' | 'internal' | 'public';
      };
    };
  };
}
