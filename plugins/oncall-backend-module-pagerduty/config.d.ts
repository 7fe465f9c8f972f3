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
        /** Allows an `apiBaseUrl` that is not https. Default: false. */
        allowHttp?: boolean;
      }>;
    };
  };
}
