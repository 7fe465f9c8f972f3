export interface Config {
  goldenPaths?: {
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
