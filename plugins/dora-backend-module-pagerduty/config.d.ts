export interface Config {
  dora?: {
    /** PagerDuty incidents as a source of delivery events. */
    pagerduty?: {
      /**
       * Signing secrets of webhook subscriptions. Any of them may sign a request, so
       * that a new one can be added before the old one is taken away.
       *
       * @deepVisibility secret
       */
      webhookSecrets?: string[];
      /** Which incidents count as failures. */
      incidents?: {
        /** Urgencies, `high` or `low`. Default: `high`. */
        urgencies?: string[];
        /** Names of priorities, e.g. `P1`. Default: any, and none. */
        priorities?: string[];
      };
    };
  };
}
