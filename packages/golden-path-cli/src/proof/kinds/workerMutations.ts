import {
  append,
  type Mutation,
  replace,
  type ScriptMutation,
} from '../mutations';
import { pythonTests } from './serviceMutations';
import type { Mutations } from './types';

const rules = /^observability\/prometheus\/rules\.yaml$/;

const prometheus = (
  id: string,
  description: string,
  change: Mutation['change'],
  file = rules,
): Mutation => ({
  id: `worker-${id}`,
  description,
  verifier: 'prometheus',
  file,
  change,
});

const kubernetes = (
  id: string,
  description: string,
  change: Mutation['change'],
  file: RegExp,
): Mutation => ({
  id: `worker-kubernetes-${id}`,
  description,
  verifier: 'kubernetes',
  file,
  change,
});

/** Some of the unit tests alone: all of them take half a minute, most of which they wait. Where there is no such test, nothing is said. */
const tests = (
  file: string,
  words: string,
): Pick<ScriptMutation, 'command' | 'expects' | 'verifier' | 'waits'> => ({
  ...pythonTests(file, words),
  waits: true,
});

/** Nobody asks whether an event was processed before. */
const twice: Mutation['change'] = content =>
  content
    .replace("'EXISTS', KEYS[2]) == 0", "'EXISTS', KEYS[2]) >= 0")
    .replace('return bool(self._redis.exists(', 'return False and bool((');

/** Mutations of workers alone. */
export const WORKER_MUTATIONS: Mutations = {
  files: [
    {
      id: 'worker-yaml-bad-indentation',
      description: 'an indentation that changes the meaning',
      verifier: 'yaml',
      file: /^catalog-info\.yaml$/,
      change: replace('  type: worker', '   type: worker'),
    },
    {
      id: 'worker-link-broken',
      description: 'a link to a page that is not there',
      verifier: 'markdown-links',
      file: /^docs\/on-call\.md$/,
      change: replace('runbooks/dead-letters.md', 'runbooks/dead.md'),
    },
    {
      id: 'worker-page-unlisted',
      description: 'a runbook left out of the navigation',
      verifier: 'markdown-links',
      file: /^mkdocs\.yml$/,
      change: replace(/^.*runbooks\/dead-letters\.md\n/m, ''),
    },
    {
      id: 'worker-no-contract',
      description: 'an API without a description of its events',
      verifier: 'entities',
      file: /^catalog-info\.yaml$/,
      change: replace('asyncapi.yaml', 'events.yaml'),
    },
    {
      id: 'worker-python-syntax',
      description: 'a line that is no Python',
      verifier: 'python',
      file: /^src\/worker\/config\.py$/,
      change: append('def broken(:\n'),
    },
    {
      id: 'worker-toml-key-twice',
      description: 'a key twice in pyproject.toml',
      verifier: 'python',
      file: /^pyproject\.toml$/,
      change: replace('[project]\n', '[project]\nversion = "9"\n'),
    },
    kubernetes(
      'canary-called',
      'a canary that anybody may call',
      replace(
        /(name: \S+-canary\n {2}policyTypes: \[Ingress, Egress\]\n)/,
        '$1  ingress:\n    - {}\n',
      ),
      /networkpolicy\.yaml$/,
    ),
    kubernetes(
      'canary-unconfined',
      'a canary that nothing keeps from calling anybody',
      replace(
        /(app\.kubernetes\.io\/name: \S+)-canary\n( {2}policyTypes)/,
        '$1-other\n$2',
      ),
      /networkpolicy\.yaml$/,
    ),
    kubernetes(
      'canary-elsewhere',
      'a canary that does not know which stream the worker reads',
      replace(/^ +envFrom:\n.*\n.*\n/m, ''),
      /canary\.yaml$/,
    ),
    kubernetes(
      'canary-overlaps',
      'canaries that pile up',
      replace('concurrencyPolicy: Forbid', 'concurrencyPolicy: Allow'),
      /canary\.yaml$/,
    ),
    kubernetes(
      'canary-root',
      'a canary that may run as root',
      replace(/runAsNonRoot: true/g, 'runAsNonRoot: false'),
      /canary\.yaml$/,
    ),
    prometheus(
      'late-upside-down',
      'events that count as late while they are in time',
      replace('> bool', '<= bool'),
    ),
    prometheus(
      'late-generous',
      'an objective that is a second longer than it says',
      content =>
        content.replace(
          /(> bool )(\d+)/,
          (_, start: string, seconds: string) =>
            `${start}${Number(seconds) + 1}`,
        ),
    ),
    prometheus(
      'dead-in-time',
      'dead letters that count as processed in time',
      replace(/, outcome!="dead"/g, ''),
    ),
    prometheus(
      'of-every-environment',
      'rules that take staging for production',
      replace(/, environment!="staging"/g, ''),
    ),
    prometheus(
      'burn-wrong-factor',
      'a burn-rate factor off by ten',
      replace(/\(14\.4 \*/g, '(1.44 *'),
    ),
    prometheus(
      'burn-wrong-window',
      'the short window of another alert',
      replace(/(slo:sli_error:ratio_rate)5m(\{[^}]*\} > on)/, '$11h$2'),
    ),
    prometheus(
      'stuck-nervous',
      'a stuck consumer reported while it works',
      replace(/(worker_events_total\{[^}]*\}\[10m\]\)\)) == 0/, '$1 >= 0'),
    ),
    prometheus(
      'stuck-when-idle',
      'a stuck consumer reported while nothing waits',
      replace(/(worker_lag_events\{[^}]*\}\)) > 0/, '$1 >= 0'),
    ),
    prometheus(
      'canary-by-replica',
      'a canary missed by a replica that has not heard of it yet',
      replace(
        'time() - max by (service) (worker_canary',
        'time() - min by (service) (worker_canary',
      ),
    ),
    prometheus(
      'broker-of-one',
      'a page for one replica that lost the broker',
      replace(
        'max by (service) (worker_broker',
        'min by (service) (worker_broker',
      ),
    ),
    prometheus(
      'dead-deaf',
      'dead letters nobody hears of',
      replace(/(worker_dead_letters\{[^}]*\}\)) > 0/, '$1 > 1000'),
    ),
    prometheus(
      'dead-nervous',
      'an alert without patience',
      replace(/(runbook_url: .*worker-absent\.md[\s\S]*?) {8}for: 5m\n/, '$1'),
    ),
    prometheus(
      'promql-syntax',
      'an expression that does not parse',
      replace('max by (service) (', 'max by service ('),
    ),
    prometheus(
      'alert-no-owner',
      'an alert nobody owns',
      replace(/(alert: BrokerLost[\s\S]*?) {10}owner: .*\n/, '$1'),
    ),
    prometheus(
      'alert-no-runbook',
      'a runbook link that leads nowhere',
      replace('runbooks/dead-letters.md', 'runbooks/dead.md'),
    ),
    prometheus(
      'alert-untested',
      'an alert without a test',
      replace(/alertname: ConsumerStuck/g, 'alertname: Other'),
      /rules\.test\.yaml$/,
    ),
    prometheus(
      'dashboard-blind',
      'a panel that shows what nothing records',
      replace('worker:lag_seconds:max', 'worker:lag_days:max'),
      /dashboard\.json$/,
    ),
  ],
  scripts: [
    {
      id: 'worker-wrong-effect',
      description: 'a handler that adds up wrongly',
      file: /^src\/worker\/handlers\.py$/,
      change: replace('customer, amount)', 'customer, -amount)'),
      ...tests('test_handlers', 'adds'),
    },
    {
      id: 'worker-no-backoff',
      description: 'attempts that follow each other at once',
      file: /^src\/worker\/policy\.py$/,
      change: replace('return exact *', 'return 0 * exact *'),
      ...tests('test_loop', 'tried_again_later'),
    },
    {
      id: 'worker-poison-blocks',
      description: 'a failed event that holds its place while it waits',
      file: /^src\/worker\/loop\.py$/,
      change: replace('held.work is not None for held', 'True for held'),
      ...tests('test_loop', 'hold_up'),
    },
    {
      id: 'worker-reads-ahead',
      description: 'more events taken than can be worked on',
      file: /^src\/worker\/loop\.py$/,
      change: replace('self._broker.read(free,', 'self._broker.read(100,'),
      ...tests('test_loop', 'no_more_is_taken'),
    },
    {
      id: 'worker-lets-go',
      description: 'a long handler whose event others take over',
      file: /^src\/worker\/loop\.py$/,
      change: replace('            self._broker.hold(ids)', '            pass'),
      ...tests('test_loop', 'long_handler'),
    },
    {
      id: 'worker-crash-loop',
      description: 'an event that may kill its process for ever',
      file: /^src\/worker\/loop\.py$/,
      change: replace(
        'message.deliveries > self._config.attempts',
        'message.deliveries > 1000 * self._config.attempts',
      ),
      ...tests('test_loop', 'keeps_killing'),
    },
    {
      id: 'worker-keeps-the-rest',
      description: 'a drain that gives nothing back',
      file: /^src\/worker\/loop\.py$/,
      change: replace(
        '                self._broker.give_back(ids)',
        '                pass',
      ),
      ...tests('test_loop', 'told_to_stop'),
    },
    {
      id: 'worker-hangs-unseen',
      description: 'a handler that hangs while the process says it is alive',
      file: /^src\/worker\/loop\.py$/,
      change: replace('return self.busy <= ', 'return 0 <= '),
      ...tests('test_loop', 'what_hangs'),
    },
    {
      id: 'worker-replays-twice',
      description: 'a dead letter that stays when it is replayed',
      file: /^src\/worker\/broker\.py$/,
      change: replace("redis.call('XDEL', KEYS[2], ARGV[1]) == 1", 'true'),
      ...tests('test_broker', 'replayed'),
    },
    {
      id: 'worker-twice-under-fault',
      description: 'an event that has its effect whenever it comes',
      file: /^src\/worker\/broker\.py$/,
      change: twice,
      command: ['ci/fault.sh'],
    },
    {
      id: 'worker-type-error',
      description: 'a text where a number belongs',
      file: /^src\/worker\/loop\.py$/,
      change: replace('outcome, delay)', 'outcome, str(delay))'),
      command: ['ci/lint.sh'],
    },
    {
      id: 'worker-dependency-unpinned',
      description: 'a dependency in any version',
      file: /^requirements\.txt$/,
      change: replace(/^redis==/m, 'redis>='),
      command: ['ci/scan.sh'],
    },
  ],
  artifact: [
    {
      id: 'worker-acknowledges-first',
      description: 'events that are acknowledged before they are processed',
      file: /^lib\/worker\/broker\.py$/,
      change: replace('block=max(', 'noack=True, block=max('),
    },
    {
      id: 'worker-no-dedupe',
      description: 'a duplicate that has its effect again',
      file: /^lib\/worker\/broker\.py$/,
      change: twice,
    },
    {
      id: 'worker-forgets-note',
      description: 'an effect without the note that it happened',
      file: /^lib\/worker\/broker\.py$/,
      change: replace(
        "  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])\n",
        '',
      ),
    },
    {
      id: 'worker-no-dead-letter',
      description: 'poison that is dropped',
      file: /^lib\/worker\/broker\.py$/,
      change: replace(
        "  redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))\n  return 1\nend\nreturn 0\n\"\"\"\n\n# Back",
        '  return 1\nend\nreturn 0\n"""\n\n# Back',
      ),
    },
    {
      id: 'worker-never-acknowledges',
      description: 'events that are never done',
      file: /^lib\/worker\/broker\.py$/,
      change: replace(
        "  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])\n  return 1",
        '  return 1',
      ),
    },
    {
      id: 'worker-no-claim',
      part: 'survives',
      description: 'events of a dead consumer that nobody takes over',
      file: /^lib\/worker\/loop\.py$/,
      change: replace('in self._broker.claim(free)', 'in []'),
    },
    {
      id: 'worker-environment-unsaid',
      description: 'metrics that do not say of which environment they are',
      file: /^lib\/worker\/metrics\.py$/,
      change: replace('"environment": self', '"where": self'),
    },
    {
      id: 'worker-lag-unknown',
      description: 'a lag that is not measured',
      file: /^lib\/worker\/metrics\.py$/,
      change: replace('"worker_lag_seconds"', '"worker_behind_seconds"'),
    },
    {
      id: 'worker-lag-blind',
      part: 'survives',
      description: 'a lag that does not see what others hold',
      file: /^lib\/worker\/broker\.py$/,
      change: replace('waiting=int(ahead) + held', 'waiting=int(ahead)'),
    },
    {
      id: 'worker-ignores-term',
      description: 'a worker that does not stop when told to',
      file: /^lib\/worker\/__main__\.py$/,
      change: replace('worker.stop())', 'None)'),
    },
    {
      id: 'worker-always-ready',
      part: 'outlives',
      description: 'a worker that is ready without its broker',
      file: /^lib\/worker\/loop\.py$/,
      change: replace('return self._connected and', 'return'),
    },
    {
      id: 'worker-dies-with-broker',
      part: 'outlives',
      description: 'a worker that ends when its broker does',
      file: /^lib\/worker\/loop\.py$/,
      change: replace(
        '                failures += 1\n',
        '                failures += 1\n                raise SystemExit(1)\n',
      ),
    },
    {
      id: 'worker-label-of-others',
      description: 'a label that grows with what others send',
      file: /^lib\/worker\/metrics\.py$/,
      change: replace('name if name in self._types else "other"', 'name + "!"'),
    },
    {
      id: 'worker-security-silent',
      description: 'a malformed event that is no security event',
      file: /^lib\/worker\/loop\.py$/,
      change: replace('"category": "security", ', ''),
    },
    {
      id: 'worker-talks-prose',
      description: 'a log line that is not JSON',
      file: /^lib\/worker\/__main__\.py$/,
      change: replace(
        '    configure_logging(config)',
        '    print("hello", flush=True)\n    configure_logging(config)',
      ),
    },
    {
      id: 'worker-no-trace',
      description: 'log lines without the trace',
      file: /^lib\/worker\/logs\.py$/,
      change: replace('line["trace_id"]', 'line["id"]'),
    },
    {
      id: 'worker-swallows-config',
      part: 'refuses',
      description: 'an invalid configuration that is accepted',
      file: /^lib\/worker\/config\.py$/,
      change: replace('    if problems:', '    if len(problems) > 99:'),
    },
  ],
};
