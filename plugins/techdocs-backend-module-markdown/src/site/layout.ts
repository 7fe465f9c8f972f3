import type { Heading } from './markdown';
import { contains, type NavItem } from './navigation';
import { pageUrl, relativeUrl } from './paths';

/** What a page is put together from. All text is unescaped; `html` is safe. */
export type PageContent = {
  siteName: string;
  title: string;
  path: string;
  html: string;
  headings: Heading[];
  navigation: readonly NavItem[];
  previous?: { title: string; path: string };
  next?: { title: string; path: string };
  /** Address of the stylesheet from the root of the site. */
  stylesheet: string;
};

/** Makes text safe in HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

function renderNavItems(
  items: readonly NavItem[],
  page: PageContent,
  level: number,
  prefix: string,
): string {
  return items
    .map((item, index) => {
      const id = `${prefix}_${index + 1}`;
      const title = `<span class="md-ellipsis">${escapeHtml(
        item.title,
      )}</span>`;
      const active = contains(item, page.path);
      const classes = `md-nav__item${active ? ' md-nav__item--active' : ''}`;
      switch (item.kind) {
        case 'page': {
          const href = relativeUrl(pageUrl(page.path), pageUrl(item.path));
          return `<li class="${classes}"><a href="${escapeHtml(
            href,
          )}" class="md-nav__link${active ? ' md-nav__link--active' : ''}"${
            active ? ' aria-current="page"' : ''
          }>${title}</a></li>`;
        }
        case 'link':
          return `<li class="${classes}"><a href="${escapeHtml(
            item.href,
          )}" class="md-nav__link">${title}</a></li>`;
        default:
          return `<li class="${classes} md-nav__item--nested"><input class="md-nav__toggle md-toggle" type="checkbox" id="${id}"${
            active ? ' checked' : ''
          }><label class="md-nav__link" for="${id}">${title}<span class="md-nav__icon md-icon"></span></label><nav class="md-nav" data-md-level="${level}" aria-label="${escapeHtml(
            item.title,
          )}"><ul class="md-nav__list">${renderNavItems(
            item.children,
            page,
            level + 1,
            id,
          )}</ul></nav></li>`;
      }
    })
    .join('\n');
}

function renderContents(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  if (shown.length === 0) {
    return '';
  }
  const items = shown.map(
    ({ id, text, level }) =>
      `<li class="md-nav__item md-nav__item--level${level}"><a href="#${escapeHtml(
        id,
      )}" class="md-nav__link"><span class="md-ellipsis">${escapeHtml(
        text,
      )}</span></a></li>`,
  );
  return `<nav class="md-nav md-nav--secondary" aria-label="Table of contents">
<label class="md-nav__title" for="__toc">Table of contents</label>
<ul class="md-nav__list" data-md-component="toc" data-md-scrollfix>
${items.join('\n')}
</ul>
</nav>`;
}

function renderFooterLink(
  page: PageContent,
  target: { title: string; path: string } | undefined,
  direction: 'prev' | 'next',
): string {
  if (!target) {
    return '';
  }
  const words = direction === 'prev' ? 'Previous' : 'Next';
  const href = relativeUrl(pageUrl(page.path), pageUrl(target.path));
  return `<a href="${escapeHtml(
    href,
  )}" class="md-footer__link md-footer__link--${direction}" rel="${direction}" aria-label="${words}: ${escapeHtml(
    target.title,
  )}"><div class="md-footer__title"><span class="md-footer__direction">${words}</span><div class="md-ellipsis">${escapeHtml(
    target.title,
  )}</div></div></a>`;
}

/**
 * Puts a page together. The element and class names are those the TechDocs reader and its add-ons look for: `md-…` and
 * `data-md-component`.
 */
export function renderPage(page: PageContent): string {
  const stylesheet = relativeUrl(pageUrl(page.path), page.stylesheet);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(page.title)} - ${escapeHtml(page.siteName)}</title>
<link rel="stylesheet" href="${escapeHtml(stylesheet)}">
</head>
<body dir="ltr">
<input class="md-toggle" data-md-toggle="drawer" type="checkbox" id="__drawer" autocomplete="off" aria-label="Menu of pages">
<label class="md-overlay" for="__drawer"></label>
<header class="md-header" data-md-component="header">
<nav class="md-header__inner md-grid" aria-label="Header"><label class="md-header__button md-icon" for="__drawer"></label></nav>
</header>
<div class="md-container" data-md-component="container">
<main class="md-main" data-md-component="main">
<div class="md-main__inner md-grid">
<div class="md-sidebar md-sidebar--primary" data-md-component="sidebar" data-md-type="navigation">
<div class="md-sidebar__scrollwrap"><div class="md-sidebar__inner">
<nav class="md-nav md-nav--primary" aria-label="Navigation" data-md-level="0">
<label class="md-nav__title" for="__drawer">${escapeHtml(page.siteName)}</label>
<ul class="md-nav__list" data-md-scrollfix>
${renderNavItems(page.navigation, page, 1, '__nav')}
</ul>
</nav>
</div></div>
</div>
<div class="md-sidebar md-sidebar--secondary" data-md-component="sidebar" data-md-type="toc">
<div class="md-sidebar__scrollwrap"><div class="md-sidebar__inner">
${renderContents(page.headings)}
</div></div>
</div>
<div class="md-content" data-md-component="content">
<article class="md-content__inner md-typeset">
${page.html}
</article>
</div>
</div>
</main>
<footer class="md-footer">
<nav class="md-footer__inner md-grid" aria-label="Footer">
${renderFooterLink(page, page.previous, 'prev')}
${renderFooterLink(page, page.next, 'next')}
</nav>
</footer>
</div>
</body>
</html>
`;
}
