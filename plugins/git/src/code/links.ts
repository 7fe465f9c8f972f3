/**
 * Where a link in a file of a repository leads.
 *
 * @param href - as written in the file
 * @param file.base - path of the repository's page, `/git/<owner>/<name>`
 * @param file.ref - branch, tag or commit that is shown
 * @param file.directory - folder of the file that holds the link
 * @returns an address that is safe to put into a page; `#` when there is none
 */
export function resolveLink(
  href: string,
  file: { base: string; ref: string; directory: string },
): string {
  if (href.startsWith('#')) {
    return href;
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(href) || href.startsWith('//')) {
    return /^(?:https?|mailto):/i.test(href) ? href : '#';
  }
  // A host of its own, so that `..` cannot climb out of the repository.
  const root = 'http://repository.invalid';
  const from = `${root}/${file.directory}${file.directory ? '/' : ''}`;
  try {
    const url = new URL(href, from);
    if (url.origin !== root) {
      return '#';
    }
    const ref = file.ref.split('/').map(encodeURIComponent).join('/');
    const kind = url.pathname.endsWith('/') ? 'tree' : 'blob';
    return `${file.base}/${kind}/${ref}${url.pathname.replace(/\/+$/, '')}${
      url.hash
    }`;
  } catch {
    return '#';
  }
}

const PICTURE_TYPES: Record<string, string> = {
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp',
};

/** More pictures of one file than these are not shown. */
const MAX_PICTURES = 20;

/**
 * The pictures of its own repository that a Markdown file shows.
 *
 * @param text - the Markdown
 * @param directory - folder of the file
 * @returns for each picture its source as written, its path in the repository and its media type
 */
export function picturesOf(
  text: string,
  directory: string,
): { source: string; path: string; type: string }[] {
  const root = 'http://repository.invalid';
  const sources = new Set(
    [...text.matchAll(/!\[[^\]]*\]\(\s*([^)\s]+)/g)].map(match => match[1]),
  );
  return [...sources]
    .flatMap(source => {
      if (/^[a-z][a-z0-9+.-]*:/i.test(source) || source.startsWith('//')) {
        return [];
      }
      try {
        const { origin, pathname } = new URL(
          source,
          `${root}/${directory}${directory ? '/' : ''}`,
        );
        const type =
          PICTURE_TYPES[pathname.slice(pathname.lastIndexOf('.') + 1)];
        return origin === root && type
          ? [{ source, path: decodeURIComponent(pathname.slice(1)), type }]
          : [];
      } catch {
        return [];
      }
    })
    .slice(0, MAX_PICTURES);
}

/** Bytes in the unit people read: "312 B", "4.2 KB", "30 MB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** The part of an entity ref people know each other by. */
export function shortName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}
