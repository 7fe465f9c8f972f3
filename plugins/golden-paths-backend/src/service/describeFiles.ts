import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type GoldenPathManifest,
  MANIFEST_PATH,
  type OwnershipClass,
  parseManifest,
  type PreviewFile,
} from '@pavedroad/plugin-golden-paths-common';
import {
  digestFiles,
  type Proposal,
  type RepositoryContent,
} from '@pavedroad/plugin-golden-paths-node';

/** Longest text that is shown, in bytes. */
const MAX_TEXT_BYTES = 256 * 1024;

/** Most bytes of text in one preview; what is beyond is listed without its text. */
const MAX_TOTAL_BYTES = 4 * 1024 * 1024;

/** The text of some bytes; `undefined` when they are none. */
function textOf(content: Buffer): string | undefined {
  if (content.includes(0)) {
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      content,
    );
  } catch {
    return undefined;
  }
}

/** Adds texts to files for as long as there is room. */
class TextBudget {
  private left = MAX_TOTAL_BYTES;

  add(content: Buffer): Pick<PreviewFile, 'contents' | 'leftOut'> {
    const contents = textOf(content);
    if (contents === undefined) {
      return { leftOut: 'binary' };
    }
    if (content.length > MAX_TEXT_BYTES || content.length > this.left) {
      return { leftOut: 'too-large' };
    }
    this.left -= content.length;
    return { contents };
  }
}

function ownershipOf(
  manifest: GoldenPathManifest | undefined,
  path: string,
): { ownership?: OwnershipClass } {
  const recorded =
    manifest && Object.hasOwn(manifest.files, path)
      ? manifest.files[path].class
      : undefined;
  return recorded ? { ownership: recorded } : {};
}

/** Every file of a rendered folder. */
export async function describeRepository(
  folder: string,
): Promise<PreviewFile[]> {
  const digests = await digestFiles(folder);
  const manifest = digests.some(({ path }) => path === MANIFEST_PATH)
    ? parseManifest(await readFile(join(folder, MANIFEST_PATH), 'utf8'))
    : undefined;
  const budget = new TextBudget();
  const files: PreviewFile[] = [];
  for (const { path, executable } of digests) {
    const content = await readFile(join(folder, path));
    files.push({
      path,
      bytes: content.length,
      executable,
      ...ownershipOf(manifest, path),
      ...budget.add(content),
    });
  }
  return files;
}

/** What a proposal would do to a repository. Files it leaves as they are are left out. */
export function describeProposal(
  proposal: Pick<Proposal, 'files' | 'delete'>,
  repository: RepositoryContent,
): PreviewFile[] {
  const budget = new TextBudget();
  const before = (path: string): Pick<PreviewFile, 'before'> => {
    const { contents } = budget.add(
      repository.get(path)?.content ?? Buffer.of(0),
    );
    return contents === undefined ? {} : { before: contents };
  };
  const written = Object.entries(proposal.files).flatMap(
    ([path, { content, executable }]): PreviewFile[] => {
      const there = repository.get(path);
      if (there?.content.equals(content) && there.executable === executable) {
        return [];
      }
      return [
        {
          path,
          bytes: content.length,
          executable,
          change: there ? 'changed' : 'new',
          ...budget.add(content),
          ...before(path),
        },
      ];
    },
  );
  const deleted = proposal.delete
    .filter(path => repository.has(path))
    .map(
      (path): PreviewFile => ({
        path,
        bytes: 0,
        executable: false,
        change: 'deleted',
        ...before(path),
      }),
    );
  return [...written, ...deleted].sort((a, b) => (a.path < b.path ? -1 : 1));
}
