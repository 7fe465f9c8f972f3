/**
 * The pages of this application. The browser shows them, and metrics name them: a path that is not here counts as `other`, so that
 * labels stay few whatever is asked for.
 */
export const PAGES = ['/', '/about'] as const;
export type Page = (typeof PAGES)[number];
export type PageLabel = Page | 'other';

/** The page a path shows, without a slash at its end; `other` when there is none. */
export function pageOf(path: string): PageLabel {
  const bare = path.replace(/(?<=.)\/+$/, '');
  return PAGES.find(page => page === bare) ?? 'other';
}
