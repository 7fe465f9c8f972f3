import { ServiceFactsConfig } from '../facts';

/** The tier that metrics default to. */
export const PRODUCTION = 'production';

/** Environment names are compared without case and outer space. */
export function environmentName(name: string): string {
  return name.trim().toLowerCase();
}

const word = (alternatives: string) =>
  new RegExp(`(^|[^a-z])(${alternatives})([^a-z]|$)`);
const CONVENTIONS: [RegExp, string][] = [
  [word('staging|stage|stg|pre-?prod(uction)?|uat|acceptance'), 'staging'],
  [word('non-?prod(uction)?|test|testing|qa|integration|int'), 'testing'],
  [word('dev|develop|development|sandbox|preview|review|local'), 'development'],
  [word('prod|production|prd|live'), PRODUCTION],
];

/**
 * Tier of an environment: as configured, else as its source says, else by the usual names, else its own name.
 *
 * @param said - tier by the source, when it names one
 */
export function environmentTier(
  name: string,
  tiers: ServiceFactsConfig['environmentTiers'] = {},
  said?: string,
): string {
  const environment = environmentName(name);
  for (const [key, tier] of Object.entries(tiers)) {
    if (environmentName(key) === environment) {
      return environmentName(tier);
    }
  }
  return (
    (said === undefined ? undefined : environmentName(said)) ??
    CONVENTIONS.find(([pattern]) => pattern.test(environment))?.[1] ??
    environment
  );
}
