import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';
import { parse } from 'yaml';
import { admonitions } from './admonitions';
import { createSlugger } from './slug';

/** A heading of a page, for tables of contents and search. */
export type Heading = { level: number; id: string; text: string };

/** A page in HTML that is not yet safe: see `sanitizePage`. */
export type RenderedMarkdown = {
  html: string;
  headings: Heading[];
  /** From the front matter or the first heading of level 1. */
  title?: string;
};

const FRONT_MATTER =
  /^---[ \t]*\r?\n([\s\S]*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;

/** The title of the front matter, and what follows it. */
function splitFrontMatter(source: string): { title?: string; body: string } {
  const match = FRONT_MATTER.exec(source);
  if (!match) {
    return { body: source };
  }
  let value: unknown;
  try {
    value = parse(match[1], { maxAliasCount: 0, logLevel: 'error' });
  } catch {
    // A line of dashes with no settings below it is a rule, not front matter.
    return { body: source };
  }
  if (typeof value !== 'object' || value === null) {
    return { body: source };
  }
  const { title } = value as { title?: unknown };
  return {
    title: typeof title === 'string' ? title : undefined,
    body: source.slice(match[0].length),
  };
}

/** The words of an inline token, without its markup. */
function plainText(token: Token): string {
  return (token.children ?? [])
    .map(child => {
      switch (child.type) {
        case 'text':
        case 'code_inline':
          return child.content;
        case 'image':
          return plainText(child);
        case 'softbreak':
        case 'hardbreak':
          return ' ';
        default:
          return '';
      }
    })
    .join('')
    .trim();
}

/** Gives headings ids and a link to themselves. Headings are collected in `env.headings`. */
function headings(md: MarkdownIt): void {
  md.core.ruler.push('headings', state => {
    const slug = createSlugger();
    const found: Heading[] = state.env.headings;
    state.tokens.forEach((token, index) => {
      if (token.type !== 'heading_open') {
        return;
      }
      const inline = state.tokens[index + 1];
      const text = plainText(inline);
      const id = slug(text);
      token.attrSet('id', id);
      found.push({ level: Number(token.tag.slice(1)), id, text });
      const link = new state.Token('html_inline', '', 0);
      link.content = `<a class="headerlink" href="#${md.utils.escapeHtml(
        id,
      )}" title="Link to this section">#</a>`;
      inline.children?.push(link);
    });
  });
}

/** Turns `- [ ]` and `- [x]` into checkboxes that show, do nothing, and are called what their item says. */
function taskLists(md: MarkdownIt): void {
  md.core.ruler.push('task-lists', state => {
    state.tokens.forEach((token, index) => {
      const first = token.children?.[0];
      const item = state.tokens[index - 2];
      if (
        token.type !== 'inline' ||
        item?.type !== 'list_item_open' ||
        first?.type !== 'text'
      ) {
        return;
      }
      const match = /^\[([ xX])\]\s+/.exec(first.content);
      if (!match) {
        return;
      }
      first.content = first.content.slice(match[0].length);
      const name = md.utils.escapeHtml(plainText(token) || 'Task');
      const box = new state.Token('html_inline', '', 0);
      box.content = `<input type="checkbox" disabled${
        match[1] === ' ' ? '' : ' checked'
      } aria-label="${name}"> `;
      token.children?.unshift(box);
      item.attrJoin('class', 'task-list-item');
    });
  });
}

function createMarkdown(): MarkdownIt {
  const md = new MarkdownIt({ html: true, linkify: true, typographer: false });
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  md.use(admonitions).use(headings).use(taskLists);
  const { escapeHtml } = md.utils;
  const code = (token: Token) => {
    const language = /^[A-Za-z0-9_+#-]+/.exec(token.info.trim())?.[0];
    // Whoever has no mouse scrolls what takes focus: of the two, that is the one that scrolls.
    return `<div class="highlight"><pre><code tabindex="0"${
      language ? ` class="language-${escapeHtml(language)}"` : ''
    }>${escapeHtml(token.content)}</code></pre></div>\n`;
  };
  md.renderer.rules.fence = (tokens, index) => code(tokens[index]);
  md.renderer.rules.code_block = (tokens, index) => code(tokens[index]);
  md.renderer.rules.table_open = () =>
    '<div class="md-typeset__scrollwrap" tabindex="0"><table>\n';
  md.renderer.rules.table_close = () => '</table></div>\n';
  return md;
}

const markdown = createMarkdown();

/** Renders a page of Markdown. HTML in it is kept, so the result has to be sanitized. */
export function renderMarkdown(source: string): RenderedMarkdown {
  const { title, body } = splitFrontMatter(source.replace(/^\uFEFF/, ''));
  const env: { headings: Heading[] } = { headings: [] };
  const html = markdown.render(body, env);
  return {
    html,
    headings: env.headings,
    title: title ?? env.headings.find(heading => heading.level === 1)?.text,
  };
}
