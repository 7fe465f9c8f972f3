import {
  append,
  LOOKS_LIKE_A_TOKEN,
  replace,
  type ScriptMutation,
} from '../mutations';
import type { Mutations } from './types';
import { lintedTypes, typescriptTests } from './unitTests';

/**
 * Unit tests of one file of a Python project, or those of it whose names have certain words: the others say nothing about what is broken
 * there.
 */
export const pythonTests = (
  name: string,
  words = '',
): Pick<ScriptMutation, 'command' | 'expects' | 'verifier'> => ({
  expects: /\d+ failed/,
  command: [
    'sh',
    '-c',
    // pytest's 1: a test failed. Anything else says nothing, as does a file that is not there.
    `[ -f "$1" ] || exit 75
.venv/bin/python -m pytest --quiet --exitfirst -p no:cacheprovider -k "$2" "$1"
code=$?
case "$code" in 0 | 1) exit "$code" ;; *) exit 75 ;; esac`,
    'test',
    `tests/${name}.py`,
    words,
  ],
  verifier: `tests/${name}`,
});

/** Services in TypeScript. Caught by what reads TypeScript, by their scripts, and by running them. */
export const TYPESCRIPT_MUTATIONS: Mutations = {
  files: [
    {
      id: 'typescript-syntax',
      description: 'a line that is no TypeScript',
      verifier: 'typescript',
      file: /^src\/main\.ts$/,
      change: append('const broken = {;\n'),
    },
  ],
  scripts: [
    {
      id: 'code-wrong-answer',
      description: 'an endpoint that answers wrongly',
      file: /^src\/routes\/greetings\.ts$/,
      change: replace('Hello, ', 'Goodbye, '),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'code-flag-stuck',
      description: 'a flag that nobody can switch on',
      file: /^src\/flags\.ts$/,
      change: replace("? 'on'", "? 'off'"),
      ...typescriptTests('test/greetings'),
    },
    {
      id: 'code-secret-in-answer',
      description: 'an error handler that tells callers everything',
      file: /^src\/app\.ts$/,
      change: replace("status >= 500 ? 'Internal error'", "status >= 900 ? ''"),
      ...typescriptTests('test/app'),
    },
    {
      id: 'code-type-error',
      description: 'a wrong type',
      expects: /error TS2554/,
      file: /^src\/shutdown\.ts$/,
      change: replace('drain();', 'drain(1);'),
      ...lintedTypes,
    },
    {
      id: 'code-floating-promise',
      description: 'a promise nobody waits for',
      expects: /no-(floating|misused)-promises/,
      file: /^src\/main\.ts$/,
      change: replace('void stop(', 'stop('),
      command: ['ci/lint.sh'],
    },
    {
      id: 'dependency-unpinned',
      description: 'a dependency without its hash',
      expects: /not pinned by a hash/,
      file: /^package-lock\.json$/,
      change: replace(
        /"integrity": "sha512-[^"]*",\n(\s*"license")/,
        '"resolved": "git+ssh://git@example.com/x.git",\n$1',
      ),
      command: ['ci/scan.sh'],
    },
  ],
  artifact: [
    {
      id: 'service-ignores-sigterm',
      description: 'a service that does not shut down gracefully',
      file: /^dist\/src\/main\.js$/,
      change: replace(/process\.on\('SIGTERM'/, "process.on('SIGUSR2'"),
    },
    {
      id: 'service-always-ready',
      description: 'a service that is ready while it stops',
      file: /^dist\/src\/app\.js$/,
      change: replace('draining = true', 'draining = false'),
    },
    {
      id: 'service-unmeasured',
      description: 'a metric the rules read under another name',
      file: /^dist\/src\/metrics\.js$/,
      change: replace("'http_requests_total'", "'http_calls_total'"),
    },
    {
      id: 'service-environment-unsaid',
      description: 'metrics that do not say of which environment they are',
      file: /^dist\/src\/metrics\.js$/,
      change: replace(', environment: config.environment', ''),
    },
    {
      id: 'service-talks-prose',
      description: 'a log line that is not JSON',
      file: /^dist\/src\/main\.js$/,
      change: append("\nconsole.log('hello');\n"),
    },
    {
      id: 'service-no-trace',
      description: 'log lines without the trace',
      file: /^dist\/src\/logger\.js$/,
      change: replace('trace_id:', 'id:'),
    },
    {
      id: 'service-swallows-config',
      part: 'refuses',
      description: 'an invalid configuration that is accepted',
      file: /^dist\/src\/config\.js$/,
      change: replace('problems.length > 0', 'problems.length > 99'),
    },
  ],
};

/** Services in Python. Caught by what reads Python, by their scripts, and by running them. */
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
      id: 'machine-other-python',
      description: 'a machine whose Python is not that of the artifact',
      verifier: 'ansible',
      expects: /Vagrantfile: starts no Debian 12/,
      file: /^infra\/vm\/Vagrantfile$/,
      change: replace('debian-12', 'debian-13'),
    },
    {
      id: 'python-vulnerability-allowed-for-ever',
      description: 'an allowance that does not end',
      verifier: 'python',
      expects: /one that was allowed: ends with 0/,
      file: /^ci\/python\/advisories\.py$/,
      change: replace(' and until >= today', ''),
    },
    {
      id: 'python-vulnerability-unasked',
      description: 'an advisory service whose silence is a clean bill',
      verifier: 'python',
      expects: /nobody who answers: ends with 0/,
      file: /^ci\/python\/advisories\.py$/,
      change: replace('return 1 if wrong else 75', 'return 1 if wrong else 0'),
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
      expects: /\d+ failed/,
      file: /^src\/service\/greetings\.py$/,
      change: replace('Hello, ', 'Goodbye, '),
      command: ['ci/unit-test.sh'],
      waits: true,
    },
    {
      id: 'python-secret-in-answer',
      description: 'an error handler that tells callers everything',
      file: /^src\/service\/web\.py$/,
      change: replace(
        'answer(500, "Internal error")',
        'answer(500, str(error))',
      ),
      ...pythonTests('test_app'),
    },
    {
      id: 'python-counts-of-one-process',
      description: 'metrics of the process that answers, not of all',
      file: /^src\/service\/server\.py$/,
      change: replace('os.environ["PROMETHEUS_MULTIPROC_DIR"]', '_unused'),
      ...pythonTests('test_server'),
      waits: true,
    },
    {
      id: 'python-flag-raises',
      description: 'a flag that fails the request which asks for it',
      file: /^src\/service\/flags\.py$/,
      change: replace(
        'except Exception as error:',
        'except KeyError as error:',
      ),
      ...pythonTests('test_flags'),
    },
    {
      id: 'python-flag-any-type',
      description: 'a text that counts as an answer of yes or no',
      file: /^src\/service\/flags\.py$/,
      change: replace(
        'isinstance(found.value, bool)):',
        'isinstance(found.value, object)):',
      ),
      ...pythonTests('test_flags'),
    },
    {
      id: 'python-flag-waits',
      description:
        'a request that waits for a flag service as long as it takes',
      file: /^src\/service\/ofrep\.py$/,
      change: replace('call.result(self._timeout)', 'call.result()'),
      ...pythonTests('test_ofrep'),
      waits: true,
    },
    {
      id: 'python-flag-for-everybody',
      description: 'an answer about one user that is given for all',
      file: /^src\/service\/ofrep\.py$/,
      change: replace('{"context": sent}', '{"context": {}}'),
      ...pythonTests('test_ofrep'),
      waits: true,
    },
    {
      id: 'python-flag-insists',
      description:
        'a flag service that is asked again at once, though it asked for a pause',
      file: /^src\/service\/ofrep\.py$/,
      change: replace('Refusal(pause_of(retry_after)', 'Refusal(0'),
      ...pythonTests('test_ofrep'),
      waits: true,
    },
    {
      id: 'python-flag-for-ever',
      description: 'an answer that is never asked for again',
      file: /^src\/service\/ofrep\.py$/,
      change: replace('age < FRESH_SECONDS', 'age >= 0'),
      ...pythonTests('test_ofrep'),
      waits: true,
    },
    {
      id: 'python-secret-in-another-encoding',
      description: 'a token in a file that is no UTF-8',
      expects: /docs\/index\.md:\d+: a GitHub token/,
      file: /^docs\/index\.md$/,
      encoding: 'latin1',
      change: append(`\nM\u00fcnchen: ${LOOKS_LIKE_A_TOKEN}\n`),
      command: ['ci/scan.sh'],
    },
    {
      id: 'python-type-error',
      description: 'a number where a truth value belongs',
      expects: /\[return-value\]/,
      file: /^src\/service\/drain\.py$/,
      change: replace('self._flag[0] == 1', 'self._flag[0]'),
      command: ['ci/lint.sh'],
    },
    {
      id: 'python-undefined-name',
      description: 'a name nobody defined',
      expects: /\[name-defined\]|F821/,
      file: /^src\/service\/web\.py$/,
      change: replace('round(seconds * 1000)', 'round(second * 1000)'),
      command: ['ci/lint.sh'],
    },
    {
      id: 'python-dependency-unpinned',
      description: 'a dependency in any version',
      expects: /flask>=.*not one version from the index/,
      file: /^requirements\.txt$/,
      change: replace(/^flask==/m, 'flask>='),
      command: ['ci/scan.sh'],
    },
    {
      id: 'python-dependency-from-elsewhere',
      description: 'a dependency from an address',
      expects: /helper @ .*not one version from the index/,
      file: /^requirements\.txt$/,
      change: append('helper @ git+https://git.example.com/x.git\n'),
      command: ['ci/scan.sh'],
    },
  ],
  artifact: [
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
      id: 'python-service-environment-unsaid',
      description: 'metrics that do not say of which environment they are',
      file: /^lib\/service\/metrics\.py$/,
      change: replace('"environment": self', '"where": self'),
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
      part: 'refuses',
      description: 'an invalid configuration that is accepted',
      file: /^lib\/service\/config\.py$/,
      change: replace('    if problems:', '    if len(problems) > 99:'),
    },
  ],
};
