import { HumanDuration } from '@backstage/types';

export interface Config {
  oncall?: {
    /** GoAlert as a provider of on-call answers. Without accounts it is not used. */
    goalert?: {
      /** How long one request may take. Default: 10 seconds. */
      timeout?: HumanDuration | string;
      accounts?: Array<{
        /** By which `goalert.me/account` names it. Default: `default`. */
        id?: string;
        /** Whether it answers for entities that name no account. Default: when it is the only one. */
        default?: boolean;
        /** The address of the installation, without `/api/graphql`. */
        baseUrl: string;
        /**
         * A GraphQL API key with the read-only role, for the query in the guide.
         *
         * @visibility secret
         */
        apiKey: string;
        /** Generic API integration keys, by which services are paged. Without them the account cannot page. */
        integrationKeys?: Array<{
          /** The id of the service. */
          service: string;
          /** @visibility secret */
          key: string;
        }>;
        /**
         * A GraphQL API key with the user role, for the acknowledging document in the guide.
         *
         * @visibility secret
         */
        actionKey?: string;
        /**
         * Secrets of webhooks from this account, of at least 16 characters each; several while one is changed. Without them none is taken.
         *
         * @deepVisibility secret
         */
        webhookSecrets?: string[];
        /** Allows a `baseUrl` that is not https. Default: false. */
        allowHttp?: boolean;
      }>;
    };
  };
}
