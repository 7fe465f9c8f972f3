import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestFiles } from '../../lib/files';
import { lintTemplate } from '../../lint/lintTemplate';
import type { RepositoryContent } from '../../render/changeActions';
import { renderTemplate } from '../../render/renderTemplate';
import {
  loadTemplate,
  type Template,
  TEMPLATES_ROOT,
} from '../../template/loadTemplate';
import { matrixOf } from '../../template/matrix';
import {
  type Finding,
  type Outcome,
  outcome,
  type Verifier,
} from '../../verify/types';
import { createProgress } from '../progress';
import { proveTemplate, sampleOf, sharedRun } from '../proveTemplate';
import type { RunOfProof } from './types';

/** Puts templates that a project adds beside the platform layer, as they are once it is merged, and does something with them. */
async function withAdded<T>(
  project: string,
  root: string,
  work: (templates: string) => Promise<T>,
): Promise<T> {
  const templates = await mkdtemp(join(tmpdir(), 'golden-path-added-'));
  try {
    await cp(join(project, 'templates'), templates, { recursive: true });
    await symlink(join(root, 'platform'), join(templates, 'platform'));
    return await work(templates);
  } finally {
    await rm(templates, { recursive: true, force: true });
  }
}

/** Names of the templates that a list of files holds. */
function templatesIn(files: readonly string[]): string[] {
  return files.flatMap(
    file => /^templates\/([^/]+)\/template\.yaml$/.exec(file)?.[1] ?? [],
  );
}

/** `npm run templates -- lint` of every template that a project adds. */
export const templateLint: Verifier = {
  id: 'template-lint',
  title: 'The new template itself',
  async verify(project) {
    const names = templatesIn(project.files);
    if (names.length === 0) {
      return outcome([
        { where: 'templates', message: 'there is no template.yaml' },
      ]);
    }
    return withAdded(project.folder, TEMPLATES_ROOT, async templates => {
      const findings: Finding[] = [];
      for (const name of names) {
        const found = await lintTemplate(await loadTemplate(name, templates));
        findings.push(
          ...found.map(({ where, message }) => ({
            where: `${name}: ${where}`,
            message,
          })),
        );
      }
      return outcome(findings);
    });
  },
};

/** Files beside the new template's own. */
export function onlyNewFindings(
  made: RepositoryContent,
  name: string,
): Finding[] {
  return Array.from(made.keys())
    .filter(path => !path.startsWith(`templates/${name}/`))
    .map(where => ({ where, message: 'is not part of the new template' }));
}

/**
 * What a render says of the template it comes from, made the same for all templates: its name and version where a decision, the catalog or
 * the manifest has them.
 */
export function impersonal(
  text: string,
  { name, version }: Pick<Template, 'name' | 'version'>,
): string {
  return text
    .replaceAll(`template:default/${name}`, 'template:default/it')
    .replaceAll(`golden path \`${name}\` ${version}`, 'golden path `it`')
    .replaceAll(
      `pavedroad.dev/template-version: "${version}"`,
      'pavedroad.dev/template-version: it',
    )
    .replace(
      `  ref: template:default/it\n  version: ${version}\n`,
      '  ref: template:default/it\n',
    );
}

const MANIFEST = '.golden-path.yaml';

/**
 * Files of a sample of rows in which a template makes something else than the one it was copied from. What the platform layer makes must
 * not depend on a template's name.
 */
export async function sameOutputFindings(
  subject: Pick<Template, 'root'>,
  project: string,
  name: string,
  base: string,
): Promise<Finding[]> {
  return withAdded(project, subject.root, async templates => {
    const pair = await Promise.all([
      loadTemplate(base, subject.root),
      loadTemplate(name, templates),
    ]);
    const findings = new Map<string, Finding>();
    for (const row of sampleOf(matrixOf(pair[0]))) {
      const [one, other] = await Promise.all(
        pair.map(async from => {
          const folder = await mkdtemp(join(tmpdir(), 'golden-path-pair-'));
          try {
            await renderTemplate(from, row.answers, folder);
            return new Map(
              await Promise.all(
                (
                  await digestFiles(folder)
                ).map(async ({ path, executable }) => {
                  const text = await readFile(join(folder, path), 'latin1');
                  const said = impersonal(text, from);
                  return [
                    path,
                    // The manifest has a hash of each file, with what was said of the template in it.
                    `${executable} ${
                      path === MANIFEST
                        ? said.replace(/[0-9a-f]{64}/g, '#')
                        : said
                    }`,
                  ] as const;
                }),
              ),
            );
          } finally {
            await rm(folder, { recursive: true, force: true });
          }
        }),
      );
      for (const path of new Set([...one.keys(), ...other.keys()])) {
        if (one.get(path) !== other.get(path)) {
          findings.set(path, {
            where: path,
            message: `differs from what ${base} makes (${row.id})`,
          });
        }
      }
    }
    return Array.from(findings.values());
  });
}

/** Proves a sample of what a new template makes, and says what failed. */
export async function sampledProof(
  subject: Pick<Template, 'root'>,
  project: string,
  name: string,
  run: RunOfProof,
): Promise<Outcome> {
  return withAdded(project, subject.root, async templates => {
    const proof = await proveTemplate(await loadTemplate(name, templates), {
      progress: createProgress(() => {}),
      underCi: run.underCi,
      sample: true,
      // Beside the run that waits for it, which would never end in the same pool.
      shared: { ...sharedRun(1), known: run.known },
    });
    const checks = [
      ...proof.checks.map(check => ({ row: name, check })),
      ...proof.cases.flatMap(({ id, checks: of }) =>
        of.map(check => ({ row: id, check })),
      ),
    ];
    if (!checks.some(({ check }) => check.status === 'passed')) {
      return outcome([{ where: name, message: 'nothing was proved' }]);
    }
    return outcome(
      checks
        .filter(({ check }) => check.status === 'failed')
        .flatMap(({ row, check }) =>
          check.findings.map(({ where, message }) => ({
            where: `${row}: ${check.id}: ${where}`,
            message,
          })),
        ),
      proof.notRun,
    );
  });
}
