import { HumanDuration } from '@backstage/types';

export interface Config {
  dora?: {
    /** GitLab as a source of delivery events. See docs/sources/gitlab.md. */
    gitlab?: {
      /**
       * Secret tokens of the webhooks, and signing tokens (`whsec_…`) where GitLab
       * signs them. Each is accepted, so that one can be replaced by another. Without
       * any, every webhook is refused.
       *
       * @deepVisibility secret
       */
      webhookSecrets?: string[];
      /**
       * What deployments of an environment or project are about. The first rule whose
       * globs all match counts.
       */
      deployments?: Array<{
        /** Glob over the environment that GitLab names. */
        name?: string;
        /** Glob over the path of the project. */
        repository?: string;
        /** Environment to count them for. Default: the one GitLab names. */
        countAs?: string;
        /** Tier of the environment. Default: the one GitLab names. */
        tier?: string;
        /** The component they are deployments of. */
        entityRef?: string;
        /** Path of the service inside its repository. */
        path?: string;
        /** They are no deployments. */
        ignore?: boolean;
      }>;
      /**
       * Jobs that deploy without an environment of GitLab. Jobs of one pipeline and
       * environment are one deployment.
       */
      deployJobs?: Array<{
        /** Glob over the name of the job. */
        job?: string;
        /** Glob over its stage. */
        stage?: string;
        /** Glob over the path of the project. */
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
      /** Globs over stages whose jobs make the artifact. Default `build`, `package`, `publish`, `release`. */
      buildStages?: string[];
      /** Releases as deployments. Off unless given. */
      releases?: {
        /** Environment to count them for. Default `production`. */
        countAs?: string;
        /** Globs over tags. Default: all. */
        tags?: string[];
        /** Globs over paths of projects. Default: all. */
        repositories?: string[];
      };
      /** Whether deployments to review apps (`review/…`) are counted. Default: false. */
      reviewEnvironments?: boolean;
      incidents?: {
        /** Globs over labels that make an issue an incident; issues of type incident are always. Default `incident`. */
        labels?: string[];
        /**
         * Whether every project that is read reports all its incidents as issues: its
         * deployments then count as not failed without any. Default: false.
         */
        complete?: boolean;
      };
      /** Globs over labels of merge requests that mark a hotfix. Default `hotfix`. */
      hotfixLabels?: string[];
      /** Globs over labels of merge requests that mark a revert. Default `revert`. */
      revertLabels?: string[];
      /**
       * Whether GitLab is asked for what webhooks leave out: parents of commits, and
       * commits and approvals of merged merge requests. Default: true where the
       * integrations have a token for the host.
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
