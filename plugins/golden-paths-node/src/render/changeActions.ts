import { readFileSync } from 'node:fs';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { resolveSafeChildPath } from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  applyFileEdits,
  buildManifest,
  compareAdditions,
  describeAdditions,
  describeFileEdits,
  DRAFT_VERSION,
  type FileEdit,
  type FileEdits,
  MANIFEST_PATH,
  type OwnershipRule,
  parseManifest,
  readRepositoryFacts,
  type RepositoryFiles,
  serializeManifest,
} from '@pavedroad/plugin-golden-paths-common';
import { parseAllDocuments } from 'yaml';
import { draftTemplateFolder } from '../draftTemplateFolder';
import { digestFiles, listFiles } from '../files';
import { Problem } from '../problem';
import { secretQuestions } from '../answers';
import { repositoryFiles } from '../repository/repositoryCopy';
import type { Template } from '../template';
import { DEFAULT_PORTAL_URL } from './preflight';
import type { RenderOptions } from './renderTemplate';

/** Folder of the workspace that holds the repository. */
export const REPOSITORY_FOLDER = 'repository';

/** Thrown where a template finds its change made already. */
export class NothingToPropose extends Problem {}

/** What `pavedroad:propose` would send to the host. */
export type Proposal = {
  /** Content by path. */
  files: Record<string, { content: Buffer; executable: boolean }>;
  delete: string[];
  branch: string;
  title: string;
  description: string;
  /** What it should have changed and could not, with the reason. */
  leftAlone: FileEdits['problems'];
};

type Input = Record<string, unknown>;

type Entity = {
  kind?: string;
  metadata?: {
    name?: string;
    description?: string;
    labels?: Record<string, string>;
  };
  spec?: { owner?: string; system?: string; lifecycle?: string };
};

/** The component a repository describes, as the catalog would have it. */
function componentOf(files: RepositoryFiles): Entity | undefined {
  return parseAllDocuments(files.text('catalog-info.yaml') ?? '')
    .map(document => document.toJS() as Entity | null)
    .find(entity => entity?.kind === 'Component') as Entity | undefined;
}

/**
 * A folder of the workspace that a step names. Steps may come from a catalog, and be rendered on the machine that serves others.
 *
 * @throws NotAllowedError for what leaves the workspace
 */
const folderIn = (workspace: string, path: unknown) =>
  resolveSafeChildPath(workspace, String(path ?? '.'));

const groupRef = (answer: string) =>
  parseEntityRef(answer, { defaultKind: 'group', defaultNamespace: 'default' });

/** What `pavedroad:checkout` answers for a repository of the portal's own git host. */
async function offlineCheckout(
  input: Input,
  workspace: string,
  options: { portalUrl: string; templateRef: string },
): Promise<Record<string, unknown>> {
  const { portalUrl, templateRef } = options;
  const folder = join(workspace, REPOSITORY_FOLDER);
  const paths = await listFiles(folder);
  const files = repositoryFiles(folder, paths);
  const facts = readRepositoryFacts(files);
  const registered = Boolean(input.entityRef);
  const entity = registered ? componentOf(files) : undefined;
  const owner = groupRef(
    entity?.spec?.owner ??
      (/\/api\/git\/([^/]+)\//.exec(String(input.repositoryUrl))?.[1] ||
        'payments'),
  );
  const wanted = input.owner ? groupRef(String(input.owner)) : owner;
  const name = String(entity?.metadata?.name ?? input.name ?? 'ledger');
  if (input.confirmName !== undefined && input.confirmName !== name) {
    throw new Problem(`"${input.confirmName}" is not ${name}.`);
  }
  const slug = `${owner.name}/${name}`;
  const base = `${portalUrl}/api/git/${slug}`;
  const text = files.text(MANIFEST_PATH);
  const manifest = text === undefined ? undefined : parseManifest(text);
  if (input.adopts && manifest && manifest.template.ref !== templateRef) {
    throw new Problem(`${slug} is on a golden path already.`);
  }
  const foreign = ((input.made ?? []) as string[]).find(
    path => !Object.hasOwn(manifest?.files ?? {}, path),
  );
  if (foreign !== undefined) {
    throw new Problem(`No golden path made ${foreign} of ${slug}.`);
  }
  const tier = Number(entity?.metadata?.labels?.['pavedroad.dev/tier']);
  return {
    name,
    entityRef: `component:default/${name}`,
    registered,
    owner: stringifyEntityRef(owner),
    ownerName: owner.name,
    newOwner: stringifyEntityRef(wanted),
    newOwnerName: wanted.name,
    codeOwner: `@${owner.name}`,
    newCodeOwner: `@${wanted.name}`,
    dependents: [],
    system: entity?.spec?.system ?? '',
    lifecycle: entity?.spec?.lifecycle ?? '',
    description: entity?.metadata?.description ?? facts.description ?? '',
    tier: facts.tier ?? ([1, 2, 3].includes(tier) ? tier : 2),
    provider: 'git',
    repository: slug,
    repositoryUrl: `${portalUrl}/git/${slug}`,
    cloneUrl: `${base}.git`,
    defaultBranch: 'main',
    repoContentsUrl: `${base}/tree/main/`,
    filesUrl: `${base}/blob/main/`,
    catalogInfoUrl: `${base}/blob/main/catalog-info.yaml`,
    sourceLocation: `url:${base}/tree/main/`,
    annotations: {
      'pavedroad.dev/repository': slug,
      'backstage.io/source-location': `url:${base}/tree/main/`,
      'backstage.io/source-template': templateRef,
    },
    portalUrl,
    facts,
    ...(manifest ? { manifest } : {}),
    files: paths,
    warnings: [],
  };
}

async function edit(
  input: Input,
  workspace: string,
  leftAlone: FileEdits['problems'],
) {
  const folder = join(workspace, REPOSITORY_FOLDER);
  const target = folderIn(workspace, input.targetPath);
  const result = applyFileEdits(
    repositoryFiles(folder, await listFiles(folder)),
    input.files as FileEdit[],
  );
  for (const [path, content] of Object.entries(result.changed)) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), content);
    await chmod(
      join(target, path),
      (await stat(join(folder, path))).mode % 0o1000,
    );
  }
  leftAlone.push(...result.problems);
  const changed = Object.keys(result.changed).sort();
  if (input.atLeastOne && changed.length === 0) {
    throw new NothingToPropose(String(input.atLeastOne));
  }
  return {
    changed,
    done: result.done,
    summary: describeFileEdits(result),
  };
}

async function compare(input: Input, workspace: string) {
  const [rendered, repository] = await Promise.all(
    [input.sourcePath, REPOSITORY_FOLDER].map(path =>
      digestFiles(folderIn(workspace, path)),
    ),
  );
  const edited = (input.edited ?? {}) as Record<string, string[]>;
  const additions = compareAdditions(
    rendered,
    repository,
    input.needs as Record<string, string> | undefined,
  );
  return {
    ...additions,
    leaveOut: additions.kept.filter(path => !Object.hasOwn(edited, path)),
    summary: describeAdditions(additions, {
      edited,
      notes: input.notes as Record<string, string> | undefined,
    }),
  };
}

/** What `pavedroad:draft-template` does, with the templates of the repository that was copied. */
async function draft(input: Input, workspace: string) {
  const name = String(input.name);
  const { files } = await draftTemplateFolder({
    templates: join(workspace, REPOSITORY_FOLDER, 'templates'),
    target: join(folderIn(workspace, input.targetPath), 'templates'),
    from: String(input.from),
    draft: {
      name,
      title: String(input.title ?? ''),
      description: String(input.description ?? ''),
      owner: stringifyEntityRef(groupRef(String(input.owner))),
      tags: (input.tags ?? []) as string[],
    },
  });
  return {
    path: `templates/${name}`,
    entityRef: `template:default/${name}`,
    version: DRAFT_VERSION,
    files,
  };
}

/** What the actions of a change template do here. `proposed` is told what would be sent to the host. */
export function changeActions(
  template: Template,
  proposed: (proposal: Proposal) => void,
  portalUrl = DEFAULT_PORTAL_URL,
): NonNullable<RenderOptions['actions']> {
  const templateRef = `template:default/${template.name}`;
  const leftAlone: FileEdits['problems'] = [];
  return {
    'pavedroad:checkout': (input, workspace) =>
      offlineCheckout(input, workspace, { portalUrl, templateRef }),
    'pavedroad:edit': (input, workspace) => edit(input, workspace, leftAlone),
    'pavedroad:compare': compare,
    'pavedroad:draft-template': draft,
    'pavedroad:manifest': async (input, workspace) => {
      const folder = folderIn(workspace, input.sourcePath);
      const manifest = buildManifest({
        template: { ref: templateRef, version: String(input.version) },
        answers: input.answers as Record<string, unknown>,
        secretAnswers: secretQuestions(template),
        files: await digestFiles(folder),
        ownership: (input.ownership ?? []) as OwnershipRule[],
        seedPaths: input.seedPaths as string[] | undefined,
      });
      await writeFile(join(folder, MANIFEST_PATH), serializeManifest(manifest));
      return {
        path: MANIFEST_PATH,
        files: Object.keys(manifest.files).length,
      };
    },
    'pavedroad:propose': async (input, workspace) => {
      const folder = folderIn(workspace, input.sourcePath);
      const leftOut = new Set((input.leaveOut ?? []) as string[]);
      const files: Proposal['files'] = {};
      for (const { path, executable } of await digestFiles(folder).catch(
        () => [],
      )) {
        if (!leftOut.has(path)) {
          files[path] = {
            content: readFileSync(join(folder, path)),
            executable,
          };
        }
      }
      proposed({
        files,
        delete: (input.delete ?? []) as string[],
        branch: String(input.branch),
        title: String(input.title),
        description: String(input.description ?? ''),
        leftAlone,
      });
      return {
        url: `${portalUrl}/git/pull/1`,
        number: 1,
        branch: String(input.branch),
        repository: '',
        created: true,
      };
    },
  };
}

/** A repository as a folder of files. */
export type RepositoryContent = ReadonlyMap<
  string,
  { content: Buffer; executable: boolean }
>;

/** Reads a folder. */
export async function readRepository(
  folder: string,
): Promise<RepositoryContent> {
  return new Map(
    (await digestFiles(folder)).map(({ path, executable }) => [
      path,
      { content: readFileSync(join(folder, path)), executable },
    ]),
  );
}

/** Writes a repository into a folder. */
export async function writeRepository(
  folder: string,
  repository: RepositoryContent,
): Promise<void> {
  for (const [path, { content, executable }] of repository) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, executable ? 0o755 : 0o644);
  }
  await mkdir(folder, { recursive: true });
}

/** The repository once a proposal is merged. */
export function merged(
  repository: RepositoryContent,
  proposal: Proposal,
): RepositoryContent {
  const result = new Map(repository);
  Object.entries(proposal.files).forEach(([path, file]) =>
    result.set(path, file),
  );
  proposal.delete.forEach(path => result.delete(path));
  return result;
}

/** The paths in which two repositories differ, modes included. */
export function differences(
  one: RepositoryContent,
  other: RepositoryContent,
): string[] {
  return Array.from(new Set([...one.keys(), ...other.keys()]))
    .filter(path => {
      const [a, b] = [one.get(path), other.get(path)];
      return (
        !a ||
        !b ||
        a.executable !== b.executable ||
        !a.content.equals(b.content)
      );
    })
    .sort();
}
