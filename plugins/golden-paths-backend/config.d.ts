export interface Config {
  goldenPaths?: {
    /** The files a form shows before anything is created. */
    preview?: {
      /** How many are rendered at a time. Default: 2. */
      concurrency?: number;
      /** How many one person may ask for in a minute. Default: 60. */
      requestsPerMinute?: number;
      /** After how many seconds one is given up. Default: 20. */
      timeoutSeconds?: number;
    };
  };
}
