import { blocksOf, type Hcl, inside } from './hcl';
import type { Finding } from './types';

/** The most letters AWS takes for a name, where the longest name a form takes could have more. */
const LONGEST: Readonly<Record<string, readonly [string, number]>> = {
  aws_codedeploy_app: ['name', 100],
  aws_db_instance: ['identifier', 63],
  aws_iam_role: ['name', 64],
  aws_lambda_function: ['function_name', 64],
  aws_lb: ['name', 32],
  aws_lb_target_group: ['name', 32],
  aws_s3_bucket: ['bucket', 63],
  aws_sqs_queue: ['name', 80],
};

/** `local.name` for the longest name a form takes and the longer environment. */
const LONGEST_NAME = 40 + '-production'.length;

/** The part of a text up to a character that stands outside brackets and quotes, and what follows it. */
function splitAt(text: string, mark: string): [string, string] | undefined {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index];
    if (letter === '"') {
      quoted = !quoted;
    } else if (letter === '{' || (!quoted && letter === '(')) {
      depth += 1;
    } else if (letter === '}' || (!quoted && letter === ')')) {
      depth -= 1;
    } else if (depth === 0 && !quoted && text.startsWith(mark, index)) {
      return [text.slice(0, index), text.slice(index + mark.length)];
    }
  }
  return undefined;
}

/** The parts of a template, `a-${b}-c`: texts, and expressions without what marks them. */
function partsOf(template: string): { text?: string; expression?: string }[] {
  const parts: { text?: string; expression?: string }[] = [];
  let rest = template;
  for (;;) {
    const at = rest.indexOf('${');
    if (at < 0) {
      return [...parts, { text: rest }];
    }
    parts.push({ text: rest.slice(0, at) });
    let depth = 1;
    let end = at + 2;
    for (; end < rest.length && depth > 0; end += 1) {
      depth += { '{': 1, '}': -1 }[rest[end]] ?? 0;
    }
    parts.push({ expression: rest.slice(at + 2, end - 1) });
    rest = rest.slice(end);
  }
}

/** How many letters a template can come to, as far as it says; not a number where it speaks of what is not known here. */
export function longestOf(
  template: string,
  locals: ReadonlyMap<string, string>,
): number {
  return partsOf(template).reduce(
    (sum, { text = '', expression }) =>
      sum +
      (expression === undefined
        ? text.length
        : longestOfExpression(expression.trim(), locals)),
    0,
  );
}

function longestOfExpression(
  expression: string,
  locals: ReadonlyMap<string, string>,
): number {
  const choice = splitAt(expression, '?');
  const branches = choice && splitAt(choice[1], ':');
  if (choice && branches) {
    const [first, second] = branches.map(branch => branch.trim());
    const limit = /\blength\((.+?)\) <= (\d+)(?= |$)/.exec(choice[0]);
    // A limit holds where everything else the condition asks for has to be so as well.
    const limited =
      limit?.[1] === first && !choice[0].includes('||')
        ? Number(limit[2])
        : Infinity;
    return Math.max(
      Math.min(longestOfExpression(first, locals), limited),
      longestOfExpression(second, locals),
    );
  }
  if (/^".*"$/s.test(expression)) {
    return longestOf(expression.slice(1, -1), locals);
  }
  const called = /^(\w+)\((.*)\)$/s.exec(expression);
  if (called) {
    const [, name, given] = called;
    switch (name) {
      case 'substr': {
        const length = /, *\d+, *(\d+)$/.exec(given)?.[1];
        return length ? Number(length) : Number.NaN;
      }
      case 'sha256':
        return 64;
      case 'trim':
      case 'trimprefix':
      case 'trimsuffix':
      case 'lower':
        return longestOfExpression(splitAt(given, ',')?.[0] ?? given, locals);
      default:
        return Number.NaN;
    }
  }
  const local = /^local\.(\w+)$/.exec(expression)?.[1];
  if (local === 'name') {
    return LONGEST_NAME;
  }
  const said = local === undefined ? undefined : locals.get(local);
  return said === undefined ? Number.NaN : longestOf(said, locals);
}

/** Names AWS refuses when the service's own is as long as the form lets it be, whatever it is in this project. */
export function nameFindings(files: ReadonlyMap<string, Hcl>): Finding[] {
  const locals = new Map(
    blocksOf(files, 'locals', 0).flatMap(({ body }) =>
      Object.entries(body).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
  );
  return blocksOf(files, 'resource', 2).flatMap(({ file, labels, body }) => {
    const [argument, most] = LONGEST[labels[0]] ?? [];
    const said = argument && body[argument];
    if (most === undefined || typeof said !== 'string') {
      return [];
    }
    const longest = longestOf(said, locals);
    return longest > most
      ? [
          {
            where: `${file}: ${labels.join('.')}`,
            message: `may be given a name of ${longest} letters, of which AWS takes ${most}`,
          },
        ]
      : [];
  });
}

/** Whether a security group lets somebody in whom a variable names. */
export const letsInByVariable = (group: Hcl) =>
  inside(group, 'dynamic').some(dynamic =>
    inside(dynamic, 'ingress').some(
      ingress =>
        /\bvar\./.test(String(ingress.for_each)) &&
        inside(ingress, 'content').some(
          content => content.security_groups !== undefined,
        ),
    ),
  );
