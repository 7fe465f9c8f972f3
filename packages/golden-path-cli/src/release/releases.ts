import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { Problem } from '../lib/problem';
import type { Template } from '../template/loadTemplate';
import type { Finding } from '../verify/types';
import { digestOf, RELEASES_FILE } from './digest';

const releaseSchema = z.object({
  version: z.string(),
  /** When its proof ended, UTC. */
  provedAt: z.iso.datetime(),
  proof: z.object({
    rows: z.number(),
    checks: z.number(),
    mutations: z.number(),
  }),
  /** What it consists of: see `digestOf`. */
  consistsOf: z.record(z.string(), z.string()),
});

/** A version of a template that was proved in full, and what it consisted of then. */
export type Release = z.infer<typeof releaseSchema>;

const HEADER = `# Written by \`npm run templates -- publish\`, which proves a version in full first. A published version never changes.
`;

/** What was published of a template, the last first; nothing when there is no record. */
export async function readReleases(
  template: Pick<Template, 'folder' | 'name'>,
): Promise<Release[]> {
  const file = join(template.folder, RELEASES_FILE);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return [];
  }
  const parsed = z.array(releaseSchema).safeParse(parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Problem(
      `${template.name}/${RELEASES_FILE} is not a record of releases: ${
        issue.message
      } at "${issue.path.join('.')}". Take it back from the repository.`,
    );
  }
  return parsed.data;
}

/** Puts a release before those that are recorded. */
export async function recordRelease(
  template: Pick<Template, 'folder' | 'name'>,
  release: Release,
): Promise<void> {
  const releases = await readReleases(template);
  await writeFile(
    join(template.folder, RELEASES_FILE),
    `${HEADER}${stringify([release, ...releases], { lineWidth: 0 })}`,
  );
}

/** The folders in which two versions differ, sorted. */
export function differingParts(
  one: Record<string, string>,
  other: Record<string, string>,
): string[] {
  return Array.from(new Set([...Object.keys(one), ...Object.keys(other)]))
    .filter(part => one[part] !== other[part])
    .sort();
}

/** The channel whose templates nobody but their authors sees; what it holds is not published. */
const DRAFT = 'draft';

/** Whether a template is there for everybody. */
export const isOffered = ({ entity }: Pick<Template, 'entity'>) =>
  entity.metadata.annotations?.['pavedroad.dev/channel'] !== DRAFT;

/**
 * What is wrong with offering a template as it is: its version has to be published, and to consist of what was proved then. Drafts are not
 * published.
 */
export async function publicationFindings(
  template: Template,
): Promise<Finding[]> {
  if (!isOffered(template)) {
    return [];
  }
  const release = (await readReleases(template)).find(
    ({ version }) => version === template.version,
  );
  if (!release) {
    return [
      {
        where: RELEASES_FILE,
        message: `version ${template.version} is not published: npm run templates -- publish ${template.name}`,
      },
    ];
  }
  const differing = differingParts(
    release.consistsOf,
    await digestOf(template),
  );
  return differing.length === 0
    ? []
    : [
        {
          where: RELEASES_FILE,
          message: `version ${
            template.version
          } was published as something else, and a published version never changes (${differing.join(
            ', ',
          )}): raise the version, prove and publish it`,
        },
      ];
}
