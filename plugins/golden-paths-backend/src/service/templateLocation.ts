import { posix } from 'node:path';
import {
  ANNOTATION_LOCATION,
  ANNOTATION_SOURCE_LOCATION,
  type Entity,
  parseLocationRef,
} from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';

/** Folders above a template that it may read, at most. */
const MAX_ABOVE = 3;

/** Which folders a template is made of. */
export type TemplateFolders = {
  /** URL that the template's relative addresses begin from. */
  baseUrl: string;
  /** How many folders above the template's own the common one is. */
  above: number;
  /** Folders below the common one; the first is the template's own. */
  wanted: string[];
};

/**
 * Where a template's files are: the smallest folder above all of them, and which parts of it are wanted. The scaffolder resolves the same
 * addresses when it creates.
 *
 * @throws InputError for templates that are not at a URL, or read what is not beside them
 */
export function templateFolders(
  entity: Entity,
  /** Relative addresses that steps read. */
  urls: readonly string[],
): TemplateFolders {
  const { annotations = {} } = entity.metadata;
  const location =
    annotations[ANNOTATION_SOURCE_LOCATION] ?? annotations[ANNOTATION_LOCATION];
  const { type, target } = location
    ? parseLocationRef(location)
    : { type: 'none', target: '' };
  if (type !== 'url' || !/^https?:/.test(target)) {
    throw new InputError(
      'This template is not read from a repository, so that its files cannot be shown before it is used.',
    );
  }
  const paths = urls.map(url => {
    // An expression chooses between folders beside each other.
    const fixed = url.split('${{')[0];
    if (/^[a-z][a-z0-9+.-]*:/i.test(url) || url.startsWith('/')) {
      throw new InputError(
        'This template reads other repositories, which a preview does not.',
      );
    }
    return posix.normalize(
      fixed === url ? url : fixed.slice(0, fixed.lastIndexOf('/') + 1) || './',
    );
  });
  const above = Math.max(
    0,
    ...paths.map(path => path.split('/').filter(part => part === '..').length),
  );
  if (above > MAX_ABOVE) {
    throw new InputError(
      'This template reads folders too far above its own for a preview.',
    );
  }
  const base = new URL(target);
  const own = decodeURIComponent(
    base.pathname
      .slice(0, base.pathname.lastIndexOf('/'))
      .split('/')
      .slice(-above || Infinity)
      .join('/'),
  );
  const folder = above === 0 ? '' : own;
  const wanted = [folder, ...paths.map(path => posix.join(folder, path))].map(
    path => path.replace(/^\.$|\/+$/g, ''),
  );
  return { baseUrl: target, above, wanted: Array.from(new Set(wanted)) };
}

/** Whether a path lies in one of some folders, or on the way to one. */
export function isWanted(wanted: readonly string[], path: string): boolean {
  return wanted.some(
    folder =>
      folder === '' ||
      path === folder ||
      path.startsWith(`${folder}/`) ||
      path === '' ||
      folder.startsWith(`${path}/`),
  );
}
