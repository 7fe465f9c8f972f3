import { blocksOf, type Hcl, type HclBlock, inside, texts } from './hcl';
import type { Finding } from './types';

/** Every text in what a block says, keys included: names of arguments are none, keys of maps may be expressions. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    return [value];
  }
  if (Array.isArray(value)) {
    return value.flatMap(textsIn);
  }
  return value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([key, below]) => [key, ...textsIn(below)])
    : [];
}

/** The expressions in a text: what stands in `${…}`, those in quotes within them included. */
function expressionsIn(text: string): string[] {
  const found: string[] = [];
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', at)) {
    const begun = at + 2;
    let depth = 1;
    for (at = begun; at < text.length && depth > 0; at += 1) {
      depth += { '{': 1, '}': -1 }[text[at]] ?? 0;
    }
    found.push(text.slice(begun, at - 1));
  }
  return found;
}

/** An expression without its texts; what is interpolated into them stays. */
const withoutTexts = (expression: string) =>
  expression.replace(/"(?:\\.|\$\{[^}]*\}|[^"\\])*"/g, literal =>
    expressionsIn(literal).join(' '),
  );

/** `aws_lb.service` in `aws_lb.service.arn`; a name behind a dot is an attribute, one in brackets an index. */
const RESOURCE = /(?<![\w.])([a-z][a-z0-9]*(?:_[a-z0-9]+)+)\.([a-z_][\w-]*)/g;
const DATA = /(?<![\w.])data\.(\w+)\.([\w-]+)/g;
const SIMPLE = /(?<![\w.])(var|local|module)\.([\w-]+)/g;

/**
 * What a configuration speaks of and nothing declares: variables, locals, modules, data and resources. Terraform says so only where it is
 * applied, which needs an account.
 */
export function referenceFindings(files: ReadonlyMap<string, Hcl>): Finding[] {
  // Blocks without arguments declare, too.
  const names = (kind: string) =>
    new Set(
      Array.from(files.values()).flatMap(content =>
        Object.entries((content[kind] ?? {}) as Record<string, object>).flatMap(
          ([type, below]) => Object.keys(below).map(name => `${type}.${name}`),
        ),
      ),
    );
  const declared = (kind: string) =>
    new Set(
      Array.from(files.values()).flatMap(content =>
        Object.keys((content[kind] ?? {}) as object),
      ),
    );
  const resources = names('resource');
  const data = names('data');
  const types = new Set(Array.from(resources, name => name.split('.')[0]));
  const simple: Readonly<Record<string, ReadonlySet<string>>> = {
    var: declared('variable'),
    local: new Set(
      blocksOf(files, 'locals', 0).flatMap(({ body }) => Object.keys(body)),
    ),
    module: declared('module'),
  };
  const findings = new Map<string, Finding>();
  for (const [file, content] of files) {
    const add = (name: string) =>
      findings.set(`${file} ${name}`, {
        where: file,
        message: `speaks of ${name}, which nothing declares`,
      });
    const code = textsIn(content)
      .flatMap(expressionsIn)
      .map(withoutTexts)
      .join('\n');
    for (const [, kind, name] of code.matchAll(SIMPLE)) {
      if (!simple[kind].has(name)) {
        add(`${kind}.${name}`);
      }
    }
    for (const [, type, name] of code.matchAll(DATA)) {
      if (!data.has(`${type}.${name}`)) {
        add(`data.${type}.${name}`);
      }
    }
    for (const [, type, name] of code.matchAll(RESOURCE)) {
      // Attributes of values have underscores, too; providers' resources begin with the provider.
      const isResource = types.has(type) || type.startsWith('aws_');
      if (isResource && !resources.has(`${type}.${name}`)) {
        add(`${type}.${name}`);
      }
    }
  }
  return Array.from(findings.values());
}

/** A time of keeping that is for ever: none, or none in one of the environments. */
const forEver = (retention: unknown) =>
  retention === 0 ||
  (typeof retention === 'string' && /(^|[?:{])\s*0\s*($|[:}])/.test(retention));

/** How long AWS lets a container of ours end when its definition says nothing. */
const STOP_TIMEOUT = 30;

/** Actions that only look. */
const LOOKS = /^[\w-]+:(Describe|List)/;

/** Every object of a kind in an account, `arn:…:service/*`, or of all kinds. What stands before the slash of a bucket is its name. */
function everyOne(resource: string): boolean {
  const named = resource.replace(/\$\{[^}]*\}/g, '§');
  const [, service, part] =
    /^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.*)$/.exec(named) ?? [];
  return service === 's3'
    ? part.startsWith('*')
    : /^([\w-]+[/:])?(\*[/:]?)+$/.test(part ?? '');
}

/** Own rules for values that Terraform takes and that are wrong all the same. */
export function valueFindings(files: ReadonlyMap<string, Hcl>): Finding[] {
  const findings: Finding[] = [];
  const resources = blocksOf(files, 'resource', 2);
  const must = (block: HclBlock, good: boolean, message: string) => {
    if (!good) {
      const where = `${block.file}: ${block.labels.join('.')}`;
      findings.push({ where, message });
    }
  };
  for (const block of resources) {
    const { body, labels } = block;
    switch (labels[0]) {
      case 'aws_cloudwatch_log_group':
        must(block, !forEver(body.retention_in_days), 'keeps logs for ever');
        break;
      case 'aws_ecs_task_definition': {
        const containers = String(body.container_definitions);
        const stop = /\bstopTimeout\s*=\s*(\d+)/.exec(containers)?.[1];
        const grace = /"SHUTDOWN_GRACE_SECONDS",\s*value\s*=\s*"(\d+)"/.exec(
          containers,
        )?.[1];
        must(
          block,
          Number(stop ?? STOP_TIMEOUT) > Number(grace ?? 0),
          'is killed before it could end by itself',
        );
        break;
      }
      case 'aws_lb_target_group':
        must(
          block,
          inside(body, 'health_check').some(({ path }) =>
            ['/readyz', '/healthz'].includes(String(path)),
          ),
          'asks for its health where nothing tells of it',
        );
        break;
      default:
    }
  }
  for (const block of blocksOf(files, 'data', 2)) {
    for (const { effect, actions, resources: on } of inside(
      block.body,
      'statement',
    )) {
      const changes = texts(actions).filter(action => !LOOKS.test(action));
      const wide = texts(on)
        .filter(everyOne)
        .filter(arn => arn !== '*');
      must(
        block,
        effect === 'Deny' || changes.length === 0 || wide.length === 0,
        `allows ${changes.join(', ')} on ${wide.join(', ')}`,
      );
    }
  }
  return findings;
}
