import { HumanDuration } from '@backstage/types';

export interface Config {
  dora?: {
    /** GitHub as a source of delivery events. See docs/sources/github.md. */
    github?: {
      /**
       * Secrets of the webhooks. Each is accepted, so that one can be replaced by
       * another. Without any, every webhook is refused.
       *
       * @deepVisibility secret
       */
      webhookSecrets?: string[];
      /**
       * What deployments of an environment, task or repository are about. The first
       * rule whose globs all match counts.
       */
      deployments?: Array<{
        /** Glob over the environment that GitHub names. */
        name?: string;
        /** Glob over `owner/name`. */
        repository?: string;
        /** Glob over the task, which is `deploy` unless somebody chose another. */
        task?: string;
        /** Environment to count them for. Default: the one GitHub names. */
        countAs?: string;
        /** Tier of the environment. */
        tier?: string;
        /** The component they are deployments of. */
        entityRef?: string;
        /** Path of the service inside its repository. */
        path?: string;
        /** They are no deployments. */
        ignore?: boolean;
      }>;
      /** Workflows whose runs are deployments, for repositories without GitHub environments. */
      deployWorkflows?: Array<{
        /** Glob over the name of the workflow. */
        workflow?: string;
        /** Glob over the file of the workflow, such as `.github/workflows/deploy.yml`. */
        file?: string;
        /** Glob over `owner/name`. */
        repository?: string;
        /** Glob over the branch or tag it ran for. */
        branch?: string;
        /** Environment to count them for. Default `production`. */
        countAs?: string;
        /** Tier of the environment. */
        tier?: string;
        /** The component they are deployments of. */
        entityRef?: string;
        /** Path of the service inside its repository. */
        path?: string;
        /** They are no deployments. */
        ignore?: boolean;
      }>;
      /**
       * Globs over names of workflows whose first successful run for a commit is its
       * build. Default: any but those that deploy.
       */
      buildWorkflows?: string[];
      /** Published releases as deployments. Off unless given. */
      releases?: {
        /** Environment to count them for. Default `production`. */
        countAs?: string;
        /** Globs over tags. Default: all. */
        tags?: string[];
        /** Globs over `owner/name`. Default: all. */
        repositories?: string[];
        /** Whether pre-releases count. Default: false. */
        prereleases?: boolean;
      };
      /** Whether deployments to transient environments, such as previews of pull requests, are counted. Default: false. */
      transientEnvironments?: boolean;
      incidents?: {
        /** Globs over labels that make an issue an incident. Default `incident`. */
        labels?: string[];
        /**
         * Whether every repository with a webhook for issues reports all its incidents
         * as issues: its deployments then count as not failed without any. Default: false.
         */
        complete?: boolean;
      };
      /** Globs over labels of pull requests that mark a hotfix. Default `hotfix`. */
      hotfixLabels?: string[];
      /** Globs over labels of pull requests that mark a revert. Default `revert`. */
      revertLabels?: string[];
      /**
       * Whether GitHub is asked for what webhooks leave out: parents of commits, and
       * commits and reviews of merged pull requests. Default: true where the
       * integrations have credentials for the host.
       */
      details?: boolean;
      /** Reads what happened before the webhook, and what it missed. */
      backfill?: {
        /** Default: false. */
        enabled?: boolean;
        /** Date or ISO instant to read from. Default: 180 days before the first run. */
        since?: string;
        /** How often it looks for what was missed. Default 6 hours. */
        frequency?: HumanDuration | string;
      };
    };
  };
}
