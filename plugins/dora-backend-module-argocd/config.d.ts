export interface Config {
  dora?: {
    /** Syncs of Argo CD as a source of delivery events. */
    argocd?: {
      /**
       * Tokens of which a request must carry one, as `Authorization: Bearer …` or in
       * the header `X-Webhook-Token`. A list, so that a new one can be added before
       * the old one is taken away.
       *
       * @deepVisibility secret
       */
      webhookTokens?: string[];
      /**
       * What names the deployed revision: the commit of the synced source (default), or
       * the images that run, for manifests in a repository of their own.
       */
      revisionFrom?: 'source' | 'images';
      /**
       * Regular expression over the name of an application, with the groups `service`
       * and, where names tell it, `environment`:
       * `^(?<service>.+)-(?<environment>production|staging)$`.
       */
      appName?: string;
      /**
       * Environments by where an application is deployed to; the first item of which
       * everything given matches wins.
       */
      environments?: Array<{
        /** Name or server address of the destination cluster. */
        cluster?: string;
        /** Namespace of the destination. */
        namespace?: string;
        /** Argo CD project of the application. */
        project?: string;
        /** Address of the Argo CD that deploys it, as in its `argocdUrl`. */
        instance?: string;
        environment: string;
      }>;
    };
  };
}
