export interface Config {
  dora?: {
    /** Alerts of Prometheus Alertmanager as a source of delivery events. */
    alertmanager?: {
      /**
       * Tokens of which a request must carry one as `Authorization: Bearer …`. A
       * list, so that a new one can be added before the old one is taken away.
       *
       * @deepVisibility secret
       */
      bearerTokens?: string[];
      /** Or names and passwords, for `Authorization: Basic …`. */
      basicAuth?: Array<{
        username: string;
        /** @visibility secret */
        password: string;
      }>;
      /**
       * Which alerts are incidents: those that have all labels of any item. Default:
       * `severity: critical`, or `incident: 'true'`.
       */
      incidents?: Array<{
        /** Label name → its value. */
        labels: { [name: string]: string };
      }>;
      /**
       * Labels that name the service, the first that an alert has wins. Default:
       * `service`, `app_kubernetes_io_name`, `app`, `job`.
       */
      serviceLabels?: string[];
      /** Labels that name the environment. Default: `environment`, `env`. */
      environmentLabels?: string[];
      /** Alerts whose labels name no service well: the first item that matches wins. */
      services?: Array<{
        /** Label name → its value; all must match. */
        labels: { [name: string]: string };
        /** The component the alert is about. */
        entityRef: string;
      }>;
    };
  };
}
