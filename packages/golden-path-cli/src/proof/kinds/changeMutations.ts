import type { Template } from '../../template/loadTemplate';
import { append, type Mutation, replace } from '../mutations';
import { AWS_RESOURCE_MUTATIONS } from './awsResourceMutations';
import type { Mutations } from './types';

const mutation = (
  id: string,
  verifier: string,
  file: RegExp,
  description: string,
  change: Mutation['change'],
): Mutation => ({ id, verifier, file, description, change });

const SLO = /^observability\/prometheus\/slo-[^/]+\/rules\.yaml$/;
const UNDEPLOY = /^ci\/undeploy\.sh$/;
const RULES = /^observability\/prometheus\/rules\.yaml$/;

const addSlo: readonly Mutation[] = [
  mutation(
    'slo-burn-wrong-factor',
    'prometheus',
    SLO,
    'a burn-rate factor off by ten',
    replace(/\(14\.4 \*/g, '(1.44 *'),
  ),
  mutation(
    'slo-burn-wrong-window',
    'prometheus',
    SLO,
    'the short window of another alert',
    replace(/(slo_added:sli_error:ratio_rate)5m(\{[^}]*\} > on)/, '$11h$2'),
  ),
  mutation(
    'slo-no-owner',
    'prometheus',
    SLO,
    'an alert nobody owns',
    replace(/(alert: AddedSloBurnSlow[\s\S]*?) {10}owner: .*\n/, '$1'),
  ),
  mutation(
    'slo-no-runbook',
    'prometheus',
    SLO,
    'a runbook link that leads nowhere',
    replace('runbooks/slo-', 'runbooks/gone-'),
  ),
  mutation(
    'slo-of-everything',
    'prometheus',
    SLO,
    'an objective of one path that counts all of them',
    replace(/, route="[^"]*"/g, ''),
  ),
  mutation(
    'slo-of-every-environment',
    'prometheus',
    SLO,
    'an objective that counts staging',
    replace(/, environment!="staging"/g, ''),
  ),
  mutation(
    'slo-upside-down',
    'prometheus',
    SLO,
    'a result that counts as stale while it is fresh',
    replace('> bool', '<= bool'),
  ),
  mutation(
    'slo-budget',
    'prometheus',
    SLO,
    'a budget ten times as large',
    replace(/vector\(0\.0/, 'vector(0.'),
  ),
  {
    ...mutation(
      'slo-budget-shared',
      'prometheus',
      /slo-latency\/rules\.yaml$/,
      'a budget that is recorded under the name of another objective',
      replace(/slo_added:error_budget/g, 'slo:error_budget'),
    ),
    expects: /records slo:error_budget:ratio .*, as .* does/,
  },
  mutation(
    'slo-promql',
    'prometheus',
    SLO,
    'an expression that does not parse',
    replace('sum by (service) (rate', 'sum by (service (rate'),
  ),
  mutation(
    'slo-untested',
    'prometheus',
    /slo-[^/]+\/rules\.test\.yaml$/,
    'an alert without a test',
    replace(/alertname: AddedSloBurnSteady/g, 'alertname: Other'),
  ),
  mutation(
    'slo-unlisted',
    'markdown-links',
    /^mkdocs\.yml$/,
    'a runbook left out of the navigation',
    replace(/^.*runbooks\/slo-.*\n/m, ''),
  ),
  mutation(
    'slo-link',
    'markdown-links',
    /^docs\/on-call\.md$/,
    'a link to a runbook that is not there',
    replace('runbooks/slo-', 'runbooks/gone-'),
  ),
  mutation(
    'slo-yaml',
    'yaml',
    SLO,
    'an indentation that changes the meaning',
    replace('  - name:', '   - name:'),
  ),
];

const changeOwner: readonly Mutation[] = [
  mutation(
    'owner-half',
    'prometheus',
    RULES,
    'an alert that names nobody',
    replace(/ {10}owner: storefront\n/, ''),
  ),
  mutation(
    'owner-untold',
    'prometheus',
    RULES,
    'an alert that names the old owner, whom no test expects',
    replace('owner: storefront', 'owner: payments'),
  ),
  mutation(
    'owner-untold-of-objective',
    'prometheus',
    SLO,
    'an added objective’s alert that names the old owner, whom no test expects',
    replace('owner: storefront', 'owner: payments'),
  ),
  mutation(
    'owner-no-group',
    'entities',
    /^catalog-info\.yaml$/,
    'an owner that is no group',
    replace(
      'owner: group:default/storefront',
      'owner: user:default/storefront',
    ),
  ),
  mutation(
    'owner-broken-entity',
    'entities',
    /^catalog-info\.yaml$/,
    'an entity without its kind',
    replace('kind: Component', 'kind: Compnent'),
  ),
];

const decommission: readonly Mutation[] = [
  mutation(
    'undeploy-leaves-it',
    'taken-down',
    /^ci\/undeploy\.sh$/,
    'a deployment that goes on after it was taken down',
    // Of the row whose service runs here.
    replace(
      / {2}ci\/stop\.sh "\$environment"\n(?=[\s\S]*\npaas\))/,
      '  true\n',
    ),
  ),
  mutation(
    'undeploy-unset',
    'taken-down',
    /^ci\/undeploy\.sh$/,
    'a variable that a scheduled job does not have',
    replace(
      'if grep -rEqs "^kind:',
      'if [ "$NO_SUCH_STRATEGY" != rolling ] && grep -rEqs "^kind:',
    ),
  ),
  {
    ...mutation(
      'undeploy-still-watched',
      'taken-down',
      UNDEPLOY,
      'alert rules that go on missing what was taken down',
      replace(/^ {2}remove configmaps\n/m, ''),
    ),
    expects: /leaves the ConfigMap \S+-prometheus-rules/,
  },
  {
    ...mutation(
      'undeploy-watched-meanwhile',
      'taken-down',
      UNDEPLOY,
      'alert rules that go after what they miss',
      replace(/^( {2}remove configmaps\n)( {2}remove "[^"]*"\n)/m, '$2$1'),
    ),
    expects: /the alerts go after/,
  },
  {
    ...mutation(
      'undeploy-forgets-canary',
      'taken-down',
      // Of the row that has one.
      /^infra\/kubernetes\/base\/canary\.yaml$/,
      'a synthetic check that goes on publishing, because its label is not one that is taken down',
      replace(/^( {4}app\.kubernetes\.io\/name: \S+)-canary$/m, '$1-check'),
    ),
    expects: /leaves the CronJob \S+-canary/,
  },
  {
    ...mutation(
      'undeploy-asks-for-more',
      'taken-down',
      UNDEPLOY,
      'a kind the deploy job has no right to, and the manifests do not have',
      replace('remove configmaps\n', 'remove configmaps,replicasets\n'),
    ),
    expects: /asks for replicasets, of which there are none/,
  },
  {
    ...mutation(
      'undeploy-pushed',
      'taken-down',
      UNDEPLOY,
      'a last result that the Pushgateway keeps',
      replace('/environment/$environment"', '"'),
    ),
    expects: /leaves what the job told the Pushgateway/,
  },
  {
    ...mutation(
      'undeploy-no-tools',
      'taken-down',
      UNDEPLOY,
      'a program that the image of the job lacks',
      replace(/^ {2}\. .*\/tools\.sh"\n/m, ''),
    ),
    expects: /does not fetch what the job lacks/,
  },
  {
    ...mutation(
      'undeploy-vault',
      'taken-down',
      UNDEPLOY,
      'an inventory that nobody can open',
      replace(/^ +export ANSIBLE_VAULT_PASSWORD_FILE=.*\n/m, ''),
    ),
    expects: /nothing says .*opens the inventory/,
  },
  {
    ...mutation(
      'undeploy-every-machine',
      'taken-down',
      UNDEPLOY,
      'machines of others in the inventory',
      replace('hosts: service', 'hosts: all'),
    ),
    expects: /nothing says .*hosts: service/,
  },
  {
    ...mutation(
      'undeploy-burns',
      'taken-down',
      UNDEPLOY,
      'a burning budget that calls somebody because the balancer answers',
      replace(' "$name-burn-slow"', ''),
    ),
    expects: /the alarm burn still wakes somebody/,
  },
  {
    ...mutation(
      'undeploy-burns-again',
      'taken-down',
      /^infra\/aws\/alarms\.tf$/,
      'a burning budget that calls somebody once Terraform is applied',
      replace(
        /^ +for_each += local\.burns\n\n[^=]*actions_enabled.*\n/m,
        '  for_each = local.burns\n',
      ),
    ),
    expects: /the alarm burn still wakes somebody/,
  },
  {
    ...mutation(
      'undeploy-burns-not-allowed',
      'taken-down',
      /^infra\/aws\/iam\.tf$/,
      'alarms that the deploy job may not turn off',
      replace(/^.*values\(aws_cloudwatch_composite_alarm\.burn\).*\n/m, ''),
    ),
    expects: /the alarm burn is not the deploy job's to turn off/,
  },
  {
    ...mutation(
      'undeploy-not-allowed',
      'taken-down',
      /^infra\/aws\/iam\.tf$/,
      'a deploy job that may not take down what it deployed',
      replace(/^ +actions +=.*RegisterScalableTarget.*\n/m, ''),
    ),
    expects: /application-autoscaling:RegisterScalableTarget is not the deploy/,
  },
  {
    ...mutation(
      'undeploy-wakes',
      'taken-down',
      /^infra\/aws\/alarms\.tf$/,
      'an alarm that calls somebody because what was taken down is gone',
      replace(/(?<="absent" \{\n.*\n) +actions_enabled.*\n/, ''),
    ),
    expects: /the alarm absent still wakes somebody/,
  },
  mutation(
    'undeploy-broken',
    'shell',
    /^ci\/undeploy\.sh$/,
    'a script that does not parse',
    replace('esac', ''),
  ),
  mutation(
    'undeploy-unquoted',
    'shell',
    /^ci\/deploy\.sh$/,
    'a word the shell splits',
    replace('"$environment" in', '$environmnt in'),
  ),
  mutation(
    'checklist-lost',
    'markdown-links',
    /^mkdocs\.yml$/,
    'a checklist nobody finds',
    replace(/^.*decommission\.md\n/m, ''),
  ),
  mutation(
    'checklist-link',
    'markdown-links',
    /^docs\/on-call\.md$/,
    'a link to a checklist that is not there',
    replace('(decommission.md)', '(gone.md)'),
  ),
  mutation(
    'still-pages',
    'prometheus',
    RULES,
    'an alert that still wakes somebody, which no test expects',
    replace('severity: ticket', 'severity: page'),
  ),
  mutation(
    'still-pages-for-objective',
    'prometheus',
    SLO,
    'an added objective’s alert that still wakes somebody, which no test expects',
    replace('severity: ticket', 'severity: page'),
  ),
  mutation(
    'no-severity',
    'prometheus',
    RULES,
    'an alert of a severity nobody knows',
    replace('severity: ticket', 'severity: none'),
  ),
];

const adopt: readonly Mutation[] = [
  mutation(
    'adopt-unpinned',
    'github-workflows',
    /^\.github\/workflows\/paved-road\.yml$/,
    'an action by tag',
    replace(/actions\/checkout@[0-9a-f]{40}/, 'actions/checkout@v6'),
  ),
  mutation(
    'adopt-permissions',
    'github-workflows',
    /^\.github\/workflows\/paved-road\.yml$/,
    'a workflow that may write',
    replace('contents: read', 'contents: write'),
  ),
  mutation(
    'adopt-expression',
    'github-workflows',
    /^\.github\/workflows\/paved-road\.yml$/,
    'an expression that does not parse',
    replace('github.event.deployment.sha }}', 'github.event.deployment.sha }'),
  ),
  mutation(
    'adopt-endless',
    'github-workflows',
    /^\.github\/workflows\/paved-road\.yml$/,
    'a job without a time limit',
    replace(/^ *timeout-minutes: 15\n/m, ''),
  ),
  mutation(
    'adopt-image',
    'gitlab-rules',
    /^\.gitlab\/paved-road\.yml$/,
    'an image by tag',
    replace(/@sha256:[0-9a-f]{64}/, ''),
  ),
  mutation(
    'adopt-annotation',
    'entities',
    /^catalog-info\.yaml$/,
    'an entity that does not say where its code is',
    replace(/^ *backstage\.io\/source-location:.*\n/m, ''),
  ),
  mutation(
    'adopt-on-call',
    'entities',
    /^catalog-info\.yaml$/,
    'an entity from which nothing leads to who is on call',
    replace('title: On call', 'title: Elsewhere'),
  ),
  mutation(
    'adopt-script',
    'shell',
    /^ci\/road\/report\.sh$/,
    'a script that does not parse',
    replace('JSON\n)"', 'JSON\n"'),
  ),
  mutation(
    'adopt-unquoted',
    'shell',
    /^ci\/road\/check\.sh$/,
    'a word the shell splits',
    append('rm $1\n'),
  ),
  mutation(
    'adopt-link',
    'markdown-links',
    /^docs\/on-call\.md$/,
    'a link to a runbook that is not there',
    replace('runbooks/service-absent.md', 'runbooks/gone.md'),
  ),
  mutation(
    'adopt-alert-untested',
    'prometheus',
    /rules\.test\.yaml$/,
    'an alert without a test',
    replace(/alertname: ServiceAbsent/g, 'alertname: Other'),
  ),
  mutation(
    'adopt-runbook',
    'prometheus',
    RULES,
    'a runbook link that leads nowhere',
    replace('runbooks/service-absent.md', 'runbooks/absent.md'),
  ),
  mutation(
    'adopt-burn',
    'prometheus',
    RULES,
    'a burn-rate factor off by ten',
    replace(/\(14\.4 \*/g, '(1.44 *'),
  ),
];

const FILES: Readonly<Record<string, readonly Mutation[]>> = {
  'add-slo': addSlo,
  'adopt-existing-service': adopt,
  'aws-resource': AWS_RESOURCE_MUTATIONS,
  'change-owner': changeOwner,
  decommission,
};

/** The ways a change's result is broken: its template's own, and those every change has in common. */
export function changeMutations(template: Pick<Template, 'name'>): Mutations {
  return {
    files: [
      mutation(
        'change-yaml',
        'yaml',
        /^catalog-info\.yaml$/,
        'an entity that is no YAML any more',
        append('a: [\n'),
      ),
      ...(Object.hasOwn(FILES, template.name) ? FILES[template.name] : []),
    ],
    scripts: [],
    artifact: [],
  };
}
