import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type KubernetesObject, objectSchema } from './kubernetesRules';
import { schemaFindings, typeFindings } from './kubernetesTypes';
import { type Finding, outcome, type Verifier } from './types';

const SETTINGS = 'ci/service.env';

const destination = z.looseObject({
  server: z.string().optional(),
  namespace: z.string().optional(),
});

const projectSchema = z.looseObject({
  sourceRepos: z.array(z.string()).default([]),
  destinations: z.array(destination).default([]),
  clusterResourceWhitelist: z
    .array(z.looseObject({ group: z.string(), kind: z.string() }))
    .default([]),
  namespaceResourceWhitelist: z
    .array(z.looseObject({ group: z.string(), kind: z.string() }))
    .default([]),
});

const applicationSchema = z.looseObject({
  project: z.string(),
  source: z.looseObject({ repoURL: z.string(), path: z.string() }),
  destination,
  syncPolicy: z
    .looseObject({
      automated: z
        .looseObject({
          prune: z.boolean().optional(),
          selfHeal: z.boolean().optional(),
        })
        .optional(),
    })
    .optional(),
});

/** Own rules for Argo CD's objects of one file. `files` are all files of the project. */
export function gitopsFindings(
  file: string,
  objects: KubernetesObject[],
  files: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  const projects = new Map(
    objects
      .filter(o => o.kind === 'AppProject')
      .map(o => [o.metadata.name, projectSchema.parse(o.spec ?? {})]),
  );
  for (const [name, project] of projects) {
    const add = (message: string) =>
      findings.push({ where: `${file}: AppProject ${name}`, message });
    const wild = (values: (string | undefined)[]) =>
      values.length === 0 ||
      values.some(v => v === undefined || v.includes('*'));
    if (wild(project.sourceRepos)) {
      add('takes manifests from any repository');
    }
    if (wild(project.destinations.map(d => d.namespace))) {
      add('may write to any namespace');
    }
    for (const kinds of [
      project.clusterResourceWhitelist,
      project.namespaceResourceWhitelist,
    ]) {
      if (wild(kinds.map(k => k.kind)) || wild(kinds.map(k => k.group))) {
        add('may create any kind of object');
      }
    }
  }
  const applications = objects.filter(o => o.kind === 'Application');
  if (applications.length === 0) {
    findings.push({ where: file, message: 'has no Application' });
  }
  for (const application of applications) {
    const add = (message: string) =>
      findings.push({
        where: `${file}: Application ${application.metadata.name}`,
        message,
      });
    const parsed = applicationSchema.safeParse(application.spec);
    if (!parsed.success) {
      add(parsed.error.issues[0].message);
      continue;
    }
    const { project: name, source, destination: to, syncPolicy } = parsed.data;
    const project = projects.get(name);
    if (!project) {
      add(`belongs to the project ${name}, which is not there`);
    } else {
      if (!project.sourceRepos.includes(source.repoURL)) {
        add(`its project does not allow ${source.repoURL}`);
      }
      if (
        !project.destinations.some(
          d => d.namespace === to.namespace && d.server === to.server,
        )
      ) {
        add(`its project does not allow the namespace ${to.namespace}`);
      }
    }
    if (!files.includes(`${source.path}/kustomization.yaml`)) {
      add(`reads ${source.path}, which is not there`);
    }
    if (!syncPolicy?.automated?.selfHeal || !syncPolicy.automated.prune) {
      add('leaves the cluster different from the repository');
    }
  }
  return findings;
}

/**
 * Whether deployments leave the cluster to Argo CD: what they applied themselves, it would put back. `settings` are what the pipeline's scripts
 * know of the service.
 */
export function handoverFindings(settings: string): Finding[] {
  return /^: "\$\{GITOPS:=true\}"$/m.test(settings)
    ? []
    : [
        {
          where: SETTINGS,
          message: 'Argo CD puts back what a deployment applies: no GITOPS',
        },
      ];
}

export const gitops: Verifier = {
  id: 'gitops',
  title: 'GitOps: official schemas, least privilege, paths that are there',
  reads: file =>
    file === SETTINGS || /^infra\/(gitops|kubernetes)\//.test(file),
  async verify(project) {
    const files = project.files.filter(f =>
      /^infra\/gitops\/.+\.yaml$/.test(f),
    );
    if (files.length === 0) {
      return { status: 'absent' };
    }
    const findings = handoverFindings(
      project.files.includes(SETTINGS) ? await project.read(SETTINGS) : '',
    );
    const typed: { where: string; object: KubernetesObject }[] = [];
    for (const file of files) {
      const objects = parseAllDocuments(await project.read(file)).map(
        document => objectSchema.parse(document.toJSON()),
      );
      for (const object of objects) {
        const where = `${file}: ${object.kind} ${object.metadata.name}`;
        const wrong = schemaFindings(where, object);
        findings.push(...wrong);
        if (wrong.length === 0) {
          typed.push({ where, object });
        }
      }
      if (findings.length === 0) {
        findings.push(...gitopsFindings(file, objects, project.files));
      }
    }
    // What misses a rule of ours is not worth the time of the compiler.
    if (findings.length === 0) {
      findings.push(...typeFindings(typed));
    }
    return outcome(findings, [
      'GitOps application: checked, not applied; that needs Argo CD',
    ]);
  },
};
