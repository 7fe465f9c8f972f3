import {
  BackstageCredentials,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { createValidatedOpenApiRouter } from '@backstage/backend-openapi-utils';
import { BasicPermission } from '@backstage/plugin-permission-common';
import {
  DeploymentKind,
  DeliverySourcesResponse,
  doraMetricsReadPermission,
  ManualAttributionRequest,
  parseMetricsQuery,
} from '@pavedroad/plugin-dora-common';
import express from 'express';
import { DeliveryStore } from '../database/DeliveryStore';
import { parseSearch } from '../database/deploymentSearch';
import { spec } from '../schema/openapi';
import { CorrectionPolicy } from '../service/CorrectionPolicy';
import { CorrectionService } from '../service/CorrectionService';
import { deploymentsCsv, incidentsCsv } from '../service/csv';
import { DeploymentService } from '../service/DeploymentService';
import { IncidentQuery, IncidentService } from '../service/IncidentService';
import { DeploymentQuery, MetricsService } from '../service/MetricsService';
import { SourcesService } from '../service/SourcesService';
import { SubscriptionService } from '../notifications/SubscriptionService';
import { ExplainService } from '../service/ExplainService';
import { EnvironmentService } from '../service/EnvironmentService';
import { CredentialService } from '../credentials/CredentialService';
import { addChangesRoute } from './addChangesRoute';
import { addCredentialRoutes } from './addCredentialRoutes';
import { addEnvironmentsRoute } from './addEnvironmentsRoute';
import { addExplainRoute } from './addExplainRoute';
import { addMetricsRoutes } from './addMetricsRoutes';
import { addSubscriptionRoutes } from './addSubscriptionRoutes';
import { queryFingerprint } from './request/cursor';
import {
  decodeDeploymentCursor,
  encodeDeploymentCursor,
} from './request/deploymentCursor';
import {
  decodeIncidentCursor,
  encodeIncidentCursor,
} from './request/incidentCursor';
import { parseLimit } from './request/parseLimit';
import { refuseUnstorable } from './request/refuseUnstorable';
import { wantsCsv } from './request/wantsCsv';
import { sendCsv } from './sendCsv';

const UNMAPPED_LIMIT = 200;

/** Query parameters after validation: each at most once, as text. */
type Query = Record<string, string | undefined>;

/** The routes of the query API, described by the OpenAPI document. */
export async function createRouter(options: {
  metrics: MetricsService;
  deployments: DeploymentService;
  incidents: IncidentService;
  environments: EnvironmentService;
  corrections: CorrectionService;
  subscriptions: SubscriptionService;
  reporting: CredentialService;
  explanations: ExplainService;
  policy: CorrectionPolicy;
  delivery: DeliveryStore;
  sources: SourcesService;
  httpAuth: HttpAuthService;
  now?: () => number;
}): Promise<express.Router> {
  const { metrics, deployments, incidents, corrections, httpAuth } = options;
  const now = options.now ?? Date.now;
  // Requests are validated against the document; the types that follow from it
  // say less than the shared response types do.
  const router = (await createValidatedOpenApiRouter(spec, {
    // Credentials may also be a cookie; `httpAuth` is the judge of them.
    validatorOptions: { validateSecurity: false },
  })) as unknown as express.Router;

  router.use(refuseUnstorable);

  const signedIn = (req: express.Request): Promise<BackstageCredentials> =>
    httpAuth.credentials(req, { allow: ['user', 'service'] });

  const authorized = async (
    req: express.Request,
    permission: BasicPermission,
  ): Promise<BackstageCredentials> => {
    const credentials = await signedIn(req);
    await options.policy.require(credentials, permission);
    return credentials;
  };

  addMetricsRoutes(router, {
    metrics,
    authorized: req => authorized(req, doraMetricsReadPermission),
    now,
  });
  addEnvironmentsRoute(router, {
    environments: options.environments,
    authorized: req => authorized(req, doraMetricsReadPermission),
  });
  addExplainRoute(router, {
    explanations: options.explanations,
    authorized: req => authorized(req, doraMetricsReadPermission),
    now,
  });
  addCredentialRoutes(router, { reporting: options.reporting, signedIn });
  addSubscriptionRoutes(router, {
    subscriptions: options.subscriptions,
    signedIn,
  });

  router.get('/deployments', async (req, res) => {
    const credentials = await authorized(req, doraMetricsReadPermission);
    const query = req.query as Query;
    const question: DeploymentQuery = {
      ...parseMetricsQuery(query, now()),
      outcome: query.outcome as 'ok' | 'failed' | undefined,
      kind: query.kind as DeploymentKind | undefined,
      failureData: query.failureData === 'true',
      rework: query.rework === 'true',
      attempts: query.attempts === 'true',
      service: query.service?.toLocaleLowerCase('en-US'),
      search: parseSearch(query.find),
    };
    if (wantsCsv(req)) {
      await sendCsv(
        res,
        { name: 'deployments.csv', csv: deploymentsCsv },
        metrics.allDeployments(question, credentials),
      );
      return;
    }
    // `from` and `to` as they were asked: the defaults move with the clock.
    const fingerprint = queryFingerprint({
      entityRef: query.entityRef,
      from: query.from,
      to: query.to,
      timeZone: query.timeZone,
      environment: question.environment,
      outcome: question.outcome,
      kind: question.kind,
      failureData: question.failureData,
      rework: question.rework,
      attempts: question.attempts,
      service: question.service,
      find: query.find,
    });
    const { response, next } = await metrics.deployments(
      question,
      {
        limit: parseLimit(query.limit),
        after: decodeDeploymentCursor(query.cursor, fingerprint),
      },
      credentials,
    );
    res.json({
      ...response,
      ...(next && { nextCursor: encodeDeploymentCursor(next, fingerprint) }),
    });
  });

  router.get('/deployments/:id', async (req, res) => {
    const credentials = await authorized(req, doraMetricsReadPermission);
    res.json(await deployments.deployment(req.params.id, credentials));
  });

  addChangesRoute(router, {
    metrics,
    authorized: req => authorized(req, doraMetricsReadPermission),
  });

  router.post('/deployments/:id/failures', async (req, res) => {
    const correction = await corrections.attribute(
      req.params.id,
      req.body as ManualAttributionRequest,
      { credentials: await signedIn(req), request: req },
    );
    res.status(correction.recorded ? 201 : 200).json(correction);
  });

  router.delete('/deployments/:id/failures', async (req, res) => {
    const { attributionId, reason } = req.query as Query;
    res.json(
      await corrections.withdraw(
        req.params.id,
        { attributionId, reason },
        { credentials: await signedIn(req), request: req },
      ),
    );
  });

  router.get('/incidents', async (req, res) => {
    const credentials = await authorized(req, doraMetricsReadPermission);
    const query = req.query as Query;
    const { entityRef, from, to, environment } = parseMetricsQuery(
      query,
      now(),
    );
    const question: IncidentQuery = {
      entityRef,
      from,
      to,
      environment,
      status: query.status as IncidentQuery['status'],
      ...(query.attributed !== undefined && {
        attributed: query.attributed === 'true',
      }),
    };
    if (wantsCsv(req)) {
      await sendCsv(
        res,
        { name: 'incidents.csv', csv: incidentsCsv },
        incidents.all(question, credentials),
      );
      return;
    }
    const fingerprint = queryFingerprint({
      list: 'incidents',
      entityRef: query.entityRef,
      from: query.from,
      to: query.to,
      timeZone: query.timeZone,
      environment,
      status: query.status,
      attributed: query.attributed,
    });
    const { response, next } = await incidents.list(
      question,
      {
        limit: parseLimit(query.limit),
        after: decodeIncidentCursor(query.cursor, fingerprint),
      },
      credentials,
    );
    res.json({
      ...response,
      ...(next && { nextCursor: encodeIncidentCursor(next, fingerprint) }),
    });
  });

  router.get('/incidents/detail', async (req, res) => {
    const credentials = await authorized(req, doraMetricsReadPermission);
    const { serviceRef, id } = req.query as { serviceRef: string; id: string };
    res.json(
      await incidents.detail(
        serviceRef.toLocaleLowerCase('en-US'),
        id,
        credentials,
      ),
    );
  });

  router.get('/sources', async (req, res) => {
    await authorized(req, doraMetricsReadPermission);
    const response: DeliverySourcesResponse = {
      items: await options.sources.list(),
    };
    res.json(response);
  });

  router.get('/unmapped', async (req, res) => {
    await authorized(req, doraMetricsReadPermission);
    res.json({
      items: await options.delivery.unresolvedTargets(UNMAPPED_LIMIT),
    });
  });

  return router;
}
