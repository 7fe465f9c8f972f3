export interface Config {
  dora?: {
    /** Alerts of Opsgenie and Jira Service Management as a source of delivery events. */
    opsgenie?: {
      /**
       * Tokens of which a request must carry one, as `Authorization: Bearer …` or in
       * the header `X-Webhook-Token`: custom headers are all that these products
       * offer. A list, so that a new one can be added before the old one is taken away.
       *
       * @deepVisibility secret
       */
      webhookTokens?: string[];
      /** Or names and passwords, for an address such as `https://name:password@portal…`. */
      basicAuth?: Array<{
        username: string;
        /** @visibility secret */
        password: string;
      }>;
      /** Which alerts count as failures. */
      incidents?: {
        /** Priorities, `P1` to `P5`. Default: `P1` and `P2`; alerts without one count. */
        priorities?: string[];
        /** Tags of which an alert must have one. Default: any, and none. */
        tags?: string[];
      };
      /**
       * Address of an alert's page, with `{id}` for its id, such as
       * `https://fernhill.atlassian.net/jira/ops/alerts/{id}`. Default: no link.
       */
      alertUrl?: string;
      /** Names of teams by their ids: payloads carry ids only. */
      teams?: Array<{ id: string; name: string }>;
    };
  };
}
