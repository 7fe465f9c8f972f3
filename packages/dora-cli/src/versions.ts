import { posix } from 'node:path';
import { HistoryRelease } from '@pavedroad/plugin-dora-common';
import { Problem } from './problem';

/** Longer than any version; short enough for the name of a release, whatever is added to it. */
const MAX_VERSION_LENGTH = 200;

const CONTROL = /\p{Cc}/u;

/** What a file tells: its version, why it cannot tell one, or neither when it has none (yet). */
export interface FileVersion {
  version?: string;
  /** Continues a sentence that begins with the file's name. */
  problem?: string;
}

/** A commit that touched the file that holds the version, with what the file tells there. */
export interface VersionChange extends FileVersion {
  commit: string;
  /** ISO 8601. */
  committedAt: string;
  /** What was there before is not known, so that this is no release; but what follows is compared with it. */
  changeUnknown?: boolean;
}

/** A commit at which the file did not tell a version, and why. */
export interface PassedOver {
  commit: string;
  problem: string;
}

/**
 * The path of a file within its repository, from the repository's top folder, in one way to write it.
 *
 * @throws Problem when it is none
 */
export function versionFile(text: string): string {
  const path = posix.normalize(text);
  if (
    text.trim() === '' ||
    /^[-/]|^[a-z]:|\\|\/$/i.test(text) ||
    CONTROL.test(text) ||
    text.split('/').includes('..') ||
    path === '.' ||
    path.startsWith('-')
  ) {
    throw new Problem(
      `'${text}' is not a file of the repository: write its path from the top folder, like package.json or services/checkout/VERSION.`,
    );
  }
  return path;
}

/** The version that a file's content tells: of JSON its top-level `version`, of anything else the whole content. */
export function fileVersion(file: string, content: string): FileVersion {
  let version: unknown = content;
  if (/\.json$/i.test(file)) {
    try {
      // Trimming takes away the byte order mark too, which JSON does not allow.
      version = JSON.parse(content.trim())?.version;
    } catch {
      return { problem: 'is not valid JSON' };
    }
    if (version === undefined) {
      return {};
    }
  }
  if (typeof version !== 'string') {
    return { problem: 'has a version that is no text' };
  }
  const trimmed = version.trim();
  if (trimmed.length > MAX_VERSION_LENGTH || CONTROL.test(trimmed)) {
    return { problem: 'holds more than a version' };
  }
  return trimmed === '' ? {} : { version: trimmed };
}

/**
 * The releases among the commits of a line of history, oldest first: those whose version differs from the last one known.
 * A release is named after its version. The portal knows a release by its name, and keeps one of each; so when a version
 * comes back, its name also tells the commit, as semantic versioning writes a build.
 */
export function versionReleases(changes: VersionChange[]): {
  releases: HistoryRelease[];
  passedOver: PassedOver[];
} {
  const releases: HistoryRelease[] = [];
  const passedOver: PassedOver[] = [];
  const names = new Set<string>();
  let before: string | undefined;
  for (const change of changes) {
    const { commit, committedAt, version, problem, changeUnknown } = change;
    if (problem !== undefined) {
      passedOver.push({ commit, problem });
    }
    if (version === undefined || version === before) {
      continue;
    }
    before = version;
    if (changeUnknown) {
      continue;
    }
    const plain = /^v/i.test(version) ? version : `v${version}`;
    const name = names.has(plain)
      ? `${plain}${plain.includes('+') ? '.' : '+'}${commit.slice(0, 12)}`
      : plain;
    names.add(name);
    releases.push({ name, revision: commit, releasedAt: committedAt });
  }
  return { releases, passedOver };
}
