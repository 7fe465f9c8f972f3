import { InputError } from '@backstage/errors';
import { parse } from 'yaml';

/** The longest mkdocs.yml that is read, in characters. */
const MAX_LENGTH = 200_000;

/** The deepest navigation. */
const MAX_DEPTH = 8;

/** One entry of the navigation as written: a page or address with an optional title, or a titled group. */
export type NavEntry =
  | { title?: string; target: string }
  | { title: string; children: NavEntry[] };

/** What is read of mkdocs.yml; everything else in it is passed over. */
export type SiteConfig = {
  siteName?: string;
  siteDescription?: string;
  /** Folder of the pages, from the folder of mkdocs.yml. */
  docsDir: string;
  nav?: NavEntry[];
};

function text(value: unknown, key: string): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new InputError(`mkdocs.yml: ${key} has to be text.`);
  }
  return String(value);
}

function readNav(value: unknown, depth: number): NavEntry[] {
  if (!Array.isArray(value)) {
    throw new InputError('mkdocs.yml: nav has to be a list.');
  }
  if (depth > MAX_DEPTH) {
    throw new InputError(`mkdocs.yml: nav is deeper than ${MAX_DEPTH} levels.`);
  }
  return value.flatMap((item): NavEntry[] => {
    if (typeof item === 'string') {
      return [{ target: item }];
    }
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      throw new InputError(
        'mkdocs.yml: an entry of nav is neither a page nor a titled group.',
      );
    }
    return Object.entries(item).map(([title, target]): NavEntry => {
      if (typeof target === 'string') {
        return { title, target };
      }
      return { title, children: readNav(target, depth + 1) };
    });
  });
}

/**
 * Reads mkdocs.yml as data: tags mean nothing, plugins, hooks and themes are passed over, aliases are refused.
 *
 * @throws InputError with a sentence for the author.
 */
export function readSiteConfig(content: string): SiteConfig {
  if (content.length > MAX_LENGTH) {
    throw new InputError(
      `mkdocs.yml has ${content.length} characters, ${MAX_LENGTH} is the most.`,
    );
  }
  let value: unknown;
  try {
    value = parse(content, {
      schema: 'core',
      maxAliasCount: 0,
      logLevel: 'error',
    });
  } catch (error) {
    throw new InputError(
      `mkdocs.yml is not valid YAML: ${
        error instanceof Error ? error.message.split('\n')[0] : ''
      }`,
    );
  }
  if (value === null || value === undefined) {
    return { docsDir: 'docs' };
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new InputError('mkdocs.yml has to be a list of settings.');
  }
  const settings = value as Record<string, unknown>;
  return {
    siteName: text(settings.site_name, 'site_name'),
    siteDescription: text(settings.site_description, 'site_description'),
    docsDir: text(settings.docs_dir, 'docs_dir') ?? 'docs',
    nav:
      settings.nav === undefined || settings.nav === null
        ? undefined
        : readNav(settings.nav, 1),
  };
}
