import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { run, which } from '../lib/run';
import {
  kubernetesFindings,
  type KubernetesObject,
  objectSchema,
} from './kubernetesRules';
import { nameFindings } from './kubernetesNames';
import { cronJobFindings } from './kubernetesJobs';
import { deliveredFindings } from './kubernetesObservability';
import { schemaFindings, typeFindings } from './kubernetesTypes';
import { metricNames, type Rules } from './prometheus';
import { analysisQueries, rolloutFindings } from './rolloutRules';
import { type Finding, outcome, type Project, type Verifier } from './types';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const IMAGE = 'registry.example/team/service';

let minorVersion: Promise<number> | undefined;

/** Minor version of the client, by which it is known what its kustomize can do. It does not change while this runs. */
function kubectlMinor(cwd: string): Promise<number> {
  minorVersion ??= readKubectlMinor(cwd);
  return minorVersion;
}

async function readKubectlMinor(cwd: string): Promise<number> {
  const { stdout } = await run(
    'kubectl',
    ['version', '--client', '--output=json'],
    { cwd, timeoutMs: 30_000 },
  );
  const minor = /"minor":\s*"(\d+)/.exec(stdout)?.[1];
  return Number(minor ?? 0);
}

type Kustomization = {
  resources?: string[];
  patches?: { path: string }[];
  configMapGenerator?: { options?: { labels?: Record<string, string> } }[];
  generatorOptions?: object;
};

/**
 * Rewrites a kustomization for the kustomize of kubectl before 1.21, which knows folders as `bases`, patches as
 * `patchesStrategicMerge` and labels for all generators at once only. What is checked stays the same.
 */
export function forOldKustomize(text: string): string {
  const { resources, patches, configMapGenerator, generatorOptions, ...rest } =
    parse(text) as Kustomization;
  const folders = resources?.filter(r => !/\.ya?ml$/.test(r)) ?? [];
  return stringify({
    ...rest,
    ...(folders.length ? { bases: folders } : {}),
    ...(resources
      ? { resources: resources.filter(r => !folders.includes(r)) }
      : {}),
    ...(patches ? { patchesStrategicMerge: patches.map(p => p.path) } : {}),
    ...(configMapGenerator
      ? {
          configMapGenerator: configMapGenerator.map(
            ({ options: _, ...generator }) => generator,
          ),
          generatorOptions: {
            ...generatorOptions,
            labels: Object.assign(
              {},
              ...configMapGenerator.map(g => g.options?.labels),
            ),
          },
        }
      : {}),
  });
}

/** Manifests, the rules that measure releases, and what ci/render-manifests.sh reads. */
const readByKubernetes = (file: string) =>
  /^(infra\/kubernetes|observability)\/|^ci\/(render-manifests\.sh|lib\.sh|service\.env)$|^VERSION$/.test(
    file,
  );

/** The manifests of an environment as the deploy job would apply them. */
export async function renderManifests(
  project: Project,
  environment: string,
): Promise<{ objects: KubernetesObject[]; problem?: string }> {
  const copy = await mkdtemp(join(tmpdir(), 'golden-path-kubernetes-'));
  try {
    const old = (await kubectlMinor(copy)) < 21;
    for (const file of project.files.filter(readByKubernetes)) {
      await mkdir(dirname(join(copy, file)), { recursive: true });
      if (old && file.endsWith('/kustomization.yaml')) {
        await writeFile(
          join(copy, file),
          forOldKustomize(await project.read(file)),
        );
      } else {
        await cp(join(project.folder, file), join(copy, file));
      }
    }
    const wrapper = join(copy, 'build/kubernetes', environment);
    if (old) {
      await mkdir(wrapper, { recursive: true });
      await writeFile(
        join(wrapper, 'kustomization.yaml'),
        stringify({
          apiVersion: 'kustomize.config.k8s.io/v1beta1',
          kind: 'Kustomization',
          bases: [`../../../infra/kubernetes/overlays/${environment}`],
          images: [
            { name: await imageName(project), newName: IMAGE, digest: DIGEST },
          ],
        }),
      );
    }
    const result = old
      ? await run('kubectl', ['kustomize', wrapper], {
          cwd: copy,
          timeoutMs: 60_000,
        })
      : await run('ci/render-manifests.sh', [environment], {
          cwd: copy,
          timeoutMs: 60_000,
          env: {
            ...process.env,
            CI: 'true',
            CI_COMMIT_SHA: '0123456789abcdef0123456789abcdef01234567',
            IMAGE_REPOSITORY: IMAGE,
            IMAGE_DIGEST: DIGEST,
          },
        });
    if (result.code !== 0) {
      return { objects: [], problem: result.output.trim().slice(0, 2000) };
    }
    const parsed = parseAllDocuments(result.stdout).map(document =>
      objectSchema.safeParse(document.toJSON()),
    );
    const bad = parsed.find(p => !p.success);
    return {
      objects: parsed.flatMap(p => (p.success ? [p.data] : [])),
      ...(bad ? { problem: `${bad.error?.issues[0].message}` } : {}),
    };
  } catch (error) {
    return { objects: [], problem: String((error as Error).message) };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** The name manifests give the image before the deploy job says which it is. */
async function imageName(project: Project): Promise<string> {
  const file = 'infra/kubernetes/base/workload.yaml';
  return /^\s*image: (\S+)$/m.exec(await project.read(file))?.[1] ?? '';
}

/** The metrics the service's own rules read. */
async function measuredBy(project: Project): Promise<ReadonlySet<string>> {
  const file = 'observability/prometheus/rules.yaml';
  if (!project.files.includes(file)) {
    return new Set();
  }
  const { groups } = parse(await project.read(file)) as Rules;
  return new Set(
    groups.flatMap(g => g.rules).flatMap(r => metricNames(String(r.expr))),
  );
}

/** What promtool says about the queries of analyses. */
async function queryFindings(queries: string[]): Promise<Finding[]> {
  if (queries.length === 0 || !(await which('promtool'))) {
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), 'golden-path-analysis-'));
  try {
    const rules = queries.map((expr, i) => ({ record: `analysis:${i}`, expr }));
    await writeFile(
      join(folder, 'rules.yaml'),
      stringify({ groups: [{ name: 'analysis', rules }] }),
    );
    const result = await run('promtool', ['check', 'rules', 'rules.yaml'], {
      cwd: folder,
      timeoutMs: 30_000,
    });
    return result.code === 0
      ? []
      : [
          {
            where: 'AnalysisTemplate',
            message: result.output.trim().slice(0, 500),
          },
        ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const kubernetes: Verifier = {
  id: 'kubernetes',
  title: 'Kubernetes manifests: official types and schemas, own rules',
  reads: readByKubernetes,
  async verify(project, _stage, { untilFirst = false } = {}) {
    const environments = project.files
      .map(f =>
        /^infra\/kubernetes\/overlays\/([^/]+)\/kustomization\.yaml$/.exec(f),
      )
      .filter(match => match !== null)
      .map(match => match[1]);
    if (environments.length === 0) {
      return { status: 'absent' };
    }
    if (!(await which('kubectl'))) {
      return { status: 'skipped', missing: 'kubectl' };
    }
    const findings: Finding[] = [];
    const analyses: string[] = [];
    const typed: { where: string; object: KubernetesObject }[] = [];
    for (const environment of environments) {
      // What was broken on purpose is mostly wrong in all environments: the next one is looked at when this one is right.
      if (untilFirst && findings.length > 0) {
        break;
      }
      const { objects, problem } = await renderManifests(project, environment);
      if (problem) {
        findings.push({ where: environment, message: problem });
        continue;
      }
      findings.push(
        ...kubernetesFindings(environment, objects),
        ...nameFindings(environment, objects),
        ...rolloutFindings(environment, objects, await measuredBy(project)),
      );
      findings.push(
        ...cronJobFindings(environment, objects),
        ...deliveredFindings(environment, objects),
      );
      analyses.push(...analysisQueries(objects));
      for (const object of objects) {
        const where = `${environment}: ${object.kind} ${object.metadata.name}`;
        const wrong = schemaFindings(where, object);
        findings.push(...wrong);
        if (wrong.length === 0) {
          typed.push({ where, object });
        }
      }
    }
    // Manifests that miss a rule of ours are not worth the time of the compiler.
    if (findings.length === 0) {
      findings.push(
        ...typeFindings(typed),
        ...(await queryFindings(Array.from(new Set(analyses)))),
      );
    }
    return outcome(findings, [
      'Kubernetes manifests: checked, not applied; that needs a cluster',
    ]);
  },
};
