import { createRequire } from 'node:module';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import ts from 'typescript';
import type { KubernetesObject } from './kubernetesRules';
import type { Finding } from './types';

const requireModel = createRequire(__filename);

/** Kinds of Argo CD; the others of its API group are Argo Rollouts'. */
const ARGO_CD: ReadonlySet<string> = new Set(['AppProject', 'Application']);

/** Module that holds the official schema of a kind: `kubernetes-models/apps/v1`, … */
function modelModule({ apiVersion, kind }: KubernetesObject): string {
  if (apiVersion.startsWith('argoproj.io/')) {
    return `@kubernetes-models/${
      ARGO_CD.has(kind) ? 'argo-cd' : 'argo-rollouts'
    }/${apiVersion}`;
  }
  return `kubernetes-models/${apiVersion}`;
}

type ModelClass = new (data: unknown) => { validate(): void };

/** What the official schemas say about the values of an object. */
export function schemaFindings(
  where: string,
  object: KubernetesObject,
): Finding[] {
  let Model: ModelClass | undefined;
  try {
    Model = requireModel(modelModule(object))[object.kind];
  } catch {
    Model = undefined;
  }
  if (!Model) {
    return [
      { where, message: `${object.apiVersion} ${object.kind} is unknown` },
    ];
  }
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [{ where, message: String((error as Error).message) }];
  }
}

/** A file that exists for the compiler only; below this package, so that its imports resolve as ours do. */
const VIRTUAL_FILE = resolvePackagePath(
  '@pavedroad/golden-path-cli',
  'src/kubernetes-manifests.virtual.ts',
);

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
};

const host = ts.createCompilerHost(options);
const sourceFiles = new Map<string, ts.SourceFile>();

/** Fields the official types do not have, found by checking each object as a literal of its type. */
export function typeFindings(
  objects: { where: string; object: KubernetesObject }[],
): Finding[] {
  const lines: string[] = [];
  const owners: (string | undefined)[] = [];
  objects.forEach(({ where, object }, index) => {
    const text = [
      `import type { I${object.kind} as K${index} } from ${JSON.stringify(
        modelModule(object),
      )};`,
      ...`export const o${index}: K${index} = ${JSON.stringify(
        object,
        undefined,
        1,
      )};`.split('\n'),
    ];
    lines.push(...text);
    owners.push(...text.map(() => where));
  });
  const virtual = ts.createSourceFile(
    VIRTUAL_FILE,
    lines.join('\n'),
    ts.ScriptTarget.ES2022,
    true,
  );
  const program = ts.createProgram([VIRTUAL_FILE], options, {
    ...host,
    fileExists: file => file === VIRTUAL_FILE || host.fileExists(file),
    getSourceFile: (file, version, ...rest) => {
      if (file === VIRTUAL_FILE) {
        return virtual;
      }
      const cached = sourceFiles.get(file);
      if (cached) {
        return cached;
      }
      const source = host.getSourceFile(file, version, ...rest);
      if (source) {
        sourceFiles.set(file, source);
      }
      return source;
    },
  });
  return program.getSemanticDiagnostics(virtual).map(diagnostic => {
    const line = virtual.getLineAndCharacterOfPosition(
      diagnostic.start ?? 0,
    ).line;
    return {
      where: owners[line] ?? 'manifests',
      message: `${ts.flattenDiagnosticMessageText(
        diagnostic.messageText,
        ' ',
      )} (${lines[line].trim().slice(0, 80)})`,
    };
  });
}
