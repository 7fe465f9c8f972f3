import { questionsOf } from '../template/answers';
import type { Template } from '../template/loadTemplate';
import { isOfEveryProject, JOB_MUTATIONS } from './jobMutations';
import {
  type Mutation,
  SCRIPT_MUTATIONS,
  type ScriptMutation,
  SERVICE_MUTATIONS,
  STATIC_MUTATIONS,
} from './mutations';

const replace =
  (pattern: RegExp | string, replacement: string) =>
  (content: string): string =>
    content.replace(pattern, replacement);

const append =
  (text: string) =>
  (content: string): string =>
    `${content}${text}`;

/** What a proof has to know about a language: where an artifact holds the service's own code, and how that is broken. */
type Language = { built: string; mutations: Mutations };

export type Mutations = {
  /** Caught by reading the project. */
  files: readonly Mutation[];
  /** Caught by the project's own scripts. */
  scripts: readonly ScriptMutation[];
  /** Caught by running the artifact. */
  service: readonly Omit<ScriptMutation, 'command'>[];
};

/** Mutations of Python projects alone. */
export const PYTHON_MUTATIONS: Mutations = {
  files: [
    {
      id: 'python-syntax',
      description: 'a line that is no Python',
      verifier: 'python',
      file: /^src\/service\/config\.py$/,
      change: append('def broken(:\n'),
    },
    {
      id: 'toml-key-twice',
      description: 'a key twice in pyproject.toml',
      verifier: 'python',
      file: /^pyproject\.toml$/,
      change: replace('[project]\n', '[project]\nversion = "9"\n'),
    },
  ],
  scripts: [
    {
      id: 'python-wrong-answer',
      description: 'an endpoint that answers wrongly',
      file: /^src\/service\/greetings\.py$/,
      change: replace('Hello, ', 'Goodbye, '),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'python-secret-in-answer',
      description: 'an error handler that tells callers everything',
      file: /^src\/service\/app\.py$/,
      change: replace(
        'answer(500, "Internal error")',
        'answer(500, str(error))',
      ),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'python-counts-of-one-process',
      description: 'metrics of the process that answers, not of all',
      file: /^src\/service\/server\.py$/,
      change: replace('os.environ["PROMETHEUS_MULTIPROC_DIR"]', '_unused'),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'python-type-error',
      description: 'a number where a truth value belongs',
      file: /^src\/service\/drain\.py$/,
      change: replace('self._flag[0] == 1', 'self._flag[0]'),
      command: ['ci/lint.sh'],
    },
    {
      id: 'python-undefined-name',
      description: 'a name nobody defined',
      file: /^src\/service\/app\.py$/,
      change: replace('round(seconds * 1000)', 'round(second * 1000)'),
      command: ['ci/lint.sh'],
    },
    {
      id: 'python-dependency-unpinned',
      description: 'a dependency in any version',
      file: /^requirements\.txt$/,
      change: replace(/^flask==/m, 'flask>='),
      command: ['ci/scan.sh'],
    },
    {
      id: 'python-dependency-from-elsewhere',
      description: 'a dependency from an address',
      file: /^requirements\.txt$/,
      change: append('helper @ git+https://git.example.com/x.git\n'),
      command: ['ci/scan.sh'],
    },
  ],
  service: [
    {
      id: 'python-service-ignores-drain',
      description: 'a server that stops at once',
      file: /^lib\/service\/server\.py$/,
      change: replace('time.sleep(', 'max('),
    },
    {
      id: 'python-service-always-ready',
      description: 'a service that is ready while it stops',
      file: /^lib\/service\/drain\.py$/,
      change: replace('self._flag[0] = 1', 'self._flag[0] = 0'),
    },
    {
      id: 'python-service-unmeasured',
      description: 'a metric the rules read under another name',
      file: /^lib\/service\/metrics\.py$/,
      change: replace('"http_requests_total"', '"http_calls_total"'),
    },
    {
      id: 'python-service-talks-prose',
      description: 'a log line that is not JSON',
      file: /^lib\/service\/__main__\.py$/,
      change: replace(
        '    configure_logging(config)',
        '    print("hello", flush=True)\n    configure_logging(config)',
      ),
    },
    {
      id: 'python-service-no-trace',
      description: 'log lines without the trace',
      file: /^lib\/service\/logs\.py$/,
      change: replace('line["trace_id"]', 'line["id"]'),
    },
    {
      id: 'python-service-swallows-config',
      description: 'an invalid configuration that is accepted',
      file: /^lib\/service\/config\.py$/,
      change: replace('    if problems:', '    if len(problems) > 99:'),
    },
  ],
};

/** What holds in every language: artifacts are signed, secrets are found. */
const OF_EVERY_LANGUAGE = SCRIPT_MUTATIONS.filter(({ id }) =>
  /^(artifact|secret)-/.test(id),
);

const LANGUAGES: Record<string, Language> = {
  typescript: {
    built: 'dist',
    mutations: {
      files: STATIC_MUTATIONS,
      scripts: SCRIPT_MUTATIONS,
      service: SERVICE_MUTATIONS,
    },
  },
  python: {
    built: 'lib/service',
    mutations: {
      files: [...STATIC_MUTATIONS, ...PYTHON_MUTATIONS.files],
      scripts: [...PYTHON_MUTATIONS.scripts, ...OF_EVERY_LANGUAGE],
      service: PYTHON_MUTATIONS.service,
    },
  },
};

/** The language a template says it writes. Throws when it is one no proof knows. */
export function languageOf(
  template: Pick<Template, 'name' | 'steps'>,
): Language {
  const [name] = template.steps.flatMap(step => {
    const { language } = (step.input?.values ?? {}) as { language?: string };
    return language ? [language] : [];
  });
  const language = LANGUAGES[name];
  if (!language) {
    throw new Error(
      `${template.name} speaks ${name}; a proof knows ${Object.keys(
        LANGUAGES,
      ).join(', ')}`,
    );
  }
  return language;
}

/** The target whose files a verifier reads alone; what a template does not offer cannot be broken in it. */
const TARGET_READ_BY: Readonly<Record<string, string>> = {
  ansible: 'vm',
  paas: 'paas',
  terraform: 'aws',
};

/** Does what a template makes run to an end, instead of being asked? */
export function isJob(template: Pick<Template, 'entity'>): boolean {
  return template.entity.spec.type === 'job';
}

/** Folder of an artifact that holds the repository's own code. */
export function builtFolder(
  template: Pick<Template, 'name' | 'steps' | 'entity'>,
): string {
  const { built } = languageOf(template);
  return isJob(template) ? built.replace('service', 'job') : built;
}

/** The ways a template's output is broken. */
export function mutationsOf(
  template: Pick<Template, 'name' | 'steps' | 'entity' | 'pages'>,
): Mutations {
  const { files, ...others } = breaking(template);
  const targets = questionsOf(template).target?.enum ?? [];
  return {
    ...others,
    files: files.filter(({ verifier }) => {
      const target = TARGET_READ_BY[verifier];
      return target === undefined || targets.includes(target);
    }),
  };
}

function breaking(
  template: Pick<Template, 'name' | 'steps' | 'entity'>,
): Mutations {
  return isJob(template)
    ? {
        files: [
          ...STATIC_MUTATIONS.filter(isOfEveryProject),
          ...JOB_MUTATIONS.files,
        ],
        scripts: [...JOB_MUTATIONS.scripts, ...OF_EVERY_LANGUAGE],
        service: JOB_MUTATIONS.service,
      }
    : languageOf(template).mutations;
}
