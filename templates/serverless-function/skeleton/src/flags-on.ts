import type { Flag } from './flags.js';

/**
 * Feature flags that are on, by environment. Part of what is built and signed, so that switching one is a commit somebody reviewed and a
 * release like any other: some of the requests first, and taken back by an alarm. FEATURE_FLAGS, where it is set, says otherwise.
 */
export const FLAGS_ON: Readonly<Record<string, readonly Flag[]>> = {
  staging: [],
  production: [],
};
