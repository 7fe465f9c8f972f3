import type { PreviewFile } from '@pavedroad/plugin-golden-paths-common';

/** A folder with what is in it. */
export type Folder = {
  /** From the root; empty for the root itself. */
  path: string;
  /** Several levels in one where nothing else is in between. */
  name: string;
  folders: Folder[];
  files: PreviewFile[];
  /** Files in it and below. */
  count: number;
};

/** Files as folders, by name; a folder that holds nothing but another one is shown as one with it. */
export function fileTree(files: readonly PreviewFile[]): Folder {
  const root: Folder = folder('', '');
  const known = new Map([['', root]]);
  const at = (path: string): Folder => {
    const found = known.get(path);
    if (found) {
      return found;
    }
    const cut = path.lastIndexOf('/');
    const made = folder(path, path.slice(cut + 1));
    known.set(path, made);
    at(path.slice(0, Math.max(cut, 0))).folders.push(made);
    return made;
  };
  for (const file of files) {
    at(file.path.slice(0, Math.max(file.path.lastIndexOf('/'), 0))).files.push(
      file,
    );
  }
  return finish(root, true);
}

function folder(path: string, name: string): Folder {
  return { path, name, folders: [], files: [], count: 0 };
}

const byName = (a: string, b: string) => a.localeCompare(b, 'en');

function finish(made: Folder, isRoot: boolean): Folder {
  const folders = made.folders
    .map(below => finish(below, false))
    .sort((a, b) => byName(a.name, b.name));
  const [only] = folders;
  if (!isRoot && folders.length === 1 && made.files.length === 0) {
    return { ...only, name: `${made.name}/${only.name}` };
  }
  const files = made.files.slice().sort((a, b) => byName(a.path, b.path));
  return {
    ...made,
    folders,
    files,
    count: folders.reduce((sum, { count }) => sum + count, files.length),
  };
}

/** "38 B", "4.2 kB", "1.3 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) {
    return `${bytes} B`;
  }
  const [value, unit] =
    bytes < 1_000_000 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
