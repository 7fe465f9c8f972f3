import {
  ownerProblem,
  parseFileUrl,
  repositoryNameProblem,
} from '@pavedroad/plugin-git-common';
import type { RepositoryAddress } from './types';

/** How the hosts are addressed; all without a slash at the end. */
export type KnownHosts = {
  /** `<portal>/api/git` */
  gitBaseUrl: string;
  /** Where the portal's pages are; repositories below `/git`. */
  appBaseUrl: string;
  isGithub: (url: string) => boolean;
  isGitlab: (url: string) => boolean;
};

/** A path or branch as it stands in an address. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

const SEGMENT = /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/;

function usable(segments: string[]): boolean {
  return segments.every(
    segment => SEGMENT.test(segment) && segment !== '.' && segment !== '..',
  );
}

/** The repository below a base address, with or without `.git`. */
function below(
  base: string,
  url: URL,
): { owner: string; name: string } | undefined {
  const root = new URL(base);
  const prefix = `${root.pathname.replace(/\/+$/, '')}/`;
  if (url.origin !== root.origin || !url.pathname.startsWith(prefix)) {
    return undefined;
  }
  const [owner = '', last = '', ...rest] = url.pathname
    .slice(prefix.length)
    .replace(/\/+$/, '')
    .split('/');
  const name = last.replace(/\.git$/, '');
  return rest.length > 0 || ownerProblem(owner) || repositoryNameProblem(name)
    ? undefined
    : { owner, name };
}

/**
 * Reads the address of a repository, or of a file or folder in one. Pure.
 *
 * @returns `undefined` when it is none of a known host
 */
export function parseRepositoryAddress(
  text: string,
  hosts: KnownHosts,
): RepositoryAddress | undefined {
  let url: URL;
  let segments: string[];
  try {
    url = new URL(text);
    segments = url.pathname
      .split('/')
      .filter(segment => segment !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
  if (!/^https?:$/.test(url.protocol) || url.username || url.password) {
    return undefined;
  }
  const host = url.host.toLowerCase();

  // The portal's own host first: it is listed among the integrations of GitLab, which resolve its relative addresses.
  const file = parseFileUrl(hosts.gitBaseUrl, text);
  if (file) {
    const { owner, name, refAndPath } = file;
    return { provider: 'git', host, slug: `${owner}/${name}`, refAndPath };
  }
  const own =
    below(hosts.gitBaseUrl, url) ?? below(`${hosts.appBaseUrl}/git`, url);
  if (own) {
    const slug = `${own.owner}/${own.name}`;
    return { provider: 'git', host, slug, refAndPath: [] };
  }
  if (
    url.origin === new URL(hosts.gitBaseUrl).origin ||
    url.origin === new URL(hosts.appBaseUrl).origin
  ) {
    return undefined;
  }

  if (hosts.isGithub(text)) {
    const [owner, last, kind, ...rest] = segments;
    const name = last?.replace(/\.git$/, '');
    if (!owner || !name || !usable([owner, name])) {
      return undefined;
    }
    const inside = ['blob', 'tree', 'edit', 'raw'].includes(kind);
    return kind === undefined || inside
      ? { provider: 'github', host, slug: `${owner}/${name}`, refAndPath: rest }
      : undefined;
  }
  if (hosts.isGitlab(text)) {
    const dash = segments.indexOf('-');
    const old = segments.findIndex(
      (s, i) => i >= 2 && (s === 'blob' || s === 'tree'),
    );
    const end = dash >= 0 ? dash : old;
    const project = end >= 0 ? segments.slice(0, end) : segments;
    const rest = end >= 0 ? segments.slice(dash >= 0 ? end + 2 : end + 1) : [];
    const slug = project.join('/').replace(/\.git$/, '');
    return project.length >= 2 && usable(slug.split('/'))
      ? { provider: 'gitlab', host, slug, refAndPath: rest }
      : undefined;
  }
  return undefined;
}
