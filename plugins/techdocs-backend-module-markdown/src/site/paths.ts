import { posix } from 'node:path';

/** Whether a file of the docs folder is a page. */
export function isPage(path: string): boolean {
  return /\.(md|markdown)$/i.test(path);
}

/** Address of a page from the root of the site: `a/b.md` is at `a/b/`, `index.md` and `README.md` at their folder. */
export function pageUrl(path: string): string {
  const folder = posix.dirname(path);
  const base = folder === '.' ? '' : `${folder}/`;
  const name = posix.basename(path).replace(/\.(md|markdown)$/i, '');
  return /^(index|readme)$/i.test(name) ? base : `${base}${name}/`;
}

/** Address of something on the site, seen from a page. Both are from the root of the site; `''` is the root. */
export function relativeUrl(fromPage: string, to: string): string {
  const relative = posix.relative(`/${fromPage}`, `/${to}`) || '.';
  const folder = to === '' || to.endsWith('/');
  // A name such as `javascript:x` would be read as a scheme where it comes first.
  const start = /^[^/]*:/.test(relative) ? './' : '';
  return encodeURI(`${start}${relative}${folder ? '/' : ''}`)
    .replace(/\?/g, '%3F')
    .replace(/#/g, '%23');
}
