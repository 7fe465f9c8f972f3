/**
 * What owners, repositories, refs and paths may be called. Every name that
 * enters the git host passes one of these rules before anything else looks at
 * it. Each rule answers with a sentence for people, or `undefined` when the
 * name is fine.
 */

const MAX_NAME_LENGTH = 63;
const MAX_REF_LENGTH = 244;
const MAX_PATH_LENGTH = 1024;
const MAX_PATH_SEGMENT_BYTES = 255;

/** First path segments below `/api/git` that are routes of the host itself. */
const RESERVED_OWNERS = new Set(['v1', 'v2', 'openapi.json', '.backstage']);

// Entity names of the catalog: letters and digits, joined by single - _ or .
const ENTITY_NAME = /^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/i;

/** Device names that Windows refuses as file names, so clones would fail there. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

const CONTROL_CHARACTER = /\p{Cc}/u;

/** Whether every surrogate has its partner, so that UTF-8 can hold the text. */
function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

function nameProblem(what: string, name: string): string | undefined {
  if (name.length === 0) {
    return `${what} must not be empty`;
  }
  if (name.length > MAX_NAME_LENGTH) {
    return `${what} must be at most ${MAX_NAME_LENGTH} characters long`;
  }
  if (!ENTITY_NAME.test(name)) {
    return `${what} may hold letters, digits and single - _ . between them`;
  }
  return undefined;
}

/**
 * The owner of a repository: the name of a Group in the default namespace.
 *
 * @returns what is wrong with it, or `undefined`
 */
export function ownerProblem(owner: string): string | undefined {
  const problem = nameProblem('The owner', owner);
  if (problem) {
    return problem;
  }
  return RESERVED_OWNERS.has(owner.toLowerCase())
    ? `The owner must not be called '${owner}', which is a route of the git host`
    : undefined;
}

/**
 * A repository's name.
 *
 * @returns what is wrong with it, or `undefined`
 */
export function repositoryNameProblem(name: string): string | undefined {
  const problem = nameProblem('The repository name', name);
  if (problem) {
    return problem;
  }
  if (/\.(?:git|lock|bundle)$/i.test(name)) {
    return 'The repository name must not end in .git, .lock or .bundle';
  }
  if (WINDOWS_DEVICE.test(name)) {
    return `The repository name must not be '${name}', a device name on Windows`;
  }
  return undefined;
}

/** Owner and name of a repository. */
export interface RepositorySlug {
  owner: string;
  name: string;
}

/**
 * Reads `<owner>/<name>`.
 *
 * @returns the two parts, or `undefined` when either is not allowed
 */
export function parseRepositorySlug(slug: string): RepositorySlug | undefined {
  const [owner, name, ...rest] = slug.split('/');
  if (
    rest.length > 0 ||
    owner === undefined ||
    name === undefined ||
    ownerProblem(owner) ||
    repositoryNameProblem(name)
  ) {
    return undefined;
  }
  return { owner, name };
}

/** The slug of a repository, as in the annotation `pavedroad.dev/repository`. */
export function stringifyRepositorySlug(slug: RepositorySlug): string {
  return `${slug.owner}/${slug.name}`;
}

/**
 * A full ref name (`refs/heads/main`), by the rules of `git check-ref-format`,
 * and a limit on the length so that the name fits a file name.
 *
 * @returns what is wrong with it, or `undefined`
 */
export function refNameProblem(ref: string): string | undefined {
  if (ref.length === 0) {
    return 'The ref must not be empty';
  }
  if (new TextEncoder().encode(ref).length > MAX_REF_LENGTH) {
    return `The ref must be at most ${MAX_REF_LENGTH} bytes long`;
  }
  if (CONTROL_CHARACTER.test(ref)) {
    return 'The ref must not hold control characters';
  }
  if (!isWellFormed(ref)) {
    return 'The ref must be valid Unicode text';
  }
  if (/[ ~^:?*[\\]/.test(ref)) {
    return 'The ref must not hold a space or any of ~ ^ : ? * [ \\';
  }
  if (ref.includes('..') || ref.includes('@{') || ref === '@') {
    return "The ref must not hold '..' or '@{', nor be '@'";
  }
  if (ref.endsWith('.')) {
    return 'The ref must not end with a dot';
  }
  for (const component of ref.split('/')) {
    if (component.length === 0) {
      return 'The ref must not start or end with a slash or hold two in a row';
    }
    if (component.startsWith('.')) {
      return 'No part of the ref may start with a dot';
    }
    if (component.endsWith('.lock')) {
      return "No part of the ref may end with '.lock'";
    }
  }
  return undefined;
}

/**
 * A branch or tag as people write it (`main`, `feature/login`). Stricter than
 * git in two ways: it must not start with a dash, which commands would read as
 * an option, and it must not look like a commit id or `HEAD`, which would make
 * it ambiguous.
 *
 * @returns what is wrong with it, or `undefined`
 */
export function branchNameProblem(branch: string): string | undefined {
  const problem = refNameProblem(branch);
  if (problem) {
    return problem.replace(/^(The|No part of the) ref/, '$1 branch');
  }
  if (branch.startsWith('-')) {
    return 'The branch must not start with a dash';
  }
  if (branch === 'HEAD' || branch.startsWith('refs/')) {
    return "The branch must not be called 'HEAD' or start with 'refs/'";
  }
  if (isCommitId(branch)) {
    return 'The branch must not look like a commit id';
  }
  return undefined;
}

/** Whether the text is a full commit id (40 hexadecimal digits). */
export function isCommitId(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/**
 * Something that names a commit in a request: a branch, a tag, `HEAD`, a full
 * or shortened commit id. Expressions such as `main~1` are refused.
 *
 * @returns what is wrong with it, or `undefined`
 */
export function revisionProblem(revision: string): string | undefined {
  if (revision.startsWith('-')) {
    return 'The revision must not start with a dash';
  }
  return refNameProblem(revision)?.replace(
    /^(The|No part of the) ref/,
    '$1 revision',
  );
}

/**
 * A path inside a repository, for reading: relative, `/` between parts.
 * The empty path is the root.
 *
 * @returns what is wrong with it, or `undefined`
 */
export function pathProblem(path: string): string | undefined {
  if (path === '') {
    return undefined;
  }
  if (path.length > MAX_PATH_LENGTH) {
    return `The path must be at most ${MAX_PATH_LENGTH} characters long`;
  }
  if (CONTROL_CHARACTER.test(path)) {
    return 'The path must not hold control characters';
  }
  if (!isWellFormed(path)) {
    return 'The path must be valid Unicode text';
  }
  if (path.includes('\\')) {
    return 'The path must not hold a backslash';
  }
  for (const segment of path.split('/')) {
    if (segment === '') {
      return 'The path must be relative and must not hold two slashes in a row';
    }
    if (segment === '.' || segment === '..') {
      return "The path must not hold '.' or '..'";
    }
    if (new TextEncoder().encode(segment).length > MAX_PATH_SEGMENT_BYTES) {
      return `No part of the path may be longer than ${MAX_PATH_SEGMENT_BYTES} bytes`;
    }
  }
  return undefined;
}

/**
 * A path of a file that is written through the host. Besides the rules for
 * reading, no part may be read as `.git` by any file system a clone may land
 * on (case, trailing dots and spaces, Windows short names, stream names).
 *
 * @returns what is wrong with it, or `undefined`
 */
export function writablePathProblem(path: string): string | undefined {
  if (path === '') {
    return 'The path must not be empty';
  }
  const problem = pathProblem(path);
  if (problem) {
    return problem;
  }
  for (const segment of path.split('/')) {
    // Code points that HFS+ drops when it compares names.
    const folded = segment
      .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')
      .toLowerCase()
      .replace(/:.*$/, '')
      .replace(/[. ]+$/, '');
    if (folded === '.git' || folded === 'git~1') {
      return "No part of the path may be '.git'";
    }
  }
  return undefined;
}
