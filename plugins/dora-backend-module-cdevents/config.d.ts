export interface Config {
  dora?: {
    /** CDEvents. */
    cdevents?: {
      /**
       * Which tickets are incidents. The first entry that matches counts; within an entry everything
       * that is given must match, and a list matches with any of its members. Compared without case.
       * Default: none.
       */
      incidentTickets?: Array<{
        /** Of `ticketType`, such as `incident`. */
        types?: string[];
        labels?: string[];
        /** Of `priority`, such as `critical`. */
        priorities?: string[];
        /** Of `group`. */
        groups?: string[];
        /** What the label begins with that names the service. Default `service:`. */
        serviceLabel?: string;
        /** Service of tickets that name none. */
        service?: string;
        /** Environment of tickets that name none. Default: production. */
        environment?: string;
      }>;
    };
  };
}
