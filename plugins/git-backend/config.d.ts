import { HumanDuration } from '@backstage/types';

export interface Config {
  /** The embedded git host. */
  git?: {
    /**
     * Folder that holds the repositories, absolute or relative to the working
     * directory of the backend. It must be on a local disk or a shared file
     * system that keeps POSIX rename and lock semantics.
     */
    root: string;

    /**
     * Whether anybody who reaches the portal may clone and read. Off by
     * default: reading needs credentials.
     */
    anonymousRead?: boolean;

    /**
     * Largest push and largest request in bytes. 512 MiB by default.
     */
    maxPushBytes?: number;

    /**
     * How long one request of a git client may take. 10 minutes by default.
     */
    requestTimeout?: HumanDuration | string;

    /**
     * How many git client requests are served at once by one backend; more
     * wait their turn. 16 by default.
     */
    maxConcurrentRequests?: number;
  };

  /** Settings that all plugins of the portal share. */
  portal?: {
    /**
     * Users and groups who administer the portal, as entity refs such as
     * `group:default/platform`.
     */
    administrators?: string[];
  };
}
