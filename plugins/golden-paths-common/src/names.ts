/** Fewest characters of a component or repository name. */
export const NAME_MIN_LENGTH = 3;

/** Most characters of a component or repository name: leaves room for suffixes such as `-canary` within a DNS label. */
export const NAME_MAX_LENGTH = 40;

/**
 * The pattern a name must match, for JSON schemas and HTML inputs. It cannot express the reserved words and the doubled dash:
 * {@link nameProblem} decides.
 */
export const NAME_PATTERN = '^[a-z]([a-z0-9-]{1,38}[a-z0-9])$';

/** The rule in words, shown under the field and repeated by every refusal. */
export const NAME_RULE = `Use ${NAME_MIN_LENGTH} to ${NAME_MAX_LENGTH} lower-case letters, digits and single dashes, starting with a letter and ending with a letter or digit.`;

/**
 * Words that read as something else where names end up: paths of the portal and its git host, files of git, branches,
 * namespaces of Kubernetes, devices of Windows checkouts.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'admin',
  'all',
  'api',
  'app',
  'apps',
  'assets',
  'auth',
  'aux',
  'blob',
  'catalog',
  'con',
  'create',
  'default',
  'docs',
  'false',
  'git',
  'head',
  'health',
  'healthz',
  'info',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  'localhost',
  'login',
  'logout',
  'main',
  'master',
  'new',
  'nil',
  'none',
  'nul',
  'null',
  'objects',
  'off',
  'prn',
  'public',
  'raw',
  'refs',
  'root',
  'search',
  'settings',
  'static',
  'system',
  'tree',
  'true',
  'undefined',
  'unknown',
  'yes',
]);

const RESERVED_DEVICE = /^(com|lpt)[0-9]$/;

/**
 * Says what is wrong with a component or repository name, in one sentence for a person; `undefined` when nothing is. A name that
 * passes is safe as a DNS label, a path segment, a Kubernetes name, a git repository name and a shell word.
 */
export function nameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') {
    return `A name is needed. ${NAME_RULE}`;
  }
  if (name.length < NAME_MIN_LENGTH) {
    return `This name is too short. ${NAME_RULE}`;
  }
  if (name.length > NAME_MAX_LENGTH) {
    return `This name has ${name.length} characters, ${NAME_MAX_LENGTH} is the most. ${NAME_RULE}`;
  }
  if (name.startsWith('-')) {
    return `A name cannot start with a dash: programs would read it as an option. ${NAME_RULE}`;
  }
  if (name.endsWith('.git')) {
    return `Leave ".git" out: the git host adds it. ${NAME_RULE}`;
  }
  if (/[A-Z]/.test(name)) {
    return `Capital letters are not possible in host names. ${NAME_RULE}`;
  }
  if (!/^[a-z0-9-]+$/.test(name)) {
    return `This name has characters that host names, paths or shells would misread. ${NAME_RULE}`;
  }
  if (!/^[a-z]/.test(name)) {
    return `A name starts with a letter. ${NAME_RULE}`;
  }
  if (name.endsWith('-')) {
    return `A name cannot end with a dash. ${NAME_RULE}`;
  }
  if (name.includes('--')) {
    return `Two dashes in a row are kept for encoded host names. ${NAME_RULE}`;
  }
  if (RESERVED.has(name) || RESERVED_DEVICE.test(name)) {
    return `"${name}" is reserved. Choose a name that says what the service does.`;
  }
  return undefined;
}

/** Whether {@link nameProblem} finds nothing wrong. */
export function isValidName(name: unknown): name is string {
  return nameProblem(name) === undefined;
}
