export interface Config {
  dora?: {
    /** Jenkins, through its CDEvents plugin. */
    jenkins?: {
      /**
       * What Jenkins gives at `POST /api/dora/webhooks/jenkins`: as a bearer token, or as the
       * password of basic authentication. Without it nothing is received there.
       *
       * @visibility secret
       */
      token?: string;
      /** User name that basic authentication must give. Default: any. */
      username?: string;
      /**
       * Which jobs deploy. The first that matches wins. A job whose parameters name service and
       * environment (see `parameters`) needs no entry.
       */
      deployments?: Array<{
        /**
         * Regular expression over the full name of the job, such as `payments/deploy-checkout`.
         * Must match all of it. Its named groups may be used below as `{group}`.
         */
        job: string;
        /** Entity ref, name or repository slug. Default: the group `service`, else the parameter, else the repository that was built. */
        service?: string;
        /** Default: the group `environment`, else the parameter. */
        environment?: string;
        /** Commit or tag. Default: the parameter, else, without an artifact, the commit that was built. */
        revision?: string;
        /** Package URL, such as `pkg:oci/{service}@{parameter.VERSION}`. Default: the parameter. */
        artifact?: string;
        /** Its deployments are rollbacks. Default: what the parameter says. */
        rollback?: boolean;
      }>;
      /** Which jobs build artifacts. The first that matches wins. */
      builds?: Array<{
        /** Regular expression over the full name of the job. Must match all of it. */
        job: string;
        /** Package URL by which deployments name it, such as `pkg:oci/{service}@{parameter.VERSION}`. Default: the parameter. */
        artifact?: string;
      }>;
      /** Names of build parameters that tell about a deployment. */
      parameters?: {
        /** Default `DORA_SERVICE`. */
        service?: string;
        /** Default `DORA_ENVIRONMENT`. */
        environment?: string;
        /** Default `DORA_REVISION`. */
        revision?: string;
        /** Default `DORA_ARTIFACT`. */
        artifact?: string;
        /** `true` makes a rollback. Default `DORA_ROLLBACK`. */
        rollback?: string;
      };
    };
  };
}
