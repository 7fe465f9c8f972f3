export interface Config {
  portal?: {
    /**
     * Users and groups who administer the portal, as entity refs such as `group:default/platform`. They may do what the
     * policy reserves for administrators, and what it reserves for owners.
     */
    administrators?: string[];
  };
}
