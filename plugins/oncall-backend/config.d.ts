import { HumanDuration } from '@backstage/types';

export interface Config {
  /** Who is on call. */
  oncall?: {
    /**
     * How old the view of the catalog (people, groups, services, schedules) may grow before it is read again. 30 seconds by default.
     */
    catalogRefresh?: HumanDuration | string;

    /**
     * How long somebody may be on call without a break, over all schedules, before a change that makes it longer warns of it. 8 days by default.
     */
    longStretch?: HumanDuration | string;

    /** Calendars that layers of schedules follow. */
    calendars?: {
      /** How often a feed is read. 5 minutes by default; feeds that fail are asked less and less often. */
      refresh?: HumanDuration | string;
      /** Hosts that may be on a private network and may be read by http, with the port unless it is the usual one. None by default. */
      allowedHosts?: string[];
      /** Private networks that feeds may be on, such as `10.1.0.0/16`. None by default. */
      allowedNetworks?: string[];
    };

    /** Schedules of the portal's own. */
    native?: {
      /** How long a page waits for somebody to acknowledge it before the next level is called. 10 minutes by default. */
      escalateAfter?: HumanDuration | string;
    };

    /** How changes of schedules are proposed from the portal. */
    proposals?: {
      /**
       * Address of the folder new schedules are kept in, such as `https://github.com/fernhill/on-call/tree/main/schedules`. A location of the
       * catalog has to cover it. Without it a new schedule goes to a file that holds others of its group.
       */
      repository?: string;
    };

    /**
     * Tells people, by a notification, when a shift of theirs begins: until when, and what notes are open. Off by default.
     */
    handoffNotifications?: boolean;

    /** What is kept from whom. */
    privacy?: {
      /**
       * Hides the names of people on call from everybody but members of the group that owns the schedule, of groups below and above it, people
       * in the schedule, administrators and services. Off by default.
       */
      hideNamesFromNonMembers?: boolean;
    };
  };

  /** Settings all of the portal's own plugins share. */
  portal?: {
    /** Group and User entity refs of those who may change everything. */
    administrators?: string[];
  };
}
