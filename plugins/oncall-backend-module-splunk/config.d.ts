import { HumanDuration } from '@backstage/types';

export interface Config {
  oncall?: {
    /** Splunk On-Call as a provider of on-call answers. Without accounts it is not used. */
    splunk?: {
      /** How long one request may take. Default: 10 seconds. */
      timeout?: HumanDuration | string;
      accounts?: Array<{
        /** By which `splunk.com/on-call-account` names it. Default: `default`. */
        id?: string;
        /** Whether it answers for entities that name no account. Default: when it is the only one. */
        default?: boolean;
        /** The id of the API. */
        apiId: string;
        /**
         * A read-only key of the API.
         *
         * @visibility secret
         */
        apiKey: string;
        /** Default: `https://api.victorops.com`. */
        apiBaseUrl?: string;
        /**
         * The key in the address of the REST endpoint integration. Without it the account cannot page.
         *
         * @visibility secret
         */
        restEndpointKey?: string;
        /** The routing keys by which teams are paged. */
        routingKeys?: Array<{
          /** The name or slug of the team, as entities name it. */
          team: string;
          routingKey: string;
        }>;
        /** Where alerts are sent to. Default: `https://alert.victorops.com`. */
        alertBaseUrl?: string;
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
