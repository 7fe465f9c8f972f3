import { escapeHtml } from './layout';
import type { RenderedMarkdown } from './markdown';
import type { NavItem } from './navigation';

function renderItems(items: readonly NavItem[]): string {
  const entries = items.map(item => {
    const title = escapeHtml(item.title);
    switch (item.kind) {
      case 'page':
        return `<li><a href="/${escapeHtml(
          encodeURI(item.path).replace(/[#?]/g, encodeURIComponent),
        )}">${title}</a></li>`;
      case 'link':
        return `<li><a href="${escapeHtml(item.href)}">${title}</a></li>`;
      default:
        return `<li>${title}${renderItems(item.children)}</li>`;
    }
  });
  return `<ul>${entries.join('\n')}</ul>`;
}

/** The page a site starts with when its authors wrote none: its name and what there is to read. */
export function renderStartPage(
  siteName: string,
  navigation: readonly NavItem[],
): RenderedMarkdown {
  return {
    html: `<h1 id="contents">${escapeHtml(siteName)}</h1>\n${renderItems(
      navigation,
    )}`,
    headings: [{ level: 1, id: 'contents', text: siteName }],
    title: siteName,
  };
}
