import { blocksOf, type Hcl, type HclBlock, inside, texts } from './hcl';
import type { Finding } from './types';

/** The burn rates every service level has: factor, long and short window in seconds. */
const BURN_RATES: readonly (readonly [number, number, number])[] = [
  [14.4, 3600, 300],
  [6, 21_600, 1800],
  [3, 86_400, 7200],
  [1, 259_200, 21_600],
];

/** Longest a function may take behind a gateway that gives up after 30 seconds. */
const LONGEST_SECONDS = 29;

/** What a rule looks at: a block, all the others, and where what it finds goes. */
type Look = {
  body: Hcl;
  /** `aws_s3_bucket.uploads`: how others speak of it. */
  address: string;
  all: Everything;
  must(good: boolean, message: string): void;
};

class Everything {
  constructor(
    readonly resources: readonly HclBlock[],
    readonly documents: readonly HclBlock[],
    readonly paths: readonly string[],
  ) {}

  of(type: string): Hcl[] {
    return this.resources
      .filter(r => r.labels[0] === type)
      .map(({ body }) => body);
  }

  /** Resources of a type that speak of another in one of their arguments. */
  about(type: string, argument: string, address: string): Hcl[] {
    return this.of(type).filter(body =>
      new RegExp(`\\b${address.replace('.', '\\.')}\\b`).test(
        String(body[argument]),
      ),
    );
  }

  /** Whether everybody who comes without TLS is turned away, in a policy that is attached to what `address` names. */
  refusesPlain(address: string): boolean {
    return this.documents.some(({ body }) =>
      inside(body, 'statement').some(
        statement =>
          statement.effect === 'Deny' &&
          texts(statement.resources).join().includes(`${address}.arn`) &&
          inside(statement, 'principals').some(
            p => p.type === '*' && texts(p.identifiers).includes('*'),
          ) &&
          inside(statement, 'condition').some(
            c =>
              c.variable === 'aws:SecureTransport' &&
              texts(c.values).join() === 'false',
          ),
      ),
    );
  }
}

const runbookIn = ({ body, all }: Look) => {
  const path = /(docs\/runbooks\/[\w-]+\.md)/.exec(
    String(body.alarm_description),
  )?.[1];
  return path !== undefined && all.paths.includes(path);
};

const actionsOf = (body: Hcl) =>
  texts(body.alarm_actions).filter(text => text !== 'undefined');

const number = (value: unknown) =>
  typeof value === 'number' ? value : Number.NaN;

/** What a database of either sort has to say. */
function database({ body, must }: Look): void {
  must(body.storage_encrypted === true, 'is not encrypted');
  must(body.kms_key_id !== undefined, 'is not encrypted by an own key');
  must(body.deletion_protection === true, 'can be deleted');
  must(body.skip_final_snapshot !== true, 'is gone when it is deleted');
  must(number(body.backup_retention_period) >= 7, 'has no backup for a week');
  must(
    body.iam_database_authentication_enabled === true,
    'wants passwords where an identity would do',
  );
  must(
    body.manage_master_user_password === true &&
      body.password === undefined &&
      body.master_password === undefined,
    'has a password that Terraform knows',
  );
  must(
    texts(body.enabled_cloudwatch_logs_exports).includes('postgresql'),
    'keeps its log to itself',
  );
}

const insights = ({ body, must }: Look) =>
  must(
    body.performance_insights_enabled === true &&
      body.performance_insights_kms_key_id !== undefined,
    'shows nobody what it is busy with',
  );

const forcesTls = ({ body, must }: Look) =>
  must(
    inside(body, 'parameter').some(
      p => p.name === 'rds.force_ssl' && String(p.value) === '1',
    ),
    'takes connections without TLS',
  );

/** Rules by type of resource. */
const RULES: Readonly<Record<string, (look: Look) => void>> = {
  aws_cloudwatch_metric_alarm(look) {
    const { body, address, all, must } = look;
    const looked = all
      .of('aws_cloudwatch_composite_alarm')
      .some(composite => String(composite.alarm_rule).includes(address));
    must(actionsOf(body).length > 0 || looked, 'tells nobody');
    must(runbookIn(look), 'names no runbook that is there');
  },
  aws_cloudwatch_composite_alarm(look) {
    look.must(actionsOf(look.body).length > 0, 'tells nobody');
    look.must(runbookIn(look), 'names no runbook that is there');
  },
  aws_lambda_function({ body, must, all }) {
    must(
      JSON.stringify(body.environment ?? '').includes(
        'OTEL_EXPORTER_OTLP_ENDPOINT',
      ),
      'sends its traces nowhere',
    );
    must(
      body.s3_object_version !== undefined && body.filename === undefined,
      'is not made of one version of a zip',
    );
    must(body.source_code_hash !== undefined, 'takes a zip nobody compared');
    must(body.publish === true, 'has no versions to go back to');
    must(
      body.reserved_concurrent_executions !== undefined,
      'may use up the concurrency of the account',
    );
    must(inside(body, 'tracing_config')[0]?.mode === 'Active', 'is not traced');
    must(
      number(body.timeout) <= LONGEST_SECONDS,
      'runs on when its caller has given up',
    );
    must(body.kms_key_arn !== undefined, 'is not encrypted by an own key');
    must(
      inside(body, 'logging_config')[0]?.log_group !== undefined,
      'writes its log where nobody limits it',
    );
    must(
      inside(body, 'dead_letter_config').length > 0 ||
        all
          .of('aws_lambda_function_event_invoke_config')
          .some(config =>
            inside(config, 'destination_config').some(
              d => inside(d, 'on_failure').length > 0,
            ),
          ),
      'loses events that fail',
    );
  },
  aws_lambda_alias({ body, must }) {
    must(
      inside(body, 'lifecycle').some(l =>
        texts(l.ignore_changes).join().includes('function_version'),
      ),
      'is moved at once, past what watches releases',
    );
  },
  aws_lambda_permission({ body, must }) {
    must(body.source_arn !== undefined, 'lets in callers of any account');
  },
  aws_codedeploy_deployment_group({ body, all, must }) {
    const back = inside(body, 'auto_rollback_configuration')[0];
    must(
      back?.enabled === true &&
        texts(back.events).includes('DEPLOYMENT_STOP_ON_ALARM'),
      'does not take a bad release back',
    );
    const watched = inside(body, 'alarm_configuration')[0];
    must(
      watched?.enabled === true && texts(watched.alarms).length > 0,
      'is watched by no alarm',
    );
    // A function that answers 500 did not fail, as far as Lambda counts; and a new release has a tenth of the requests at first.
    const alarms = all.resources.filter(
      ({ labels }) =>
        labels[0] === 'aws_cloudwatch_metric_alarm' &&
        texts(watched?.alarms)
          .join()
          .includes(`${labels.join('.')}.`),
    );
    must(
      alarms.some(
        alarm =>
          JSON.stringify(alarm.body).includes('"5xx"') &&
          number(alarm.body.threshold) < 10,
      ),
      'is watched by no alarm that sees a new release answer 500',
    );
  },
  aws_apigatewayv2_api({ body, all, must }) {
    must(
      body.disable_execute_api_endpoint === true,
      'has a second name, past its certificate',
    );
    // Whatever keeps requests away keeps their metrics away, too: only somebody who asks from outside notices.
    for (const [namespace, message] of [
      ['AWS/Route53', 'is asked by nobody from outside'],
      ['AWS/CertificateManager', 'may lose its certificate unseen'],
    ]) {
      must(
        all
          .of('aws_cloudwatch_metric_alarm')
          .some(
            alarm =>
              alarm.namespace === namespace &&
              alarm.treat_missing_data === 'breaching',
          ),
        message,
      );
    }
  },
  aws_apigatewayv2_stage({ body, must }) {
    must(
      inside(body, 'access_log_settings').length > 0,
      'keeps no log of requests',
    );
    must(
      inside(body, 'default_route_settings')[0]?.throttling_rate_limit !==
        undefined,
      'passes on any number of requests',
    );
  },
  aws_apigatewayv2_domain_name({ body, must }) {
    must(
      inside(body, 'domain_name_configuration')[0]?.security_policy ===
        'TLS_1_2',
      'speaks older TLS than 1.2',
    );
  },
  aws_sqs_queue({ body, address, all, must }) {
    must(
      body.kms_master_key_id !== undefined,
      'is not encrypted by an own key',
    );
    must(
      all.refusesPlain(address) &&
        all.about('aws_sqs_queue_policy', 'queue_url', address).length > 0,
      'takes messages without TLS',
    );
    // Where messages end that were given up has nowhere to give up to.
    const last =
      all.about('aws_sqs_queue', 'redrive_policy', address).length > 0 ||
      JSON.stringify(
        all.of('aws_lambda_function_event_invoke_config'),
      ).includes(`${address}.arn`);
    must(
      last || body.redrive_policy !== undefined,
      'tries what cannot succeed for ever',
    );
    must(
      !last || number(body.message_retention_seconds) === 1_209_600,
      'forgets what was given up before two weeks are over',
    );
    must(
      all
        .of('aws_cloudwatch_metric_alarm')
        .some(alarm =>
          JSON.stringify(alarm.dimensions ?? {}).includes(address),
        ),
      'is watched by no alarm',
    );
  },
  aws_s3_bucket({ body, address, all, must }) {
    const about = (type: string) => all.about(type, 'bucket', address);
    must(body.force_destroy !== true, 'is emptied when it is deleted');
    must(
      inside(body, 'lifecycle').some(l => l.prevent_destroy === true),
      'can be deleted',
    );
    must(
      about('aws_s3_bucket_public_access_block').some(block =>
        [
          'block_public_acls',
          'block_public_policy',
          'ignore_public_acls',
          'restrict_public_buckets',
        ].every(name => block[name] === true),
      ),
      'can be made public',
    );
    must(
      about('aws_s3_bucket_ownership_controls').some(controls =>
        inside(controls, 'rule').some(
          r => r.object_ownership === 'BucketOwnerEnforced',
        ),
      ),
      'may hold what others own',
    );
    must(
      about('aws_s3_bucket_versioning').some(
        v => inside(v, 'versioning_configuration')[0]?.status === 'Enabled',
      ),
      'forgets what is overwritten',
    );
    must(
      about('aws_s3_bucket_server_side_encryption_configuration').some(sse =>
        inside(sse, 'rule').some(rule =>
          inside(rule, 'apply_server_side_encryption_by_default').some(
            by =>
              by.sse_algorithm === 'aws:kms' &&
              by.kms_master_key_id !== undefined,
          ),
        ),
      ),
      'is not encrypted by an own key',
    );
    must(
      about('aws_s3_bucket_lifecycle_configuration').length > 0,
      'keeps every version for ever',
    );
    must(
      all.refusesPlain(address) && about('aws_s3_bucket_policy').length > 0,
      'can be read without TLS',
    );
  },
  aws_rds_cluster: look => {
    database(look);
    look.must(
      look.body.db_cluster_parameter_group_name !== undefined,
      'has the parameters of everybody',
    );
  },
  aws_db_instance: look => {
    database(look);
    look.must(look.body.publicly_accessible === false, 'is on the internet');
    look.must(
      look.body.parameter_group_name !== undefined,
      'has the parameters of everybody',
    );
    insights(look);
  },
  aws_rds_cluster_instance: look => {
    look.must(look.body.publicly_accessible === false, 'is on the internet');
    insights(look);
  },
  aws_rds_cluster_parameter_group: forcesTls,
  aws_db_parameter_group: forcesTls,
};

/** Objectives watched at the gateway or the load balancer need all four burn rates, each in its two windows. */
function burnFindings(
  files: ReadonlyMap<string, Hcl>,
  all: Everything,
): Finding[] {
  if (
    ['aws_apigatewayv2_api', 'aws_lb'].every(type => all.of(type).length === 0)
  ) {
    return [];
  }
  const burns = blocksOf(files, 'locals', 0)
    .flatMap(({ body }) => inside(body, 'burns'))
    .flatMap(Object.values) as Hcl[];
  const watched = all
    .of('aws_cloudwatch_composite_alarm')
    .some(({ for_each: each }) => String(each).includes('local.burns'));
  return BURN_RATES.filter(
    ([factor, long, short]) =>
      !watched ||
      !burns.some(
        burn =>
          burn.factor === factor &&
          number(burn.long) * number(burn.days) === long &&
          burn.short === short,
      ),
  ).map(([factor, long, short]) => ({
    where: 'infra/aws',
    message: `has no alarm for ${factor} times the budget over ${long} and ${short} seconds`,
  }));
}

/** Own rules for functions, gateways, queues, buckets, databases and alarms. `paths` are all files of the project. */
export function awsFindings(
  files: ReadonlyMap<string, Hcl>,
  paths: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  const all = new Everything(
    blocksOf(files, 'resource', 2),
    blocksOf(files, 'data', 2).filter(
      ({ labels }) => labels[0] === 'aws_iam_policy_document',
    ),
    paths,
  );
  for (const { file, labels, body } of all.resources) {
    const address = labels.join('.');
    RULES[labels[0]]?.({
      body,
      address,
      all,
      must(good, message) {
        if (!good) {
          findings.push({ where: `${file}: ${address}`, message });
        }
      },
    });
  }
  return [...findings, ...burnFindings(files, all)];
}
