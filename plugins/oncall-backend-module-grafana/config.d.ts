import { HumanDuration } from '@backstage/types';

export interface Config {
  oncall?: {
    /** Grafana IRM (formerly OnCall) as a provider of on-call answers. Without accounts it is not used. */
    grafana?: {
      /** How long one request may take. Default: 10 seconds. */
      timeout?: HumanDuration | string;
      accounts?: Array<{
        /** By which `grafana.com/on-call-account` names it. Default: `default`. */
        id?: string;
        /** Whether it answers for entities that name no account. Default: when it is the only one. */
        default?: boolean;
        /** The address of the OnCall API, without `/api/v1`. */
        apiBaseUrl: string;
        /**
         * An OnCall API key, or the token of a Grafana service account.
         *
         * @visibility secret
         */
        apiToken: string;
        /** The address of the Grafana stack, which tokens of service accounts need. */
        grafanaUrl?: string;
        /** Integrations of the kind "formatted webhook", by which is paged. Without them the account cannot page. */
        pageIntegrations?: Array<{
          /** The id of the schedule or escalation chain that it calls. */
          for: string;
          /** The id of the integration. */
          id: string;
          /**
           * Its address, which is its secret.
           *
           * @visibility secret
           */
          url: string;
        }>;
        /**
         * A token that may acknowledge and resolve alert groups; `apiToken` is used without it.
         *
         * @visibility secret
         */
        actionToken?: string;
        /**
         * Secrets of webhooks from this account, of at least 16 characters each; several while one is changed. Without them none is taken.
         *
         * @deepVisibility secret
         */
        webhookSecrets?: string[];
        /** Allows an `apiBaseUrl` that is not https. Default: false. */
        allowHttp?: boolean;
      }>;
    };
  };
}
