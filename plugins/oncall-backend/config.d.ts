import { HumanDuration } from '@backstage/types';

export interface Config {
  /** Who is on call. */
  oncall?: {
    /**
     * How old the view of the catalog (people, groups, services, schedules) may grow before it is read again. 30 seconds by default.
     */
    catalogRefresh?: HumanDuration | string;
  };

  /** Settings all of the portal's own plugins share. */
  portal?: {
    /** Group and User entity refs of those who may change everything. */
    administrators?: string[];
  };
}
