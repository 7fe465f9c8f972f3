import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { digestFiles } from '../lib/files';
import type { Template } from '../template/loadTemplate';
import { partsOf } from './parts';

/** Where a template says what was published of it, in its folder. */
export const RELEASES_FILE = 'releases.yaml';

/** What may be said otherwise of a version that was published: whom it is for, and until when. Nothing that it makes depends on it. */
const SAID_LATER = [
  'pavedroad.dev/channel',
  'pavedroad.dev/successor',
  'pavedroad.dev/ends',
];

const sha256 = (text: string) =>
  createHash('sha256').update(text).digest('hex');

/** A template.yaml without what may be said later; its comments and its layout say nothing to anybody who uses it. */
function essenceOf({ entity }: Pick<Template, 'entity'>): string {
  const annotations = Object.entries(entity.metadata.annotations ?? {});
  return JSON.stringify({
    ...entity,
    metadata: {
      ...entity.metadata,
      annotations: Object.fromEntries(
        annotations.filter(([name]) => !SAID_LATER.includes(name)),
      ),
    },
  });
}

/**
 * What a version of a template consists of: a SHA-256 for each folder it is made of, by the paths, contents and modes of its files. The
 * changelog and the record of what was published are no part of it.
 */
export async function digestOf(
  template: Template,
): Promise<Record<string, string>> {
  const parts = await Promise.all(
    partsOf(template).map(async part => {
      const own = part === template.name;
      const folder = own ? template.folder : join(template.root, part);
      const files = (await digestFiles(folder)).filter(
        ({ path }) =>
          !own ||
          !['CHANGELOG.md', RELEASES_FILE, 'template.yaml'].includes(path),
      );
      const lines = files.map(
        ({ path, sha256: content, executable }) =>
          `${content} ${executable ? 'x' : '-'} ${path}`,
      );
      return [
        part,
        sha256([...(own ? [essenceOf(template)] : []), ...lines].join('\n')),
      ] as const;
    }),
  );
  return Object.fromEntries(parts);
}
