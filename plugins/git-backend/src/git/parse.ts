import {
  Commit,
  FileChange,
  GitPushCommit,
  TreeEntry,
} from '@pavedroad/plugin-git-common';

/** Fields of a commit in the order `parseCommits` reads them, NUL between. */
export const COMMIT_FORMAT =
  '%H%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%s%x00%b%x00';
const COMMIT_FIELDS = 10;

/** Reads `git log -z --format=<COMMIT_FORMAT>`. */
export function parseCommits(output: string): Commit[] {
  const fields = output.split('\0');
  const commits: Commit[] = [];
  let position = 0;
  while (position + COMMIT_FIELDS <= fields.length) {
    const [
      id,
      parents,
      authorName,
      authorEmail,
      authoredAt,
      committerName,
      committerEmail,
      committedAt,
      subject,
      body,
    ] = fields.slice(position, position + COMMIT_FIELDS);
    commits.push({
      id,
      parents: parents ? parents.split(' ') : [],
      authorName,
      authorEmail,
      authoredAt,
      committerName,
      committerEmail,
      committedAt,
      subject,
      body: body.trimEnd(),
    });
    // The terminator of -z follows the last field's NUL.
    position += COMMIT_FIELDS + 1;
  }
  return commits;
}

// A record starts with this, which can stand in no path: paths are not empty.
/** Format for `git log -z --name-only`; `parsePushCommits` reads it. */
export const PUSH_COMMIT_FORMAT =
  '%x00%x00%H%x00%P%x00%aI%x00%cI%x00%an%x00%ae%x00%s%x00';

/**
 * Reads `git log -z --name-only --format=<PUSH_COMMIT_FORMAT>`.
 *
 * @param maxPaths - a commit that changes more is given without its paths
 * @param maxTotalPaths - commits after this many paths are given without theirs
 */
export function parsePushCommits(
  output: string,
  limits: { maxPaths: number; maxTotalPaths: number },
): GitPushCommit[] {
  const commits: GitPushCommit[] = [];
  let total = 0;
  const fields = output.split('\0');
  let position = 0;
  while (position < fields.length) {
    // Skip separators up to the next commit id.
    while (position < fields.length && fields[position].trim() === '') {
      position += 1;
    }
    if (position + 7 > fields.length) {
      break;
    }
    const [id, parents, authoredAt, committedAt, authorName, authorEmail] =
      fields.slice(position, position + 6);
    const subject = fields[position + 6];
    position += 7;
    // After the header comes an empty field (end of the format), then paths up
    // to the empty fields that start the next record.
    const paths: string[] = [];
    let empty = 0;
    while (position < fields.length) {
      const field = fields[position].replace(/^\n/, '');
      if (field === '') {
        empty += 1;
        // The next record is announced by its two leading separators.
        if (
          empty >= 2 &&
          position + 1 < fields.length &&
          /^[0-9a-f]{40}$/.test(fields[position + 1])
        ) {
          break;
        }
      } else {
        paths.push(field);
        empty = 0;
      }
      position += 1;
    }
    total += paths.length;
    commits.push({
      id,
      parents: parents ? parents.split(' ') : [],
      authoredAt,
      committedAt,
      authorName,
      authorEmail,
      ...(paths.length <= limits.maxPaths && total <= limits.maxTotalPaths
        ? { paths }
        : {}),
      subject,
    });
  }
  return commits;
}

const ENTRY_TYPES: Record<string, TreeEntry['type']> = {
  '040000': 'directory',
  '120000': 'symlink',
  '160000': 'submodule',
};

/** Reads `git ls-tree -z --long`, of the directory `parent`. */
export function parseTree(output: string, parent: string): TreeEntry[] {
  return output
    .split('\0')
    .filter(line => line !== '')
    .map(line => {
      const tab = line.indexOf('\t');
      const [mode, , id, size] = line.slice(0, tab).split(/ +/);
      const relative = line.slice(tab + 1);
      const path = parent ? `${parent}/${relative}` : relative;
      return {
        name: path.slice(path.lastIndexOf('/') + 1),
        path,
        type: ENTRY_TYPES[mode] ?? 'file',
        mode,
        id,
        ...(size === '-' ? {} : { size: Number(size) }),
      };
    });
}

/** Directories first, then by name; the order people look things up in. */
export function sortTree(entries: TreeEntry[]): TreeEntry[] {
  const rank = (entry: TreeEntry) => (entry.type === 'directory' ? 0 : 1);
  return [...entries].sort(
    (a, b) =>
      rank(a) - rank(b) || (a.path < b.path ? -1 : Number(a.path > b.path)),
  );
}

const STATUS: Record<string, FileChange['status']> = {
  A: 'added',
  M: 'modified',
  D: 'deleted',
  R: 'renamed',
  T: 'type_changed',
};

/** Reads `git diff-tree -z --raw --numstat`, renames included. */
export function parseFileChanges(output: string): FileChange[] {
  const fields = output.split('\0');
  const changes = new Map<string, FileChange>();
  let position = 0;
  while (position < fields.length) {
    const field = fields[position].replace(/^\n/, '');
    position += 1;
    if (field.startsWith(':')) {
      const status = STATUS[field.split(' ')[4]?.[0] ?? ''] ?? 'modified';
      if (status === 'renamed') {
        const previousPath = fields[position];
        const path = fields[position + 1];
        position += 2;
        changes.set(path, { path, previousPath, status });
      } else {
        const path = fields[position];
        position += 1;
        changes.set(path, { path, status });
      }
    } else if (field !== '') {
      const [additions, deletions, inlinePath] = field.split('\t');
      let path = inlinePath;
      if (path === '') {
        // A rename: old and new path follow.
        path = fields[position + 1];
        position += 2;
      }
      const change = path === undefined ? undefined : changes.get(path);
      if (change && additions !== '-') {
        change.additions = Number(additions);
        change.deletions = Number(deletions);
      }
    }
  }
  return [...changes.values()];
}
