import { append, type Mutation, replace } from '../mutations';
import type { Mutations } from './types';

const workload = /^infra\/kubernetes\/base\/workload\.yaml$/;
const rules = /^observability\/prometheus\/rules\.yaml$/;

const kubernetes = (
  id: string,
  description: string,
  change: Mutation['change'],
  file = workload,
): Mutation => ({
  id: `job-kubernetes-${id}`,
  description,
  verifier: 'kubernetes',
  file,
  change,
});

const prometheus = (
  id: string,
  description: string,
  change: Mutation['change'],
  file = rules,
): Mutation => ({
  id: `job-${id}`,
  description,
  verifier: 'prometheus',
  file,
  change,
});

/** Mutations of jobs alone. */
export const JOB_MUTATIONS: Mutations = {
  files: [
    {
      id: 'job-yaml-bad-indentation',
      description: 'an indentation that changes the meaning',
      verifier: 'yaml',
      file: /^catalog-info\.yaml$/,
      change: replace('  type: job', '   type: job'),
    },
    {
      id: 'job-link-broken',
      description: 'a link to a page that is not there',
      verifier: 'markdown-links',
      file: /^docs\/on-call\.md$/,
      change: replace('runbooks/run-missed.md', 'runbooks/run-gone.md'),
    },
    {
      id: 'job-page-unlisted',
      description: 'a runbook left out of the navigation',
      verifier: 'markdown-links',
      file: /^mkdocs\.yml$/,
      change: replace(/^.*runbooks\/run-missed\.md\n/m, ''),
    },
    {
      id: 'job-python-syntax',
      description: 'a line that is no Python',
      verifier: 'python',
      file: /^src\/job\/config\.py$/,
      change: append('def broken(:\n'),
    },
    {
      id: 'job-toml-key-twice',
      description: 'a key twice in pyproject.toml',
      verifier: 'python',
      file: /^pyproject\.toml$/,
      change: replace('[project]\n', '[project]\nversion = "9"\n'),
    },
    kubernetes(
      'unknown-field',
      'a misspelt field, which a cluster ignores',
      replace('concurrencyPolicy', 'concurencyPolicy'),
    ),
    kubernetes(
      'wrong-type',
      'a text where a number belongs',
      replace('backoffLimit: 2', 'backoffLimit: "two"'),
    ),
    kubernetes(
      'overlap',
      'a run that may overlap the one before',
      replace('concurrencyPolicy: Forbid', 'concurrencyPolicy: Allow'),
    ),
    kubernetes(
      'starts-whenever',
      'a run that starts however late',
      replace(/^ *startingDeadlineSeconds.*\n/m, ''),
    ),
    kubernetes(
      'never-ends',
      'a run that may take forever',
      replace(/^ *activeDeadlineSeconds.*\n/m, ''),
    ),
    kubernetes(
      'no-history',
      'failed runs that nobody can look at',
      replace('failedJobsHistoryLimit: 3', 'failedJobsHistoryLimit: 0'),
    ),
    kubernetes(
      'no-time-zone',
      'a schedule in no time zone',
      replace(/^ *timeZone.*\n/m, ''),
    ),
    kubernetes(
      'no-limits',
      'no memory limit',
      replace(/^ *memory: 256Mi\n/m, ''),
    ),
    kubernetes(
      'root',
      'a container that may run as root',
      replace(/runAsNonRoot: true/g, 'runAsNonRoot: false'),
    ),
    kubernetes(
      'writable',
      'a writable root file system',
      replace('readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'),
    ),
    kubernetes(
      'capabilities',
      'capabilities kept',
      replace('drop: [ALL]', 'drop: [NET_RAW]'),
    ),
    kubernetes(
      'seccomp',
      'no seccomp profile',
      replace(/type: RuntimeDefault/g, 'type: Unconfined'),
    ),
    kubernetes(
      'token',
      'a token of the cluster in the container',
      replace(
        'automountServiceAccountToken: false',
        'enableServiceLinks: true',
      ),
    ),
    kubernetes(
      'no-network-policy',
      'no NetworkPolicy',
      replace(/^.*networkpolicy\.yaml\n/m, ''),
      /^infra\/kubernetes\/base\/kustomization\.yaml$/,
    ),
    kubernetes(
      'callers',
      'a job that anybody may call',
      replace('  egress:\n', '  ingress:\n    - {}\n  egress:\n'),
      /networkpolicy\.yaml$/,
    ),
    kubernetes(
      'image-tag',
      'an image by tag',
      replace('    digest: $IMAGE_DIGEST', '    newTag: latest'),
      /^ci\/render-manifests\.sh$/,
    ),
    kubernetes(
      'pod-security',
      'a namespace without restricted pod security',
      replace('enforce: restricted', 'enforce: privileged'),
      /overlays\/production\/namespace\.yaml$/,
    ),
    prometheus('missed-deaf', 'a missed run nobody hears of', content =>
      content.replace(
        /(alert: RunMissed\n *expr: .*> )(\d+)/,
        (_, start: string, seconds: string) => `${start}9${seconds}`,
      ),
    ),
    prometheus(
      'missed-nervous',
      'a missed run reported before it is due',
      content =>
        content.replace(
          /(alert: RunMissed\n *expr: .*> )\d+/,
          (_, start: string) => `${start}60`,
        ),
    ),
    prometheus(
      'of-every-environment',
      'rules that take staging for production',
      replace(/, environment!="staging"/g, ''),
    ),
    prometheus(
      'failed-nervous',
      'an alert without patience',
      replace('        for: 15m\n', ''),
    ),
    prometheus(
      'stale-upside-down',
      'a result that counts as stale while it is fresh',
      replace('> bool', '<= bool'),
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
      'promql-syntax',
      'an expression that does not parse',
      replace('max by (service) (', 'max by service ('),
    ),
    prometheus(
      'alert-no-owner',
      'an alert nobody owns',
      replace(/(alert: NeverHeardOf[\s\S]*?) {10}owner: .*\n/, '$1'),
    ),
    prometheus(
      'alert-no-runbook',
      'a runbook link that leads nowhere',
      replace('runbooks/run-slow.md', 'runbooks/slow.md'),
    ),
    prometheus(
      'alert-untested',
      'an alert without a test',
      replace(/alertname: RunSlow/g, 'alertname: Other'),
      /rules\.test\.yaml$/,
    ),
    prometheus(
      'dashboard-blind',
      'a panel that shows what nothing records',
      replace('job:last_success:age_seconds', 'job:last_success:age_days'),
      /dashboard\.json$/,
    ),
  ],
  scripts: [
    {
      id: 'job-wrong-result',
      description: 'a task that adds up wrongly',
      file: /^src\/job\/task\.py$/,
      change: replace('total += ', 'total -= '),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'job-half-result',
      description: 'a result that readers see while it is written',
      file: /^src\/job\/task\.py$/,
      change: content =>
        content
          .replace(/with beside\.open\(/, 'with path.open(')
          .replace(
            '            json.dump',
            '            import time\n\n            file.write("{")\n            file.flush()\n            time.sleep(2)\n            file.seek(0)\n            json.dump',
          )
          .replace('        beside.replace(path)\n', ''),
      command: ['ci/fault.sh'],
    },
    {
      id: 'job-no-deadline',
      description: 'a run that outlives its deadline',
      file: /^src\/job\/limits\.py$/,
      change: replace('ITIMER_REAL, deadline)', 'ITIMER_REAL, 0)'),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'job-failure-forgotten',
      description: 'a failure that counts as a success',
      file: /^src\/job\/outcome\.py$/,
      change: replace('if outcome.succeeded:', 'if outcome.ended:'),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'job-type-error',
      description: 'a text where a number belongs',
      file: /^src\/job\/outcome\.py$/,
      change: replace('outcome.records)', 'str(outcome.records))'),
      command: ['ci/lint.sh'],
    },
    {
      id: 'job-dependency-unpinned',
      description: 'a dependency in any version',
      file: /^requirements\.txt$/,
      change: replace(/^prometheus-client==/m, 'prometheus-client>='),
      command: ['ci/scan.sh'],
    },
    {
      id: 'job-slow',
      description: 'a task that takes a thousand times as long',
      file: /^src\/job\/task\.py$/,
      change: replace(
        '    records = 0\n',
        '    records = 0\n    import time\n\n    time.sleep(5)\n',
      ),
      command: [
        'env',
        'SLO_LATENCY_SECONDS=6',
        'RECORDS=10',
        'ci/load.sh',
        'staging',
      ],
    },
  ],
  artifact: [
    {
      id: 'job-not-idempotent',
      description: 'a run that leaves something else each time',
      file: /^lib\/job\/task\.py$/,
      change: replace('"total": str(total)', '"total": str(os.times())'),
    },
    {
      id: 'job-fails-silently',
      description: 'a failure that ends with 0',
      file: /^lib\/job\/__main__\.py$/,
      change: replace('.succeeded else 1', '.succeeded else 0'),
    },
    {
      id: 'job-unmeasured',
      description: 'a metric the rules read under another name',
      file: /^lib\/job\/outcome\.py$/,
      change: replace('"job_last_run_duration_seconds"', '"job_duration"'),
    },
    {
      id: 'job-environments-overwrite',
      description: "a run in staging that overwrites production's outcome",
      file: /^lib\/job\/outcome\.py$/,
      change: replace('grouping_key=group, ', ''),
    },
    {
      id: 'job-success-overwritten',
      description: 'a failure that moves the last success',
      file: /^lib\/job\/outcome\.py$/,
      change: replace('if outcome.succeeded:', 'if outcome.ended:'),
    },
    {
      id: 'job-talks-prose',
      description: 'a log line that is not JSON',
      file: /^lib\/job\/__main__\.py$/,
      change: replace(
        '    configure_logging(config)',
        '    print("hello", flush=True)\n    configure_logging(config)',
      ),
    },
    {
      id: 'job-no-trace',
      description: 'log lines without the trace',
      file: /^lib\/job\/logs\.py$/,
      change: replace('line["trace_id"]', 'line["id"]'),
    },
    {
      id: 'job-swallows-config',
      description: 'an invalid configuration that is accepted',
      file: /^lib\/job\/config\.py$/,
      change: replace('    if problems:', '    if len(problems) > 99:'),
    },
  ],
};
