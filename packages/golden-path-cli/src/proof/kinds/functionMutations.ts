import { append, replace, STATIC_MUTATIONS } from '../mutations';
import type { Mutations } from './types';
import { lintedTypes, typescriptTests } from './unitTests';

/** What a function has no files for: it is no container and runs on no machine. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  'ansible',
  'dockerfile',
  'gitops',
  'kubernetes',
  'paas',
]);

/** Mutations that speak of images, registries, containers or machines. */
const OF_IMAGES =
  /^(workflow-contents-write|gitlab-no-way-back|jenkins-secret-in-file|packer-.*|terraform-container-.*|terraform-(all-actions|all-resources|may-not-tag|stays-broken|open|no-runbook))$/;

const terraform = /^infra\/aws\/.+\.tf$/;
const main = /^infra\/aws\/main\.tf$/;
const api = /^infra\/aws\/api\.tf$/;
const release = /^infra\/aws\/release\.tf$/;
const alarms = /^infra\/aws\/alarms\.tf$/;
const iam = /^infra\/aws\/iam\.tf$/;
const bundled = /\/function\/index\.mjs$/;
const runner = /^\.\/runner\.mjs$/;

/** Functions in TypeScript on Lambda: their code, the gateway that stands for the account on this machine, their Terraform. */
export const FUNCTION_MUTATIONS: Mutations = {
  files: [
    ...STATIC_MUTATIONS.filter(
      ({ id, verifier }) => !OF_OTHERS.has(verifier) && !OF_IMAGES.test(id),
    ),
    {
      id: 'function-throttled-deaf',
      description: 'an alert for throttles nothing reaches',
      verifier: 'prometheus',
      file: /^observability\/prometheus\/rules\.yaml$/,
      change: replace('[5m])) > 0.05', '[5m])) > 50'),
    },
    {
      id: 'function-any-zip',
      description: 'a function made of whatever lies in the bucket now',
      verifier: 'terraform',
      file: main,
      change: replace(/^ +s3_object_version.*\n/m, ''),
    },
    {
      id: 'function-unhashed',
      description: 'a zip nobody compares with what was signed',
      verifier: 'terraform',
      file: main,
      change: replace(/^ +source_code_hash.*\n/m, ''),
    },
    {
      id: 'function-unnumbered',
      description: 'a release that replaces the one before',
      verifier: 'terraform',
      file: main,
      change: replace(/^ +publish = true\n/m, ''),
    },
    {
      id: 'function-takes-all',
      description: 'a function that may use up the concurrency of the account',
      verifier: 'terraform',
      file: main,
      change: replace(/^ +reserved_concurrent_executions.*\n/m, ''),
    },
    {
      id: 'function-untraced',
      description: 'a function without traces',
      verifier: 'terraform',
      file: main,
      change: replace('mode = "Active"', 'mode = "PassThrough"'),
    },
    {
      id: 'function-slower-than-gateway',
      description: 'a function that runs on when its caller got an error',
      verifier: 'terraform',
      file: main,
      change: replace(/^( +timeout +)= 10$/m, '$1= 60'),
    },
    {
      id: 'function-plain-settings',
      description: 'settings encrypted by a key others use',
      verifier: 'terraform',
      file: main,
      change: replace(/^ +kms_key_arn +=.*\n/m, ''),
    },
    {
      id: 'function-log-elsewhere',
      description: 'a log that is kept for ever and in the clear',
      verifier: 'terraform',
      file: main,
      change: replace(/^ +log_group +=.*\n/m, ''),
    },
    {
      id: 'function-loses-events',
      description: 'events that are forgotten when they fail',
      verifier: 'terraform',
      file: main,
      change: replace(/ {2}destination_config \{[\s\S]*?\n {2}\}\n/, ''),
    },
    {
      id: 'function-alias-fixed',
      description: 'an alias Terraform moves at once',
      verifier: 'terraform',
      file: main,
      change: replace(/ {2}lifecycle \{[\s\S]*?\n {2}\}\n/, ''),
    },
    {
      id: 'queue-plain',
      description: 'messages in the clear',
      verifier: 'terraform',
      file: main,
      change: replace(/^ +kms_master_key_id.*\n/m, ''),
    },
    {
      id: 'queue-without-tls',
      description: 'a queue that takes messages in the clear',
      verifier: 'terraform',
      file: main,
      change: replace('"aws:SecureTransport"', '"aws:SourceVpc"'),
    },
    {
      id: 'release-stays-broken',
      description: 'a bad release that is not taken back',
      verifier: 'terraform',
      file: release,
      change: replace(
        '"DEPLOYMENT_STOP_ON_ALARM"',
        '"DEPLOYMENT_STOP_ON_REQUEST"',
      ),
    },
    {
      id: 'release-unwatched',
      description: 'a release no alarm watches',
      verifier: 'terraform',
      file: release,
      change: replace(/ {2}alarm_configuration \{[\s\S]*?\n {2}\}\n/, ''),
    },
    {
      id: 'release-fails-unseen',
      description: 'a release that answers 500 and is not taken back',
      verifier: 'terraform',
      file: alarms,
      change: replace(/("release" \{[\s\S]*?metric_name = ")5xx/, '$1Errors'),
    },
    {
      id: 'gateway-open',
      description: 'a gateway that passes on any number of requests',
      verifier: 'terraform',
      file: api,
      change: replace(/^ +throttling_rate_limit.*\n/m, ''),
    },
    {
      id: 'gateway-silent',
      description: 'a gateway that keeps no log',
      verifier: 'terraform',
      file: api,
      change: replace(/ {2}access_log_settings \{[\s\S]*?\n {2}\}\n/, ''),
    },
    {
      id: 'gateway-old-tls',
      description: 'a gateway that speaks TLS 1.0',
      verifier: 'terraform',
      file: api,
      change: replace('"TLS_1_2"', '"TLS_1_0"'),
    },
    {
      id: 'gateway-back-door',
      description: 'a second name, past the certificate of the first',
      verifier: 'terraform',
      file: api,
      change: replace(/^ +disable_execute_api_endpoint.*\n/m, ''),
    },
    {
      id: 'gateway-any-api',
      description: 'a function any API of any account may call',
      verifier: 'terraform',
      file: api,
      change: replace(/^ +source_arn.*\n/m, ''),
    },
    {
      id: 'function-all-actions',
      description: 'a deploy role that may do everything with functions',
      verifier: 'terraform',
      file: iam,
      change: replace('"lambda:UpdateFunctionCode"', '"lambda:*"'),
    },
    {
      id: 'function-all-resources',
      description: 'a deploy role that may change every function',
      verifier: 'terraform',
      file: iam,
      change: replace(
        /("lambda:InvokeFunction"\]\n +resources = )\[.*\]/,
        '$1["*"]',
      ),
    },
    {
      id: 'function-reads-others',
      description: 'a deploy role that may read the code of every function',
      verifier: 'terraform',
      file: iam,
      change: replace(
        /("lambda:Get\*", "lambda:List\*"\]\n +resources = )\[.*\]/,
        '$1["*"]',
      ),
    },
    {
      id: 'function-zip-unreadable',
      description: 'a deploy role that may not read the zip it makes code of',
      verifier: 'terraform',
      file: iam,
      change: replace(', "s3:GetObjectVersion"', ''),
    },
    {
      id: 'function-settings-unreadable',
      description: 'a deploy role to which the settings seem to be gone',
      verifier: 'terraform',
      expects: /allows lambda:UpdateFunctionCode without kms:Decrypt/,
      file: iam,
      change: replace(/\["kms:Decrypt"\]/, '["kms:DescribeKey"]'),
    },
    {
      id: 'function-traces-nowhere',
      description: 'a function whose own spans nothing takes',
      verifier: 'terraform',
      expects: /aws_lambda_function\.service: sends its traces nowhere/,
      file: main,
      change: replace('OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_ENDPOINT'),
    },
    {
      id: 'gateway-unasked',
      description: 'a gateway whose name can be lost without an alarm',
      verifier: 'terraform',
      expects: /is asked by nobody from outside/,
      file: alarms,
      change: replace('"AWS/Route53"', '"AWS/Events"'),
    },
    {
      id: 'gateway-unasked-content',
      description: 'a check from outside that may end unseen',
      verifier: 'terraform',
      expects: /is asked by nobody from outside/,
      file: alarms,
      change: replace('"breaching"', '"notBreaching"'),
    },
    {
      id: 'gateway-certificate',
      description: 'a certificate that ends unseen',
      verifier: 'terraform',
      expects: /may lose its certificate unseen/,
      file: alarms,
      change: replace('"AWS/CertificateManager"', '"AWS/Events"'),
    },
    {
      id: 'alarm-of-nobody',
      description: 'a window of an alarm that no alarm looks at',
      verifier: 'terraform',
      file: alarms,
      change: replace(
        /aws_cloudwatch_metric_alarm\.burn_window\["/,
        'local.nothing["',
      ),
    },
    {
      id: 'alarm-burn-missing',
      description: 'a service level watched in three of its four windows',
      verifier: 'terraform',
      file: alarms,
      change: replace(/^ +creeping = .*\n/m, ''),
    },
    {
      id: 'alarm-burn-wrong-window',
      description: 'the short window of another burn rate',
      verifier: 'terraform',
      file: alarms,
      change: replace('short = 300,', 'short = 3600,'),
    },
    {
      id: 'alarm-no-runbook',
      description: 'an alarm without a runbook',
      verifier: 'terraform',
      file: alarms,
      change: replace('runbooks/function-throttled.md', 'runbooks/gone.md'),
    },
    {
      id: 'terraform-unversioned',
      description: 'a configuration for any version of Terraform',
      verifier: 'terraform',
      file: terraform,
      change: replace(/^ +required_version.*\n/m, ''),
    },
  ],
  scripts: [
    {
      id: 'function-wrong-answer',
      description: 'an endpoint that answers wrongly',
      file: /^src\/routes\/greetings\.ts$/,
      change: replace('Hello, ', 'Goodbye, '),
      command: ['ci/unit-test.sh'],
    },
    {
      id: 'function-flag-stuck',
      description: 'a flag that nobody can switch on',
      file: /^src\/flags\.ts$/,
      change: replace("? 'on'", "? 'off'"),
      ...typescriptTests('test/greetings'),
    },
    {
      id: 'function-secret-in-answer',
      description: 'an error handler that tells callers everything',
      file: /^src\/app\.ts$/,
      change: replace("status >= 500 ? 'Internal error'", "status >= 900 ? ''"),
      ...typescriptTests('test/app'),
    },
    {
      id: 'function-body-unlimited',
      description: 'a body of any size',
      file: /^src\/app\.ts$/,
      change: replace('> BODY_LIMIT', '> BODY_LIMIT * 999'),
      ...typescriptTests('test/app'),
    },
    {
      id: 'function-route-untold',
      description: 'a route the gateway does not know',
      file: /^routes\.json$/,
      change: replace(', "GET /v1/greetings/{name}"', ''),
      ...typescriptTests('test/app'),
    },
    {
      id: 'function-runs-for-ever',
      description: 'an environment that outlives its timeout',
      file: /^local\/environments\.ts$/,
      change: replace(
        'await environment.worker.terminate();\n      return',
        'return',
      ),
      ...typescriptTests('test/environments'),
    },
    {
      id: 'function-one-for-all',
      description: 'an environment that takes events at the same time',
      file: /^local\/environments\.ts$/,
      change: replace('idle.pop() ??', 'Array.from(all)[0] ??'),
      ...typescriptTests('test/environments'),
    },
    {
      id: 'function-type-error',
      description: 'a wrong type',
      expects: /error TS2322/,
      file: /^src\/routes\/greetings\.ts$/,
      change: replace('status: 200,', "status: '200',"),
      ...lintedTypes,
    },
    {
      id: 'function-floating-promise',
      description: 'a promise nobody waits for',
      file: /^local\/runner\.ts$/,
      change: replace('void stop(', 'stop('),
      command: ['ci/lint.sh'],
    },
    {
      id: 'function-dependency-unpinned',
      description: 'a dependency without its hash',
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
      id: 'function-ignores-sigterm',
      description: 'a gateway that does not shut down gracefully',
      file: runner,
      change: replace(/process\.on\("SIGTERM"/, 'process.on("SIGUSR2"'),
    },
    {
      id: 'function-always-ready',
      description: 'a gateway that is ready while it stops',
      file: runner,
      change: replace('draining = true', 'draining = false'),
    },
    {
      id: 'function-settings-swallowed',
      part: 'refuses',
      description: 'an invalid setting that is accepted',
      file: runner,
      change: replace('problems.length > 0', 'problems.length > 99'),
    },
    {
      id: 'function-unmeasured',
      description: 'a metric the rules read under another name',
      file: bundled,
      change: replace('http_requests_total', 'http_calls_total'),
    },
    {
      id: 'function-talks-prose',
      description: 'a log line that is not JSON',
      file: bundled,
      change: append("\nconsole.log('hello');\n"),
    },
    {
      id: 'function-no-trace',
      description: 'log lines without the trace',
      file: bundled,
      change: replace('trace_id:', 'id:'),
    },
    {
      id: 'function-swallows-config',
      part: 'inside',
      description: 'an invalid configuration that is accepted',
      file: bundled,
      change: replace('problems.length > 0', 'problems.length > 99'),
    },
  ],
};
