import { posix } from 'node:path';
import type { NavEntry } from './config';
import { isPage } from './paths';

/** One entry of the navigation, resolved. */
export type NavItem =
  | { kind: 'page'; title: string; path: string }
  | { kind: 'link'; title: string; href: string }
  | { kind: 'group'; title: string; children: NavItem[] };

/** A title for a page that has none: its file's name in words. */
export function titleFromPath(path: string): string {
  const name = posix.basename(path).replace(/\.(md|markdown)$/i, '');
  const folder = posix.basename(posix.dirname(path));
  const isIndex = /^(index|readme)$/i.test(name);
  if (isIndex && (folder === '.' || folder === '')) {
    return 'Home';
  }
  const words = (isIndex ? folder : name).replace(/[-_]+/g, ' ').trim();
  return `${words[0]?.toLocaleUpperCase('en-US') ?? ''}${words.slice(1)}`;
}

/** Index pages first, then files before folders, by name. */
function compareNames(a: string, b: string): number {
  const rank = (name: string) => (/^(index|readme)\.\w+$/i.test(name) ? 0 : 1);
  return rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true });
}

function fromFiles(
  pages: readonly string[],
  titles: ReadonlyMap<string, string>,
  folder: string,
): NavItem[] {
  const inside = pages.filter(path => path.startsWith(folder));
  const files = inside
    .filter(path => !path.slice(folder.length).includes('/'))
    .sort((a, b) => compareNames(posix.basename(a), posix.basename(b)));
  const folders = [
    ...new Set(
      inside
        .map(path => path.slice(folder.length).split('/'))
        .filter(segments => segments.length > 1)
        .map(([first]) => first),
    ),
  ].sort(compareNames);
  return [
    ...files.map(
      (path): NavItem => ({
        kind: 'page',
        title: titles.get(path) ?? titleFromPath(path),
        path,
      }),
    ),
    ...folders.map(
      (name): NavItem => ({
        kind: 'group',
        title: titleFromPath(`${name}.md`),
        children: fromFiles(pages, titles, `${folder}${name}/`),
      }),
    ),
  ];
}

function fromConfig(
  entries: readonly NavEntry[],
  pages: ReadonlySet<string>,
  titles: ReadonlyMap<string, string>,
  onMissing: (target: string) => void,
): NavItem[] {
  return entries.flatMap((entry): NavItem[] => {
    if ('children' in entry) {
      const children = fromConfig(entry.children, pages, titles, onMissing);
      return children.length
        ? [{ kind: 'group', title: entry.title, children }]
        : [];
    }
    const { target, title } = entry;
    if (/^(https?:|mailto:)/i.test(target)) {
      return [{ kind: 'link', title: title ?? target, href: target }];
    }
    const path = posix.normalize(target.replace(/^\/+/, ''));
    if (!isPage(path) || !pages.has(path)) {
      onMissing(target);
      return [];
    }
    return [
      {
        kind: 'page',
        title: title ?? titles.get(path) ?? titleFromPath(path),
        path,
      },
    ];
  });
}

/**
 * The navigation of a site: as `nav` says, or all pages in the order of their names.
 *
 * @param titles - titles of pages that have one, by path
 * @param onMissing - told of entries that name no page
 */
export function buildNavigation(options: {
  pages: readonly string[];
  titles: ReadonlyMap<string, string>;
  nav: readonly NavEntry[] | undefined;
  onMissing: (target: string) => void;
}): NavItem[] {
  const { pages, titles, nav, onMissing } = options;
  return nav
    ? fromConfig(nav, new Set(pages), titles, onMissing)
    : fromFiles(pages, titles, '');
}

/** The pages of a navigation in reading order. */
export function readingOrder(
  items: readonly NavItem[],
): { title: string; path: string }[] {
  return items.flatMap(item => {
    switch (item.kind) {
      case 'page':
        return [{ title: item.title, path: item.path }];
      case 'group':
        return readingOrder(item.children);
      default:
        return [];
    }
  });
}

/** Whether a page is somewhere below an entry. */
export function contains(item: NavItem, path: string): boolean {
  return item.kind === 'group'
    ? item.children.some(child => contains(child, path))
    : item.kind === 'page' && item.path === path;
}
