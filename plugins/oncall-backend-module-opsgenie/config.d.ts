import { HumanDuration } from '@backstage/types';

export interface Config {
  oncall?: {
    /** Opsgenie and JSM Operations as a provider of on-call answers. Without accounts it is not used. */
    opsgenie?: {
      /** How long one request may take. Default: 10 seconds. */
      timeout?: HumanDuration | string;
      accounts?: Array<{
        /** By which `opsgenie.com/account` names it. Default: `default`. */
        id?: string;
        /** Whether it answers for entities that name no account. Default: when it is the only one. */
        default?: boolean;
        /** `opsgenie`, or `jsm` for the operations of Jira Service Management. Default: `opsgenie`. */
        product?: 'opsgenie' | 'jsm';
        /**
         * The key of an Opsgenie API integration with read access, or the API token of an Atlassian user.
         *
         * @visibility secret
         */
        apiToken: string;
        /** For `jsm`: the address of the user the token belongs to. */
        username?: string;
        /** For `jsm`: the id of the Atlassian site, as in `https://<site>/_edge/tenant_info`. */
        cloudId?: string;
        /**
         * Default: `https://api.opsgenie.com`, in Europe `https://api.eu.opsgenie.com`; for `jsm` `https://api.atlassian.com`.
         */
        apiBaseUrl?: string;
        /**
         * A key, or token of the same user, that may create and update alerts. Without it the account cannot page.
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
