export interface Config {
  portal?: {
    /**
     * Who administers the portal. The page of a component offers changes to them too.
     *
     * @deepVisibility frontend
     */
    administrators?: string[];
  };
  goldenPaths?: {
    /**
     * Whether an owner has to be on call. The form says so before anything is sent.
     *
     * @visibility frontend
     */
    requireOnCall?: boolean;
    publish?: {
      /**
       * Where new repositories are published. The form checks names on the portal's own git host as they are typed; on other hosts the
       * preflight step does.
       *
       * @visibility frontend
       */
      provider?: 'git' | 'github' | 'gitlab';
    };
  };
}
