import type { Hcl } from './hcl';
import { referenceFindings, valueFindings } from './terraformReferences';

const file = (content: Hcl) => new Map([['main.tf', content]]);
const messages = (found: { message: string }[]) =>
  found.map(({ message }) => message);

describe('what a configuration speaks of', () => {
  const good: Hcl = {
    variable: { region: [{}] },
    locals: [{ name: 'ledger-${var.region}' }],
    data: { aws_caller_identity: { current: [{}] } },
    resource: {
      aws_lb: { service: [{ name: '${local.name}' }] },
      aws_ecs_service: {
        service: [
          {
            id: 'arn:${data.aws_caller_identity.current.account_id}:aws_lb.gone',
            load_balancer: [{ arn: '${aws_lb.service.arn_suffix}' }],
            said: '${jsonencode({ a = "aws_lb.gone", b = "x-${local.name}" })}',
          },
        ],
      },
    },
  };

  it('is declared, or is text', () => {
    expect(referenceFindings(file(good))).toEqual([]);
  });

  it.each([
    ['${var.regoin}', 'var.regoin'],
    ['a-${local.nmae}-b', 'local.nmae'],
    ['${jsonencode({ a = "x-${local.nmae}" })}', 'local.nmae'],
    [
      '${data.aws_caller_identity.me.account_id}',
      'data.aws_caller_identity.me',
    ],
    ['${aws_lb.balancr.arn}', 'aws_lb.balancr'],
    ['${aws_security_group.tasks[0].id}', 'aws_security_group.tasks'],
    ['${module.network.id}', 'module.network'],
  ])('%s is found where nothing declares it', (value, name) => {
    expect(
      messages(
        referenceFindings(file({ ...good, output: { x: [{ value }] } })),
      ),
    ).toEqual([`speaks of ${name}, which nothing declares`]);
  });
});

describe('values', () => {
  const of = (type: string, body: Hcl) =>
    messages(valueFindings(file({ resource: { [type]: { it: [body] } } })));
  const containers = (stop: string, grace: string) => ({
    container_definitions: `\${jsonencode([{ ${stop}, environment = [{ name = "SHUTDOWN_GRACE_SECONDS", value = "${grace}" }] }])}`,
  });

  it.each<[string, Hcl, string[]]>([
    ['aws_cloudwatch_log_group', { retention_in_days: 14 }, []],
    [
      'aws_cloudwatch_log_group',
      { retention_in_days: '${var.environment == "production" ? 90 : 10}' },
      [],
    ],
    [
      'aws_cloudwatch_log_group',
      { retention_in_days: 0 },
      ['keeps logs for ever'],
    ],
    [
      'aws_cloudwatch_log_group',
      { retention_in_days: '${var.environment == "production" ? 0 : 14}' },
      ['keeps logs for ever'],
    ],
    ['aws_ecs_task_definition', containers('stopTimeout = 40', '30'), []],
    [
      'aws_ecs_task_definition',
      containers('stopTimeout = 20', '30'),
      ['is killed before it could end by itself'],
    ],
    [
      'aws_ecs_task_definition',
      containers('cpu = 1', '30'),
      ['is killed before it could end by itself'],
    ],
    ['aws_lb_target_group', { health_check: [{ path: '/readyz' }] }, []],
    [
      'aws_lb_target_group',
      { health_check: [{ path: '/' }] },
      ['asks for its health where nothing tells of it'],
    ],
  ])('%s %j', (type, body, found) => {
    expect(of(type, body)).toEqual(found);
  });

  it.each<[string, string, number]>([
    ['ecs:UpdateService', '${aws_ecs_service.service.id}', 0],
    ['ecs:UpdateService', 'arn:aws:ecs:*:*:service/*', 1],
    [
      'ecs:UpdateService',
      'arn:aws:ecs:${var.region}:1:service/${local.name}/*',
      0,
    ],
    ['s3:PutObject', 'arn:aws:s3:::*', 1],
    ['s3:PutObject', 'arn:aws:s3:::${var.state_bucket}/ledger/*', 0],
    ['ecs:ListTagsForResource', 'arn:aws:ecs:${var.region}:1:service/*', 0],
  ])('%s on %s', (action, resource, count) => {
    expect(
      valueFindings(
        file({
          data: {
            aws_iam_policy_document: {
              deploy: [
                { statement: [{ actions: [action], resources: [resource] }] },
              ],
            },
          },
        }),
      ),
    ).toHaveLength(count);
  });
});
