import type { Mutation } from './mutations';

const main = /^infra\/aws\/main\.tf$/;
const network = /^infra\/aws\/network\.tf$/;
const alarms = /^infra\/aws\/alarms\.tf$/;

const mutation = (
  id: string,
  file: RegExp,
  description: string,
  expects: RegExp,
  pattern: RegExp | string,
  replacement: string,
): Mutation => ({
  id: `terraform-container-${id}`,
  description,
  verifier: 'terraform',
  expects,
  file,
  change: content => content.replace(pattern, replacement),
});

/** Ways to break the Terraform of containers: what their kinds have in common, and functions have not. */
export const CONTAINER_TERRAFORM_MUTATIONS: readonly Mutation[] = [
  mutation(
    'name',
    network,
    'a load balancer whose name AWS refuses when the service has a long one',
    /aws_lb\.service: may be given a name of 51 letters, of which AWS takes 32/,
    'local.balancer_name\n  load',
    'local.name\n  load',
  ),
  mutation(
    'name-sum',
    network,
    'a name that is cut too late',
    /may be given a name of 36 letters, of which AWS takes 32/,
    '0, 23)',
    '0, 27)',
  ),
  mutation(
    'metrics-public',
    network,
    'metrics everybody may read',
    /shows its metrics to everybody/,
    '"/metrics", "/metrics/*"',
    '"/internal"',
  ),
  mutation(
    'unmeasured',
    network,
    'tasks no monitoring may ask',
    /leads to tasks no monitoring may ask/,
    / {2}dynamic "ingress" \{[\s\S]*?\n {2}\}\n/,
    '',
  ),
  mutation(
    'untraced',
    main,
    'tasks whose traces nothing takes',
    /sends its traces nowhere/,
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_ENDPOINT',
  ),
  mutation(
    'no-way-back',
    main,
    'a release that takes the one before away',
    /takes away the release a bad one gives way to/,
    /^ +skip_destroy = true\n/m,
    '',
  ),
  mutation(
    'images-for-ever',
    main,
    'images nobody ever removes',
    /keeps every image for ever/,
    'repository = aws_ecr_repository.service[0].name',
    'repository = "other"',
  ),
  mutation(
    'burn-missing',
    alarms,
    'an objective watched in three of its four windows',
    /has no alarm for 1 times the budget/,
    /^ +creeping = .*\n/m,
    '',
  ),
  mutation(
    'burn-wrong-window',
    alarms,
    'the short window of another burn rate',
    /has no alarm for 14\.4 times the budget over 3600 and 300 seconds/,
    'short = 300,',
    'short = 3600,',
  ),
];
