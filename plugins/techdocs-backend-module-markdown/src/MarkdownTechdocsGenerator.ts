import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { ScmIntegrations } from '@backstage/integration';
import {
  type GeneratorRunOptions,
  TechdocsGenerator,
} from '@backstage/plugin-techdocs-node';
import { listDocsFiles, readMkdocs } from './docsFiles';
import { readSiteConfig } from './site/config';
import { renderPage } from './site/layout';
import { type RenderedMarkdown, renderMarkdown } from './site/markdown';
import {
  buildNavigation,
  readingOrder,
  titleFromPath,
} from './site/navigation';
import { pageUrl } from './site/paths';
import { sanitizePage } from './site/sanitize';
import { renderStartPage } from './site/startPage';
import { type SearchDocument, searchDocuments } from './site/searchIndex';
import { STYLESHEET, STYLESHEET_PATH } from './site/stylesheet';

async function write(outputDir: string, path: string, content: string) {
  const file = join(outputDir, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** Where the page of an address is written. */
function pageFile(path: string): string {
  return `${pageUrl(path)}index.html`;
}

/**
 * Builds documentation pages from Markdown in this process: no container, no Python, and nothing of the repository runs. `mkdocs.yml`
 * gives the name, the docs folder and the navigation; its plugins, hooks, themes and extensions are passed over.
 */
export class MarkdownTechdocsGenerator extends TechdocsGenerator {
  static create(options: {
    logger: LoggerService;
    config: Config;
  }): MarkdownTechdocsGenerator {
    const { logger, config } = options;
    return new MarkdownTechdocsGenerator({
      logger,
      config,
      scmIntegrations: ScmIntegrations.fromConfig(config),
    });
  }

  /**
   * Writes the pages, the assets, `search/search_index.json` and `techdocs_metadata.json` of a site.
   *
   * @throws InputError with a sentence for the author of the docs.
   */
  async run(options: GeneratorRunOptions): Promise<void> {
    const { inputDir, outputDir, etag, logger, siteOptions } = options;
    const site = readSiteConfig((await readMkdocs(inputDir)) ?? '');
    const files = await listDocsFiles(inputDir, site.docsDir);

    // Where two files would be one page, index.md is before README.md and the first by name before the rest.
    const byUrl = new Map<string, string>();
    const rank = (path: string) => (/readme\.\w+$/i.test(path) ? 1 : 0);
    for (const path of [...files.pages].sort((a, b) => rank(a) - rank(b))) {
      const url = pageUrl(path);
      const other = byUrl.get(url);
      if (other) {
        logger.warn(`${path} is left out: ${other} has the same address.`);
      } else {
        byUrl.set(url, path);
      }
    }
    if (byUrl.size === 0) {
      throw new InputError(
        `There is no page in "${site.docsDir}". Add ${site.docsDir}/index.md, the page the documentation starts with.`,
      );
    }
    const pages = [...byUrl.values()].sort();

    const rendered = new Map<string, RenderedMarkdown>();
    for (const path of pages) {
      const source = await readFile(join(files.root, path), 'utf8');
      rendered.set(path, renderMarkdown(source));
    }
    const titles = new Map(
      [...rendered].flatMap(([path, { title }]) =>
        title ? [[path, title] as const] : [],
      ),
    );
    const navigation = buildNavigation({
      pages,
      titles,
      nav: site.nav,
      onMissing: target =>
        logger.warn(`mkdocs.yml: nav names "${target}", which is no page.`),
    });
    const siteName = site.siteName ?? siteOptions?.name ?? 'Documentation';
    if (!byUrl.has('')) {
      logger.info(
        `There is no ${site.docsDir}/index.md, so the first page lists the others.`,
      );
      rendered.set('index.md', renderStartPage(siteName, navigation));
      navigation.unshift({ kind: 'page', title: 'Home', path: 'index.md' });
      pages.unshift('index.md');
    }
    const order = readingOrder(navigation);
    const known = new Set([...pages, ...files.assets]);

    const documents: SearchDocument[] = [];
    for (const [path, page] of rendered) {
      const html = sanitizePage(page.html, {
        page: path,
        files: known,
        onDeadLink: href =>
          logger.warn(`${path}: the link "${href}" leads to no page.`),
      });
      const place = order.findIndex(entry => entry.path === path);
      const title = page.title ?? titleFromPath(path);
      await write(
        outputDir,
        pageFile(path),
        renderPage({
          siteName,
          title,
          path,
          html,
          headings: page.headings,
          navigation,
          previous: place > 0 ? order[place - 1] : undefined,
          next: place >= 0 ? order[place + 1] : undefined,
          stylesheet: STYLESHEET_PATH,
        }),
      );
      documents.push(
        ...searchDocuments({ path, title, html, headings: page.headings }),
      );
    }
    for (const path of files.assets) {
      await mkdir(dirname(join(outputDir, path)), { recursive: true });
      await copyFile(join(files.root, path), join(outputDir, path));
    }
    await write(outputDir, STYLESHEET_PATH, STYLESHEET);
    await write(
      outputDir,
      'search/search_index.json',
      JSON.stringify({
        config: { lang: ['en'], separator: '[\\s\\-]+' },
        docs: documents,
      }),
    );
    const written = [
      ...pages.map(pageFile),
      ...files.assets,
      STYLESHEET_PATH,
      'search/search_index.json',
      'techdocs_metadata.json',
    ].sort();
    await write(
      outputDir,
      'techdocs_metadata.json',
      JSON.stringify({
        site_name: siteName,
        site_description: site.siteDescription ?? '',
        build_timestamp: Date.now(),
        files: written,
        ...(etag ? { etag } : {}),
      }),
    );
    logger.info(
      `Built ${pages.length} pages and ${files.assets.length} other files of ${siteName}.`,
    );
  }
}
