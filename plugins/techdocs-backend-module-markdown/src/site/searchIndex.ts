import { htmlToText } from './sanitize';
import { escapeHtml } from './layout';
import type { Heading } from './markdown';
import { pageUrl } from './paths';

/** One document of the search index, as the TechDocs collator reads it. `title` and `text` are HTML-escaped. */
export type SearchDocument = { location: string; title: string; text: string };

/** The page and each of its sections as documents of the search index. */
export function searchDocuments(page: {
  path: string;
  title: string;
  html: string;
  headings: readonly Heading[];
}): SearchDocument[] {
  const location = pageUrl(page.path);
  const parts = page.html.split(/(?=<h[1-6][ >])/);
  const [before, ...sections] = /^<h[1-6][ >]/.test(parts[0])
    ? ['', ...parts]
    : parts;
  const documents: SearchDocument[] = [];
  let lead = before;
  for (const section of sections) {
    const id = /^<h[1-6][^>]*\sid="([^"]*)"/.exec(section)?.[1];
    const heading = page.headings.find(h => h.id === id);
    const body = section.replace(/^<h[1-6][\s\S]*?<\/h[1-6]>/, '');
    if (!heading || heading.level === 1) {
      lead += body;
    } else {
      documents.push({
        location: `${location}#${heading.id}`,
        title: escapeHtml(heading.text),
        text: escapeHtml(htmlToText(body)),
      });
    }
  }
  return [
    {
      location,
      title: escapeHtml(page.title),
      text: escapeHtml(htmlToText(lead)),
    },
    ...documents,
  ];
}
