import { type Mutation, replace } from '../mutations';

const bucket = /^infra\/aws(-resources\/[^/]+)?\/bucket-[^/]+\.tf$/;
const queue = /^infra\/aws(-resources\/[^/]+)?\/queue-[^/]+\.tf$/;
const database = /^infra\/aws(-resources\/[^/]+)?\/database-[^/]+\.tf$/;
const separate = /^infra\/aws-resources\/[^/]+\/versions\.tf$/;

const terraform = (
  id: string,
  file: RegExp,
  description: string,
  change: Mutation['change'],
): Mutation => ({ id, verifier: 'terraform', file, description, change });

/** The first resource of a type, without one of its blocks or the whole of it. */
const without = (type: string) =>
  replace(new RegExp(`resource "${type}" [\\s\\S]*?\\n}\\n`), '');

/** Buckets, queues and databases, made unsafe in every way a rule knows. */
export const AWS_RESOURCE_MUTATIONS: readonly Mutation[] = [
  terraform(
    'bucket-public',
    bucket,
    'a bucket that can be made public',
    replace(
      'block_public_policy     = true',
      'block_public_policy     = false',
    ),
  ),
  terraform(
    'bucket-no-block',
    bucket,
    'a bucket nothing keeps private',
    without('aws_s3_bucket_public_access_block'),
  ),
  terraform(
    'bucket-foreign-objects',
    bucket,
    'a bucket that holds what others own',
    replace('BucketOwnerEnforced', 'ObjectWriter'),
  ),
  terraform(
    'bucket-forgets',
    bucket,
    'a bucket that forgets what is overwritten',
    replace('status = "Enabled"', 'status = "Suspended"'),
  ),
  terraform(
    'bucket-shared-key',
    bucket,
    'a bucket encrypted by a key others use',
    replace(/sse_algorithm +=.*/, 'sse_algorithm     = "AES256"'),
  ),
  terraform(
    'bucket-without-tls',
    bucket,
    'a bucket that can be read in the clear',
    replace('"aws:SecureTransport"', '"aws:SourceVpc"'),
  ),
  terraform(
    'bucket-policy-unattached',
    bucket,
    'a policy that is attached to nothing',
    without('aws_s3_bucket_policy'),
  ),
  terraform(
    'bucket-deletable',
    bucket,
    'a bucket that is deleted with all it holds',
    replace('force_destroy = false', 'force_destroy = true'),
  ),
  terraform(
    'bucket-unprotected',
    bucket,
    'a bucket that can be deleted',
    replace('prevent_destroy = true', 'prevent_destroy = false'),
  ),
  terraform(
    'bucket-keeps-all',
    bucket,
    'versions that are kept for ever',
    without('aws_s3_bucket_lifecycle_configuration'),
  ),
  terraform(
    'bucket-all-actions',
    bucket,
    'a service that may do everything with its bucket',
    replace('"s3:GetObject", "s3:PutObject", "s3:DeleteObject"', '"s3:*"'),
  ),
  terraform(
    'queue-in-the-clear',
    queue,
    'messages in the clear',
    replace(/^ +kms_master_key_id.*\n/m, ''),
  ),
  terraform(
    'queue-plain-connection',
    queue,
    'a queue that takes messages without TLS',
    replace('"aws:SecureTransport"', '"aws:SourceVpc"'),
  ),
  terraform(
    'queue-for-ever',
    queue,
    'a message that is tried for ever',
    replace(/ {2}redrive_policy = jsonencode\(\{[\s\S]*?\}\)\n/, ''),
  ),
  terraform(
    'queue-dead-forgotten',
    queue,
    'a dead message that is soon forgotten',
    replace('= 1209600', '= 345600'),
  ),
  terraform(
    'queue-unwatched',
    queue,
    'a queue nobody watches',
    replace(/QueueName = aws_sqs_queue\.\w+_dead\.name/, 'QueueName = "other"'),
  ),
  terraform(
    'queue-everybodys',
    queue,
    'a service that may use every queue',
    replace(
      /("sqs:GetQueueAttributes",\n {4}\]\n +resources = )\[.*\]/,
      '$1["*"]',
    ),
  ),
  terraform(
    'database-plain',
    database,
    'a database in the clear',
    replace('storage_encrypted     = true', 'storage_encrypted     = false'),
  ),
  terraform(
    'database-shared-key',
    database,
    'a database encrypted by a key others use',
    replace(/^ {2}kms_key_id {12}= .*\n/m, ''),
  ),
  terraform(
    'database-public',
    database,
    'a database on the internet',
    replace('publicly_accessible    = false', 'publicly_accessible    = true'),
  ),
  terraform(
    'database-deletable',
    database,
    'a database that can be deleted',
    replace(
      'deletion_protection        = true',
      'deletion_protection        = false',
    ),
  ),
  terraform(
    'database-gone',
    database,
    'a database that is gone when it is deleted',
    replace(
      'skip_final_snapshot        = false',
      'skip_final_snapshot        = true',
    ),
  ),
  terraform(
    'database-no-backup',
    database,
    'a database with a backup of one day',
    replace(
      'backup_retention_period    = 14',
      'backup_retention_period    = 1',
    ),
  ),
  terraform(
    'database-password',
    database,
    'a password in the state of Terraform',
    replace(/manage_master_user_password +=.*/, 'password = var.password'),
  ),
  terraform(
    'database-no-identity',
    database,
    'a service that needs a password',
    replace(/^ +iam_database_authentication_enabled.*\n/m, ''),
  ),
  terraform(
    'database-without-tls',
    database,
    'connections in the clear',
    replace('value = "1"', 'value = "0"'),
  ),
  terraform(
    'database-defaults',
    database,
    'a database with the parameters of everybody',
    replace(/^ +parameter_group_name.*\n/m, ''),
  ),
  terraform(
    'database-silent',
    database,
    'a database that keeps its log to itself',
    replace(/^ +enabled_cloudwatch_logs_exports.*\n/m, ''),
  ),
  terraform(
    'database-blind',
    database,
    'a database that shows nobody what it is busy with',
    replace(
      'performance_insights_enabled    = true',
      'performance_insights_enabled    = false',
    ),
  ),
  terraform(
    'database-everybodys',
    database,
    'a service that may sign in to every database',
    replace(/("rds-db:connect"\]\n +resources = )\[.*\]/, '$1["*"]'),
  ),
  terraform(
    'database-no-runbook',
    database,
    'an alarm without a runbook',
    replace('docs/runbooks/database-', 'docs/runbooks/gone-'),
  ),
  terraform(
    'database-untold',
    database,
    'an alarm that tells nobody',
    replace(/^ +alarm_actions.*\n/m, ''),
  ),
  terraform(
    'resource-local-state',
    separate,
    'state that stays where it was run',
    replace(/backend "s3" \{[\s\S]*?\n {2}\}\n/, ''),
  ),
  {
    id: 'resource-page-unlisted',
    verifier: 'markdown-links',
    file: /^mkdocs\.yml$/,
    description: 'a runbook left out of the navigation',
    change: replace(/^.*runbooks\/(bucket|queue|database)-.*\n/m, ''),
  },
  {
    id: 'resource-entity',
    verifier: 'entities',
    file: /^catalog-info\.yaml$/,
    description: 'a resource the catalog refuses',
    change: replace(
      /(kind: Resource\nmetadata:\n {2}name: ).*/,
      '$1not a name!',
    ),
  },
];
