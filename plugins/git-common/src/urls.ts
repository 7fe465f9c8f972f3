import {
  ownerProblem,
  pathProblem,
  RepositorySlug,
  repositoryNameProblem,
} from './names';

/** A file or directory of the git host, as its URL names it. */
export interface FileUrl extends RepositorySlug {
  kind: 'blob' | 'tree';
  /**
   * The decoded segments after `blob/` or `tree/`. Refs may hold slashes, so
   * where the ref ends only the repository can tell.
   */
  refAndPath: string[];
}

const encodePath = (path: string) =>
  path.split('/').map(encodeURIComponent).join('/');

/**
 * The address `git clone` takes.
 *
 * @param gitBaseUrl - external base URL of the plugin, `<portal>/api/git`
 */
export function cloneUrl(gitBaseUrl: string, slug: RepositorySlug): string {
  return `${gitBaseUrl}/${slug.owner}/${slug.name}.git`;
}

/**
 * The address of a file (`blob`) or directory (`tree`).
 *
 * @param gitBaseUrl - external base URL of the plugin, `<portal>/api/git`
 */
export function fileUrl(
  gitBaseUrl: string,
  slug: RepositorySlug,
  kind: 'blob' | 'tree',
  ref: string,
  path: string,
): string {
  const tail = path === '' ? '' : `/${encodePath(path)}`;
  return `${gitBaseUrl}/${slug.owner}/${slug.name}/${kind}/${encodePath(
    ref,
  )}${tail}`;
}

/**
 * Reads the address of a file or directory.
 *
 * @param gitBaseUrl - external base URL of the plugin, `<portal>/api/git`
 * @returns its parts, or `undefined` when it is no such address of this host
 */
export function parseFileUrl(
  gitBaseUrl: string,
  url: string,
): FileUrl | undefined {
  let base: URL;
  let target: URL;
  try {
    base = new URL(gitBaseUrl);
    target = new URL(url);
  } catch {
    return undefined;
  }
  const prefix = `${base.pathname.replace(/\/+$/, '')}/`;
  if (target.origin !== base.origin || !target.pathname.startsWith(prefix)) {
    return undefined;
  }
  // A trailing slash marks a directory and is no part of its name.
  const raw = target.pathname.slice(prefix.length).replace(/\/+$/, '');
  let segments: string[];
  try {
    segments = raw.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [owner, name, kind, ...refAndPath] = segments;
  if (
    (kind !== 'blob' && kind !== 'tree') ||
    ownerProblem(owner) ||
    repositoryNameProblem(name) ||
    refAndPath.length === 0 ||
    refAndPath.some(segment => segment.includes('/')) ||
    pathProblem(refAndPath.join('/'))
  ) {
    return undefined;
  }
  return { owner, name, kind, refAndPath };
}
