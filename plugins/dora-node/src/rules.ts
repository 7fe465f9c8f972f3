import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { ServiceHint } from '@pavedroad/plugin-dora-common';
import { minimatch } from 'minimatch';

/**
 * Whether a text matches any of some globs; case does not count.
 *
 * @public
 */
export function matchesAny(
  text: string | undefined,
  patterns: readonly string[],
): boolean {
  return (
    text !== undefined &&
    text.length <= 500 &&
    patterns.some(pattern =>
      minimatch(text, pattern, {
        nocase: true,
        dot: true,
        nobrace: true,
        noext: true,
      }),
    )
  );
}

/**
 * A configured rule about deployments of a provider: to what it applies, and what
 * it says of them.
 *
 * @public
 */
export interface PlaceRule {
  /** Globs by the name of what they are matched with. */
  when: Record<string, string>;
  /** Environment to count it for, when not the one it names. */
  environment?: string;
  tier?: string;
  entityRef?: string;
  path?: string;
  /** Not a deployment at all. */
  ignore: boolean;
}

/**
 * Reads a list of rules.
 *
 * @param conditions - names of the globs a rule may have
 * @throws InputError when a rule has no condition
 * @public
 */
export function readPlaceRules(
  configs: Config[] | undefined,
  conditions: readonly string[],
): PlaceRule[] {
  return (configs ?? []).map(config => {
    const when = Object.fromEntries(
      conditions.flatMap(name => {
        const glob = config.getOptionalString(name);
        return glob === undefined ? [] : [[name, glob]];
      }),
    );
    if (Object.keys(when).length === 0) {
      throw new InputError(
        `A rule about deployments needs one of ${conditions.join(', ')}`,
      );
    }
    return {
      when,
      environment: config.getOptionalString('countAs'),
      tier: config.getOptionalString('tier'),
      entityRef: config.getOptionalString('entityRef'),
      path: config.getOptionalString('path'),
      ignore: config.getOptionalBoolean('ignore') ?? false,
    };
  });
}

/**
 * A list of secrets. Empty ones, such as of variables that are not set, are none.
 *
 * @throws InputError when it is no list of texts
 * @public
 */
export function readSecrets(config: Config | undefined, key: string): string[] {
  const value = config?.getOptional(key) ?? [];
  if (!Array.isArray(value) || value.some(item => typeof item !== 'string')) {
    throw new InputError(`${key} must be a list of texts`);
  }
  return (value as string[]).filter(secret => secret.trim() !== '');
}

/**
 * The first rule whose globs all match. What is undefined matches nothing.
 *
 * @public
 */
export function ruleFor(
  rules: readonly PlaceRule[],
  facts: Record<string, string | readonly string[] | undefined>,
): PlaceRule | undefined {
  return rules.find(({ when }) =>
    Object.entries(when).every(([name, glob]) => {
      const fact = facts[name];
      return [fact ?? []]
        .flat()
        .some(text => matchesAny(text as string, [glob]));
    }),
  );
}

/**
 * What names the service: the rule, else what the payload says, with its repository.
 *
 * @public
 */
export function placedService(
  repository: string,
  rule: PlaceRule | undefined,
  said: { entityRef?: string; name?: string; path?: string } = {},
): ServiceHint {
  const entityRef = rule?.entityRef ?? said.entityRef;
  const path = rule?.path ?? said.path;
  return {
    ...(entityRef && { entityRef: entityRef.toLowerCase() }),
    ...(said.name && !entityRef && { name: said.name }),
    repository,
    ...(path && { path }),
  };
}
