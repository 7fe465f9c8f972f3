import { parse } from 'yaml';
import { MANIFEST_PATH, parseManifest } from '../manifest';
import { nameProblem } from '../names';

/** A repository as far as facts are read from it. */
export type RepositoryFiles = {
  /** All paths from the root, separated by `/`. */
  paths: readonly string[];
  /** Content of a text file; `undefined` for one that is not there. */
  text(path: string): string | undefined;
};

/** The CI systems of golden paths. */
export type CiSystem = 'gitlab' | 'github' | 'jenkins';

/** The targets of golden paths. */
export type DeployTarget = 'kubernetes' | 'vm' | 'aws' | 'paas';

/** What a repository says of itself. A fact that cannot be told is left out; none is guessed. */
export type RepositoryFacts = {
  /** The CI system whose pipeline is there. */
  ci?: CiSystem;
  target?: DeployTarget;
  language?: 'typescript' | 'javascript' | 'python' | 'go' | 'java';
  /** How its packages are managed, as dependency updates call it. */
  packageEcosystem?: 'npm' | 'pip' | 'gomod' | 'maven' | 'gradle';
  /** The package's own name, in the form of a component's. */
  packageName?: string;
  /** TCP port it listens on. */
  port?: number;
  /** Service tier. */
  tier?: 1 | 2 | 3;
  description?: string;
  /** The template it was made from, without its kind and namespace. */
  template?: string;
  /** Whether it has a Dockerfile. */
  dockerfile: boolean;
};

/** The answers its manifest records; nothing for a repository without one that can be read. */
function recordedAnswers(files: RepositoryFiles): {
  template?: string;
  answers: Record<string, unknown>;
} {
  const text = files.text(MANIFEST_PATH);
  if (text === undefined) {
    return { answers: {} };
  }
  try {
    const { template, answers } = parseManifest(text);
    return { template: template.ref.split('/').pop(), answers };
  } catch {
    return { answers: {} };
  }
}

const oneOf =
  <const T extends readonly unknown[]>(...values: T) =>
  (value: unknown): T[number] | undefined =>
    values.find(known => known === value);

/** A JSON or YAML object; `undefined` for what is none. Aliases are refused: the file is somebody else's. */
function readObject(
  text: string | undefined,
): Record<string, unknown> | undefined {
  if (text === undefined) {
    return undefined;
  }
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The CI system whose pipeline a repository has. With several, the one its manifest names or that runs most often wins. */
export function detectCi(paths: readonly string[]): CiSystem | undefined {
  if (paths.some(p => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(p))) {
    return 'github';
  }
  if (paths.includes('.gitlab-ci.yml')) {
    return 'gitlab';
  }
  return paths.includes('Jenkinsfile') ? 'jenkins' : undefined;
}

/** Where it goes, by the infrastructure code that is there. */
export function detectTarget(
  paths: readonly string[],
): DeployTarget | undefined {
  const some = (pattern: RegExp) => paths.some(p => pattern.test(p));
  if (
    some(/(^|\/)kustomization\.ya?ml$/) ||
    some(/(^|\/)Chart\.yaml$/) ||
    some(/^(k8s|kubernetes|manifests)\/.+\.ya?ml$/)
  ) {
    return 'kubernetes';
  }
  if (some(/(^|\/)playbook\.ya?ml$/) || some(/(^|\/)ansible\.cfg$/)) {
    return 'vm';
  }
  if (some(/^(infra|terraform|deploy)\/.*\.tf$/) || some(/^[^/]+\.tf$/)) {
    return 'aws';
  }
  return paths.includes('Procfile') ? 'paas' : undefined;
}

/** The language of the project at the root, by the file its packages are described in. */
export function detectLanguage(
  paths: readonly string[],
): Pick<RepositoryFacts, 'language' | 'packageEcosystem'> {
  const has = (path: string) => paths.includes(path);
  if (has('package.json')) {
    return {
      language:
        has('tsconfig.json') || paths.some(p => /^src\/.+\.tsx?$/.test(p))
          ? 'typescript'
          : 'javascript',
      packageEcosystem: 'npm',
    };
  }
  if (['pyproject.toml', 'requirements.txt', 'setup.py', 'Pipfile'].some(has)) {
    return { language: 'python', packageEcosystem: 'pip' };
  }
  if (has('go.mod')) {
    return { language: 'go', packageEcosystem: 'gomod' };
  }
  if (has('pom.xml')) {
    return { language: 'java', packageEcosystem: 'maven' };
  }
  return has('build.gradle') || has('build.gradle.kts')
    ? { language: 'java', packageEcosystem: 'gradle' }
    : {};
}

/** The name a package description gives, made into a component's name where that is possible. */
export function detectPackageName(files: RepositoryFiles): string | undefined {
  const named =
    readObject(files.text('package.json'))?.name ??
    /^\s*name\s*=\s*["']([^"']{1,200})["']/m.exec(
      files.text('pyproject.toml') ?? '',
    )?.[1] ??
    /^module\s+(\S{1,200})/m.exec(files.text('go.mod') ?? '')?.[1];
  if (typeof named !== 'string') {
    return undefined;
  }
  const name = (named.split('/').pop() ?? '')
    .toLocaleLowerCase('en-US')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return nameProblem(name) ? undefined : name;
}

/** The port a Dockerfile exposes, or the only one its code or environment names. */
export function detectPort(files: RepositoryFiles): number | undefined {
  const usable = (text: string | undefined) => {
    const port = Number(text);
    return Number.isInteger(port) && port > 0 && port < 65_536
      ? port
      : undefined;
  };
  const exposed = /^\s*EXPOSE\s+(\d{2,5})\b/im.exec(
    files.text('Dockerfile') ?? '',
  );
  if (exposed) {
    return usable(exposed[1]);
  }
  const sources = files.paths.filter(
    p =>
      /^(src\/|app\/)?(index|main|server|app|wsgi|config)\.(m?[jt]s|py)$/.test(
        p,
      ) || /^\.env\.(example|sample)$/.test(p),
  );
  const found = new Set(
    sources.flatMap(path =>
      Array.from(
        (files.text(path) ?? '').matchAll(
          /\bPORT\b["'\])]*\s*(?:\|\||\?\?|,|=)\s*["']?(\d{2,5})\b/g,
        ),
        match => usable(match[1]),
      ),
    ),
  );
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

/**
 * Reads what a repository says of itself. Pure. What its manifest records goes before what its files look like.
 */
export function readRepositoryFacts(files: RepositoryFiles): RepositoryFacts {
  const { template, answers } = recordedAnswers(files);
  const detected = detectLanguage(files.paths);
  const facts: RepositoryFacts = {
    ci:
      oneOf('gitlab', 'github', 'jenkins')(answers.ci) ?? detectCi(files.paths),
    target:
      oneOf('kubernetes', 'vm', 'aws', 'paas')(answers.target) ??
      detectTarget(files.paths),
    language: detected.language,
    packageEcosystem: detected.packageEcosystem,
    packageName: detectPackageName(files),
    port: detectPort(files),
    tier: oneOf(1, 2, 3)(answers.tier),
    description:
      typeof answers.description === 'string' ? answers.description : undefined,
    template,
    dockerfile: files.paths.includes('Dockerfile'),
  };
  return JSON.parse(JSON.stringify(facts)) as RepositoryFacts;
}
