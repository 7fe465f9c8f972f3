import { posix } from 'node:path';
import DOMPurify from 'isomorphic-dompurify';
import { isPage, pageUrl, relativeUrl } from './paths';
import { safeId } from './slug';

/** What links of a page can lead to. */
export type LinkTargets = {
  /** Path of the page in the docs folder. */
  page: string;
  /** All pages and other files of the docs folder. */
  files: ReadonlySet<string>;
  /** Told of links that lead nowhere. */
  onDeadLink: (href: string) => void;
};

const SCHEME = /^([a-z][a-z0-9+.-]*:|\/\/)/i;

function decode(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/**
 * Rewrites a link of a page: pages live in folders of their own once built. `undefined` for a link that leads out of the docs or to
 * nothing.
 */
export function rewriteLink(
  href: string,
  targets: Pick<LinkTargets, 'page' | 'files'>,
): string | undefined {
  if (SCHEME.test(href)) {
    return href;
  }
  const hash = href.indexOf('#');
  const fragment =
    hash < 0 ? '' : `#${safeId(href.slice(hash + 1)).replace(/"/g, '')}`;
  const path = decode((hash < 0 ? href : href.slice(0, hash)).split('?')[0]);
  if (path === '') {
    return fragment === '' ? undefined : fragment;
  }
  const base = path.startsWith('/') ? '.' : posix.dirname(targets.page);
  const target = posix.normalize(posix.join(base, path.replace(/^\/+/, '')));
  const folder = target === '.' ? '' : target.replace(/\/?$/, '/');
  const candidates = [
    target,
    `${folder}index.md`,
    `${folder}README.md`,
    `${target.replace(/\/$/, '')}.md`,
  ];
  const file = candidates.find(candidate => targets.files.has(candidate));
  if (file === undefined) {
    return undefined;
  }
  const from = pageUrl(targets.page);
  const to = isPage(file) ? pageUrl(file) : file;
  return `${relativeUrl(from, to)}${fragment}`;
}

/**
 * Makes the HTML of a page safe to show to anybody and rewrites its links. No script, style, form or frame survives, from Markdown
 * or from HTML within it.
 */
export function sanitizePage(html: string, targets: LinkTargets): string {
  const rewrite = (node: Element, attribute: string) => {
    const value = node.getAttribute(attribute);
    if (value === null) {
      return;
    }
    const link = rewriteLink(value, targets);
    if (link === undefined) {
      targets.onDeadLink(value);
      node.removeAttribute(attribute);
    } else {
      node.setAttribute(attribute, link);
    }
  };
  DOMPurify.addHook('uponSanitizeElement', node => {
    if (node.nodeName === 'INPUT' && 'setAttribute' in node) {
      const input = node as Element;
      if (input.getAttribute('type') !== 'checkbox') {
        input.remove();
      } else {
        input.setAttribute('disabled', '');
      }
    }
  });
  DOMPurify.addHook('afterSanitizeAttributes', node => {
    if (node.nodeName === 'A') {
      rewrite(node, 'href');
      if (SCHEME.test(node.getAttribute('href') ?? '')) {
        node.setAttribute('rel', 'noopener noreferrer');
      }
    } else if (node.nodeName === 'IMG' || node.nodeName === 'SOURCE') {
      rewrite(node, 'src');
      node.setAttribute('loading', 'lazy');
    }
  });
  try {
    return DOMPurify.sanitize(html, {
      USE_PROFILES: { html: true },
      ALLOW_DATA_ATTR: false,
      FORBID_TAGS: [
        'style',
        'form',
        'button',
        'select',
        'textarea',
        'dialog',
        'audio',
        'video',
        'track',
      ],
      FORBID_ATTR: ['style', 'srcset', 'background', 'action', 'formaction'],
    });
  } finally {
    // The instance is shared: the next page has its own links.
    DOMPurify.removeAllHooks();
  }
}

/** The words of safe HTML, for search. */
export function htmlToText(html: string): string {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: ['#text'],
    KEEP_CONTENT: true,
  })
    .replace(/&nbsp;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
}
