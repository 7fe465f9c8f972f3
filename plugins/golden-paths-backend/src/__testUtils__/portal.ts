import { cp, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type {
  UrlReaderService,
  UrlReaderServiceReadTreeOptions,
} from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import { NotFoundError, NotModifiedError } from '@backstage/errors';
import { parse } from 'yaml';

/** The templates of this checkout. */
export const TEMPLATES = resolve(__dirname, '../../../../templates');

export const PORTAL_URL = 'http://portal.example:7007';
export const INES = 'user:default/ines.duarte';

const FILES = `${PORTAL_URL}/api/git/platform/portal/tree/main`;

/** Reads folders as a host would: `roots` by what their URLs begin with. */
export class FolderReader implements UrlReaderService {
  etag = 'one';
  readonly read: string[] = [];

  constructor(private readonly roots: Record<string, string>) {}

  async readUrl(): Promise<never> {
    throw new NotFoundError('Only folders are read');
  }

  async search(): Promise<never> {
    throw new NotFoundError('Only folders are read');
  }

  async readTree(url: string, options?: UrlReaderServiceReadTreeOptions) {
    this.read.push(url);
    const [prefix, root] =
      Object.entries(this.roots).find(([key]) => url.startsWith(key)) ?? [];
    if (!prefix || !root) {
      throw new NotFoundError(url);
    }
    if (options?.etag === this.etag) {
      throw new NotModifiedError();
    }
    const source = join(root, url.slice(prefix.length));
    return {
      etag: this.etag,
      files: async () => [],
      archive: async (): Promise<never> => {
        throw new NotFoundError(url);
      },
      async dir(target?: { targetDir?: string }) {
        const folder = target?.targetDir ?? '';
        await cp(source, folder, {
          recursive: true,
          verbatimSymlinks: true,
          filter: file =>
            options?.filter?.(relative(source, file), { size: 0 }) ?? true,
        });
        return folder;
      },
    };
  }
}

/** A reader of the portal's own repository, as far as templates are concerned. */
export function templatesReader(more: Record<string, string> = {}) {
  return new FolderReader({ [`${FILES}/templates`]: TEMPLATES, ...more });
}

/** A template of this checkout as the catalog has it. */
export async function templateEntity(name: string): Promise<Entity> {
  const entity = parse(
    await readFile(join(TEMPLATES, name, 'template.yaml'), 'utf8'),
  ) as Entity;
  return {
    ...entity,
    metadata: {
      ...entity.metadata,
      namespace: 'default',
      annotations: {
        ...entity.metadata.annotations,
        'backstage.io/source-location': `url:${FILES}/templates/${name}/`,
      },
    },
  };
}
