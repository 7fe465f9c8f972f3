import { HumanDuration } from '@backstage/types';

export interface Config {
  oncall?: {
    /** PagerDuty as a provider of on-call answers. Without accounts it is not used. */
    pagerduty?: {
      /** How long one request may take. Default: 10 seconds. */
      timeout?: HumanDuration | string;
      accounts?: Array<{
        /** By which `pagerduty.com/account` names it. Default: `default`. */
        id?: string;
        /** Whether it answers for entities that name no account. Default: when it is the only one. */
        default?: boolean;
        /**
         * A read-only key of the REST API.
         *
         * @visibility secret
         */
        apiToken: string;
        /** Default: `https://api.pagerduty.com`; in Europe `https://api.eu.pagerduty.com`. */
        apiBaseUrl?: string;
        /**
         * A key that may create and update incidents; `apiToken` is used without it.
         *
         * @visibility secret
         */
        actionToken?: string;
        /** The address of the user of PagerDuty on whose behalf the portal sends and changes incidents. Without it services cannot be paged. */
        from?: string;
        /** Where alerts of integrations are sent to. Default: `https://events.pagerduty.com`; in Europe `https://events.eu.pagerduty.com`. */
        eventsBaseUrl?: string;
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
