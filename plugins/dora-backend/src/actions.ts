import { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { InputError, NotAllowedError } from '@backstage/errors';
import {
  doraFailuresAttributePermission,
  doraMetricsReadPermission,
  parseMetricsQuery,
} from '@pavedroad/plugin-dora-common';
import { CorrectionPolicy } from './service/CorrectionPolicy';
import { CorrectionService } from './service/CorrectionService';
import { DeploymentService } from './service/DeploymentService';
import { ExplainService } from './service/ExplainService';
import { MetricsService } from './service/MetricsService';
import { isUnstorable } from './router/request/refuseUnstorable';
import { queryFingerprint } from './router/request/cursor';
import {
  decodeDeploymentCursor,
  encodeDeploymentCursor,
} from './router/request/deploymentCursor';

type Zod = Parameters<
  Parameters<ActionsRegistryService['register']>[0]['schema']['input']
>[0];

const READS = { readOnly: true, idempotent: true, destructive: false };

/** What every question about metrics takes; the same as the parameters of the routes. */
function scopeAndWindow(z: Zod) {
  return {
    entityRef: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe(
        'What to look at: a Component, System, Domain, Group (with the groups below it) or Template, such as group:default/payments. Everything when left out',
      ),
    from: z
      .string()
      .max(64)
      .optional()
      .describe(
        'Beginning of the window, ISO 8601, such as 2026-05-01 or 2026-05-01T00:00:00Z; without an offset local to timeZone. 90 days before `to` when left out',
      ),
    to: z
      .string()
      .max(64)
      .optional()
      .describe('End of the window, exclusive, ISO 8601. Now when left out'),
    timeZone: z
      .string()
      .max(100)
      .optional()
      .describe(
        'IANA time zone of calendar days, such as Europe/Lisbon. UTC when left out',
      ),
    environment: z
      .string()
      .max(200)
      .optional()
      .describe(
        'A tier or the name of an environment. production when left out',
      ),
  };
}

function comparison(z: Zod) {
  return {
    compareFrom: z
      .string()
      .max(64)
      .optional()
      .describe(
        'Beginning of the window to compare with, ISO 8601; together with compareTo. The window of equal length before when left out',
      ),
    compareTo: z
      .string()
      .max(64)
      .optional()
      .describe('End of the window to compare with, exclusive'),
    compareEntityRef: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('Compare with another scope over the same window instead'),
  };
}

/** An answer in the shape that the routes describe; its parts are told in words where agents need them. */
function answer(z: Zod, description: string) {
  return z.object({}).passthrough().describe(description);
}

/** What goes out as JSON: as the routes send it, without what is not there. */
function plain<T extends object>(value: T): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value));
}

/** @throws InputError for texts that the database cannot hold, as the routes do */
function storable<T>(input: T): T {
  if (isUnstorable(input)) {
    throw new InputError('The input holds characters that no name has');
  }
  return input;
}

/** What agents can ask for and do. Each action checks the caller's own permissions through the same services as the routes. */
export function registerActions(
  registry: ActionsRegistryService,
  options: {
    metrics: MetricsService;
    deployments: DeploymentService;
    explanations: ExplainService;
    corrections: CorrectionService;
    policy: CorrectionPolicy;
    now?: () => number;
  },
): void {
  const { metrics, deployments, explanations, corrections, policy } = options;
  const now = options.now ?? Date.now;

  /**
   * A token of a program arrives here as the endpoint's own, without what the token was restricted to. So what changes
   * something is done in the name of a person.
   */
  async function requirePerson(
    credentials: BackstageCredentials,
  ): Promise<void> {
    if (!(await policy.callerOf(credentials)).isUser) {
      throw new NotAllowedError(
        'Agents correct failures in the name of a person: connect with the token of a user',
      );
    }
  }

  registry.register({
    name: 'get-delivery-metrics',
    title: 'Delivery metrics',
    description:
      'The five delivery metrics of a scope and window: change lead time with its stages, deployment frequency, change fail rate, failed deployment recovery time and deployment rework rate, each with its sample size, 95 % interval, and whether it changed beyond chance against the period before. Durations are seconds, rates are shares from 0 to 1. A metric whose status is no_data has no number: that is not zero. Also says what was left out and which data is missing. Do not rank teams or people by it.',
    attributes: READS,
    visibilityPermission: doraMetricsReadPermission,
    schema: {
      input: z =>
        z.object({
          ...scopeAndWindow(z),
          ...comparison(z),
          interval: z
            .enum(['day', 'week', 'month'])
            .optional()
            .describe('Length of a bucket of the series. week when left out'),
          series: z
            .boolean()
            .optional()
            .describe(
              'Also the series per interval. Left out by default: it is long',
            ),
        }),
      output: z =>
        answer(
          z,
          'As GET /api/dora/metrics answers; series only when asked for',
        ),
    },
    action: async ({ input, credentials }) => {
      await policy.require(credentials, doraMetricsReadPermission);
      const { series, ...parameters } = storable(input);
      const { series: buckets, ...rest } = await metrics.metrics(
        parseMetricsQuery(parameters, now()),
        credentials,
      );
      return { output: plain(series ? { ...rest, series: buckets } : rest) };
    },
  });

  registry.register({
    name: 'list-deployments',
    title: 'List deployments',
    description:
      'Deployments of a scope and window, newest first, with kind (change, redeploy, rollback), outcome (failed when a failure is put down to it), number of changes, median lead time in seconds, and a link into the portal. dataQuality says why deployments may be missing or about to change; it names 20 services at most and counts all. Use nextCursor to go on.',
    attributes: READS,
    visibilityPermission: doraMetricsReadPermission,
    schema: {
      input: z =>
        z.object({
          ...scopeAndWindow(z),
          outcome: z.enum(['ok', 'failed']).optional(),
          kind: z.enum(['change', 'redeploy', 'rollback']).optional(),
          failureData: z
            .boolean()
            .optional()
            .describe(
              'Only deployments of which a failure would be known: those that the fail rate counts',
            ),
          rework: z.boolean().optional().describe('Only unplanned repairs'),
          attempts: z
            .boolean()
            .optional()
            .describe('Also attempts that never reached the environment'),
          limit: z
            .number()
            .int()
            .min(1)
            .max(100)
            .optional()
            .describe('Rows of a page. 20 when left out'),
          cursor: z
            .string()
            .max(1000)
            .optional()
            .describe(
              'nextCursor of the page before, with the same other input',
            ),
        }),
      output: z =>
        answer(
          z,
          'As GET /api/dora/deployments answers, each item with a link',
        ),
    },
    action: async ({ input, credentials }) => {
      await policy.require(credentials, doraMetricsReadPermission);
      const { limit = 20, cursor, ...asked } = storable(input);
      const { outcome, kind, failureData, rework, attempts, ...parameters } =
        asked;
      const fingerprint = queryFingerprint({ action: 'list', ...asked });
      const { response, next } = await metrics.deployments(
        {
          ...parseMetricsQuery(parameters, now()),
          outcome,
          kind,
          failureData: failureData ?? false,
          rework: rework ?? false,
          attempts: attempts ?? false,
        },
        { limit, after: decodeDeploymentCursor(cursor, fingerprint) },
        credentials,
      );
      return {
        output: plain({
          ...response,
          items: response.items.map(item => ({
            ...item,
            link: explanations.deploymentLink(item),
          })),
          ...(next && {
            nextCursor: encodeDeploymentCursor(next, fingerprint),
          }),
        }),
      };
    },
  });

  registry.register({
    name: 'get-deployment',
    title: 'One deployment',
    description:
      'One deployment: the changes it brought (the first 500 of them; nextChangesCursor is there when there are more, for GET /api/dora/deployments/{id}/changes) with the seconds each spent in every stage, how many of all its changes are in no lead time and why (excludedChanges), every attribution of a failure that ever blamed it (method, confidence, evidence, author, whether it holds), when service was restored, who was on call when it finished and who is now, whether the caller may correct it, and in dataQuality why it may be about to change.',
    attributes: READS,
    visibilityPermission: doraMetricsReadPermission,
    schema: {
      input: z =>
        z.object({
          id: z.string().min(1).max(200).describe('Id of the deployment'),
        }),
      output: z =>
        z
          .object({
            nextChangesCursor: z
              .string()
              .optional()
              .describe(
                'There when it brought more changes: cursor of GET /api/dora/deployments/{id}/changes',
              ),
            excludedChanges: z
              .array(z.object({ reason: z.string(), changes: z.number() }))
              .optional()
              .describe(
                'How many of all its changes are in no lead time, by why',
              ),
            dataQuality: z
              .array(z.object({ code: z.string() }).passthrough())
              .optional()
              .describe('Why it may be about to change'),
          })
          .passthrough()
          .describe('As GET /api/dora/deployments/{id} answers, with a link'),
    },
    action: async ({ input, credentials }) => {
      await policy.require(credentials, doraMetricsReadPermission);
      const detail = await deployments.deployment(
        storable(input).id,
        credentials,
      );
      return {
        output: plain({ ...detail, link: explanations.deploymentLink(detail) }),
      };
    },
  });

  registry.register({
    name: 'explain-delivery-metric',
    title: 'Explain a delivery metric',
    description:
      'Explains one number: its definition in words with the version, numerator and denominator or sample, 95 % interval and how it was computed, what was left out and why, whether it changed against the period before and by which test, the deployments behind it with links into the portal, what is missing in the data, and for lead time the stage that takes longest. Use it before telling anybody what a number means.',
    attributes: READS,
    visibilityPermission: doraMetricsReadPermission,
    schema: {
      input: z =>
        z.object({
          metric: z
            .enum([
              'changeLeadTime',
              'deploymentFrequency',
              'changeFailRate',
              'failedDeploymentRecoveryTime',
              'deploymentReworkRate',
            ])
            .describe('Which of the five'),
          ...scopeAndWindow(z),
          ...comparison(z),
          rows: z
            .number()
            .int()
            .min(1)
            .max(50)
            .optional()
            .describe('How many deployments to list. 10 when left out'),
        }),
      output: z => answer(z, 'As GET /api/dora/explain answers'),
    },
    action: async ({ input, credentials }) => {
      await policy.require(credentials, doraMetricsReadPermission);
      const { metric, rows = 10, ...parameters } = storable(input);
      return {
        output: plain(
          await explanations.explain(
            metric,
            parseMetricsQuery(parameters, now()),
            rows,
            credentials,
          ),
        ),
      };
    },
  });

  registry.register({
    name: 'attribute-failure',
    title: 'Put a failure down to a deployment',
    description:
      'Says that a deployment is to blame for a failure, or with noneToBlame that no deployment is to blame for an incident. Changes the change fail rate and recovery time that everybody sees, overrules what was derived, and is audited in the name of the caller, who must own the service or administer the portal. It can be withdrawn. Saying the same again changes nothing. Ask the person first.',
    attributes: { readOnly: false, idempotent: true, destructive: false },
    visibilityPermission: doraFailuresAttributePermission,
    schema: {
      input: z =>
        z.object({
          deploymentId: z.string().min(1).max(200),
          reason: z
            .string()
            .min(1)
            .max(2000)
            .describe('Why, for those who look at it later'),
          cause: z
            .object({
              kind: z.enum(['incident', 'rollback', 'fix']),
              id: z
                .string()
                .min(1)
                .max(500)
                .describe(
                  'Id of the incident, or of the deployment that repaired',
                ),
            })
            .optional()
            .describe('What failed. The report itself when left out'),
          noneToBlame: z
            .boolean()
            .optional()
            .describe(
              'No deployment is to blame for the cause, which is then needed',
            ),
        }),
      output: z =>
        z.object({
          serviceRef: z.string(),
          attributionIds: z.array(z.string()),
          recorded: z.boolean().describe('False when it was so already'),
          pending: z
            .literal(true)
            .optional()
            .describe(
              'It is kept, and counts when the portal has read all events anew, which is under way: no number shows it yet',
            ),
        }),
    },
    action: async ({ input, credentials }) => {
      await requirePerson(credentials);
      const { deploymentId, ...request } = storable(input);
      return {
        output: await corrections.attribute(deploymentId, request, {
          credentials,
        }),
      };
    },
  });

  registry.register({
    name: 'withdraw-failure-attribution',
    title: 'Take a failure attribution back',
    description:
      'Takes back an attribution of a failure to a deployment, so that the next strongest one holds again. Changes numbers that everybody sees and is audited in the name of the caller, who must own the service or administer the portal. Without attributionId it takes back every one that people made. Doing it again changes nothing. Ask the person first.',
    attributes: { readOnly: false, idempotent: true, destructive: true },
    visibilityPermission: doraFailuresAttributePermission,
    schema: {
      input: z =>
        z.object({
          deploymentId: z.string().min(1).max(200),
          attributionId: z
            .string()
            .min(1)
            .max(200)
            .optional()
            .describe('As get-deployment lists them'),
          reason: z
            .string()
            .min(1)
            .max(2000)
            .describe('Why, for those who look at it later'),
        }),
      output: z =>
        z.object({
          serviceRef: z.string(),
          attributionIds: z.array(z.string()),
          recorded: z.boolean().describe('False when it was so already'),
          pending: z
            .literal(true)
            .optional()
            .describe(
              'It is kept, and counts when the portal has read all events anew, which is under way: no number shows it yet',
            ),
        }),
    },
    action: async ({ input, credentials }) => {
      await requirePerson(credentials);
      const { deploymentId, ...request } = storable(input);
      return {
        output: await corrections.withdraw(deploymentId, request, {
          credentials,
        }),
      };
    },
  });
}
