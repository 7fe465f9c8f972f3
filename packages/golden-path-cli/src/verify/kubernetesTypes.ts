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

/** What the compiler said about an object, by its text. Most objects of a matrix, and of a broken project, are the same. */
const compiled = new Map<string, string[]>();

/** Fields the official types do not have, found by checking each object as a literal of its type. */
export function typeFindings(
  objects: { where: string; object: KubernetesObject }[],
): Finding[] {
  const texts = objects.map(({ object }) =>
    JSON.stringify(object, undefined, 1),
  );
  const unknown = new Map(
    objects.flatMap(({ object }, index) =>
      compiled.has(texts[index]) ? [] : [[texts[index], object] as const],
    ),
  );
  if (unknown.size > 0) {
    compile(unknown).forEach((messages, text) => compiled.set(text, messages));
  }
  return objects.flatMap(({ where }, index) =>
    (compiled.get(texts[index]) ?? []).map(message => ({ where, message })),
  );
}

/** Asks the compiler about objects, all at once; its messages by the object's text. */
function compile(
  objects: ReadonlyMap<string, KubernetesObject>,
): Map<string, string[]> {
  const lines: string[] = [];
  const owners: string[] = [];
  const messages = new Map<string, string[]>();
  Array.from(objects).forEach(([text, object], index) => {
    const literal = [
      `import type { I${object.kind} as K${index} } from ${JSON.stringify(
        modelModule(object),
      )};`,
      ...`export const o${index}: K${index} = ${text};`.split('\n'),
    ];
    lines.push(...literal);
    owners.push(...literal.map(() => text));
    messages.set(text, []);
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
  for (const diagnostic of program.getSemanticDiagnostics(virtual)) {
    const { line } = virtual.getLineAndCharacterOfPosition(
      diagnostic.start ?? 0,
    );
    messages
      .get(owners[line])
      ?.push(
        `${ts.flattenDiagnosticMessageText(
          diagnostic.messageText,
          ' ',
        )} (${lines[line].trim().slice(0, 80)})`,
      );
  }
  return messages;
}
