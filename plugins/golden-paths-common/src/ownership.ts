/**
 * Whose a generated file is.
 *
 * - `managed`: the platform's; local edits are drift and upgrades replace them.
 * - `merged`: shared; upgrades merge three ways. The default.
 * - `seed`: given once, then the team's; upgrades never touch it.
 */
export type OwnershipClass = 'managed' | 'merged' | 'seed';

/** All classes, for schemas. */
export const OWNERSHIP_CLASSES = ['managed', 'merged', 'seed'] as const;

/** The class of a file no rule names. */
export const DEFAULT_OWNERSHIP: OwnershipClass = 'merged';

/**
 * One rule of a template. `pattern` is a path from the repository's root with `*` (within a segment), `**` (any number of
 * segments) and `?`; a pattern ending in `/` means everything below that folder.
 */
export type OwnershipRule = {
  pattern: string;
  class: OwnershipClass;
  /** Its files come with a part that not every answer composes, so that none may match. */
  optional?: boolean;
};

/** The longest pattern accepted, in characters. */
export const MAX_PATTERN_LENGTH = 200;

/** Says what is wrong with a pattern, `undefined` when nothing is. */
export function ownershipPatternProblem(pattern: string): string | undefined {
  if (pattern.length === 0 || pattern.length > MAX_PATTERN_LENGTH) {
    return `An ownership pattern has 1 to ${MAX_PATTERN_LENGTH} characters.`;
  }
  if (pattern.startsWith('/')) {
    return `Ownership pattern "${pattern}" starts with a slash; patterns start at the repository's root without one.`;
  }
  if (pattern.includes('\\')) {
    return `Ownership pattern "${pattern}" has a backslash; separate folders with "/".`;
  }
  const segments = pattern.replace(/\/$/, '').split('/');
  if (segments.some(s => s === '' || s === '.' || s === '..')) {
    return `Ownership pattern "${pattern}" has an empty, "." or ".." segment.`;
  }
  if (segments.some(s => s.includes('**') && s !== '**')) {
    return `Ownership pattern "${pattern}" mixes "**" with other characters in one segment.`;
  }
  return undefined;
}

/**
 * Whether one path segment matches one pattern segment. Linear backtracking over the last `*` only, so that no pattern makes it
 * slow.
 */
function segmentMatches(pattern: string, segment: string): boolean {
  let p = 0;
  let s = 0;
  let star = -1;
  let resume = 0;
  while (s < segment.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p;
      resume = s;
      p += 1;
    } else if (
      p < pattern.length &&
      (pattern[p] === '?' || pattern[p] === segment[s])
    ) {
      p += 1;
      s += 1;
    } else if (star >= 0) {
      resume += 1;
      s = resume;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern[p] === '*') {
    p += 1;
  }
  return p === pattern.length;
}

/** Whether a path of the repository matches a pattern. Invalid patterns match nothing. */
export function matchesOwnershipPattern(
  pattern: string,
  path: string,
): boolean {
  if (ownershipPatternProblem(pattern)) {
    return false;
  }
  const wanted = (pattern.endsWith('/') ? `${pattern}**` : pattern).split('/');
  const actual = path.split('/');
  // reachable[i]: the pattern segments so far can match the first i path segments.
  let reachable = actual.map(() => false);
  reachable = [true, ...reachable];
  for (const [index, segment] of wanted.entries()) {
    const next = Array.from({ length: actual.length + 1 }, () => false);
    if (segment === '**') {
      // At the end it stands for at least one segment: "a/**" is what is below "a", not "a".
      const least = index === wanted.length - 1 ? 1 : 0;
      let from = reachable.indexOf(true);
      if (from >= 0) {
        for (from += least; from <= actual.length; from += 1) {
          next[from] = true;
        }
      }
    } else {
      for (let i = 0; i < actual.length; i += 1) {
        if (reachable[i] && segmentMatches(segment, actual[i])) {
          next[i + 1] = true;
        }
      }
    }
    reachable = next;
  }
  return reachable[actual.length];
}

/** The class of a path: the last rule that matches decides, {@link DEFAULT_OWNERSHIP} when none does. */
export function resolveOwnership(
  path: string,
  rules: readonly OwnershipRule[],
): OwnershipClass {
  for (let i = rules.length - 1; i >= 0; i -= 1) {
    if (matchesOwnershipPattern(rules[i].pattern, path)) {
      return rules[i].class;
    }
  }
  return DEFAULT_OWNERSHIP;
}

/** The rules that match none of the paths though they should: a moved file left its rule behind. */
export function unusedOwnershipRules(
  paths: readonly string[],
  rules: readonly OwnershipRule[],
): OwnershipRule[] {
  return rules.filter(
    rule =>
      !rule.optional &&
      !paths.some(path => matchesOwnershipPattern(rule.pattern, path)),
  );
}
