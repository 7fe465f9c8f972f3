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
        /** Allows an `apiBaseUrl` that is not https. Default: false. */
        allowHttp?: boolean;
      }>;
    };
  };
}
