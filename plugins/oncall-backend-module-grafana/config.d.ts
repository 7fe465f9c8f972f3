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
        /** Allows an `apiBaseUrl` that is not https. Default: false. */
        allowHttp?: boolean;
      }>;
    };
  };
}
