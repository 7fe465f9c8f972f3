/**
 * What the browser is told about the environment it runs in. The server writes it into every page it answers, so one artifact serves
 * all stages. Everybody can read it: nothing secret belongs here.
 */
export type RuntimeConfig = {
  /** Version and commit of the artifact. */
  version: string;
  /** `staging`, `production`, or `development` on a laptop. */
  environment: string;
  /** Feature flags, as the server sees them. */
  flags: Readonly<Record<string, boolean>>;
  /** Where users are sent with questions; `undefined` shows no link. */
  supportUrl?: string;
  /** Share of page loads that send their vitals, above 0 and up to 1. */
  vitalsSampleRate: number;
};
