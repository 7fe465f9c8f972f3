import {
  AuditorService,
  AuthService,
  BackstageCredentials,
  HttpAuthService,
  PermissionsService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { Entity, RELATION_OWNED_BY } from '@backstage/catalog-model';
import { createValidatedOpenApiRouter } from '@backstage/backend-openapi-utils';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  AuthorizeResult,
  BasicPermission,
} from '@backstage/plugin-permission-common';
import {
  DeploymentKind,
  doraFailuresAttributePermission,
  doraMetricsReadPermission,
  ManualAttributionRequest,
  parseMetricsQuery,
} from '@pavedroad/plugin-dora-common';
import express from 'express';
import { DeliveryStore } from '../database/DeliveryStore';
import { spec } from '../schema/openapi';
import { AttributionService } from '../service/AttributionService';
import { deploymentCsvHeader, deploymentCsvLine } from '../service/csv';
import { DeploymentQuery, MetricsService } from '../service/MetricsService';
import { decodeCursor, encodeCursor, queryFingerprint } from './request/cursor';
import { refuseUnstorable } from './request/refuseUnstorable';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;
const UNMAPPED_LIMIT = 200;

/** Query parameters after validation: each at most once, as text. */
type Query = Record<string, string | undefined>;

/** The routes of the query API, described by the OpenAPI document. */
export async function createRouter(options: {
  metrics: MetricsService;
  attributions: AttributionService;
  delivery: DeliveryStore;
  catalog: CatalogService;
  auth: AuthService;
  httpAuth: HttpAuthService;
  userInfo: UserInfoService;
  permissions: PermissionsService;
  auditor: AuditorService;
  /** Entity refs of `portal.administrators`. */
  administrators: string[];
  now?: () => number;
}): Promise<express.Router> {
  const { metrics, attributions, httpAuth, permissions, auditor } = options;
  const now = options.now ?? Date.now;
  // Requests are validated against the document; the types that follow from it
  // say less than the shared response types do.
  const router = (await createValidatedOpenApiRouter(spec, {
    // Credentials may also be a cookie; `httpAuth` is the judge of them.
    validatorOptions: { validateSecurity: false },
  })) as unknown as express.Router;

  router.use(refuseUnstorable);

  const authorized = async (
    req: express.Request,
    permission: BasicPermission,
  ): Promise<BackstageCredentials> => {
    const credentials = await httpAuth.credentials(req, {
      allow: ['user', 'service'],
    });
    const [decision] = await permissions.authorize([{ permission }], {
      credentials,
    });
    if (decision.result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError(`Not allowed: ${permission.name}`);
    }
    return credentials;
  };

  router.get('/metrics', async (req, res) => {
    const credentials = await authorized(req, doraMetricsReadPermission);
    const query = parseMetricsQuery(req.query as Query, now());
    res.json(await metrics.metrics(query, credentials));
  });

  router.get('/services', async (req, res) => {
    const credentials = await authorized(req, doraMetricsReadPermission);
    const query = parseMetricsQuery(req.query as Query, now());
    res.json({ items: await metrics.services(query, credentials) });
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
    };
    if (wantsCsv(req)) {
      await sendCsv(res, metrics.allDeployments(question, credentials));
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
    });
    const { response, next } = await metrics.deployments(
      question,
      {
        limit: parseLimit(query.limit),
        after: decodeCursor(query.cursor, fingerprint),
      },
      credentials,
    );
    res.json({
      ...response,
      ...(next && { nextCursor: encodeCursor(next, fingerprint) }),
    });
  });

  router.get('/deployments/:id', async (req, res) => {
    const credentials = await authorized(req, doraMetricsReadPermission);
    res.json(await metrics.deployment(req.params.id, credentials));
  });

  router.post('/deployments/:id/failures', async (req, res) => {
    const request = req.body as ManualAttributionRequest;
    await correct(req, req.params.id, 'attribute', async author => {
      res
        .status(201)
        .json(await attributions.attribute(req.params.id, request, author));
    });
  });

  router.delete('/deployments/:id/failures', async (req, res) => {
    const { attributionId, reason } = req.query as Query;
    await correct(req, req.params.id, 'withdraw', async author => {
      res.json(
        await attributions.withdraw(
          req.params.id,
          attributionId,
          reason,
          author,
        ),
      );
    });
  });

  router.get('/unmapped', async (req, res) => {
    await authorized(req, doraMetricsReadPermission);
    res.json({
      items: await options.delivery.unresolvedTargets(UNMAPPED_LIMIT),
    });
  });

  /** Corrections are for the owners of a service and for administrators, and audited either way. */
  async function correct(
    req: express.Request,
    deploymentId: string,
    action: 'attribute' | 'withdraw',
    run: (author: string) => Promise<void>,
  ): Promise<void> {
    const auditEvent = await auditor.createEvent({
      eventId: 'failure-attribution',
      severityLevel: 'medium',
      request: req,
      meta: { action, deploymentId },
    });
    try {
      const credentials = await authorized(
        req,
        doraFailuresAttributePermission,
      );
      const serviceRef = await attributions.serviceOf(deploymentId);
      const entity = await options.catalog.getEntityByRef(serviceRef, {
        credentials,
      });
      if (!entity) {
        throw new NotFoundError(`There is no deployment ${deploymentId}`);
      }
      await run(await authorOf(credentials, entity));
      await auditEvent.success({ meta: { serviceRef } });
    } catch (error) {
      await auditEvent.fail({ error: error as Error });
      throw error;
    }
  }

  async function authorOf(
    credentials: BackstageCredentials,
    entity: Entity,
  ): Promise<string> {
    if (options.auth.isPrincipal(credentials, 'service')) {
      return credentials.principal.subject;
    }
    const { userEntityRef, ownershipEntityRefs } =
      await options.userInfo.getUserInfo(credentials);
    const claims = new Set([userEntityRef, ...ownershipEntityRefs]);
    const owners = (entity.relations ?? [])
      .filter(({ type }) => type === RELATION_OWNED_BY)
      .map(({ targetRef }) => targetRef);
    if (![...owners, ...options.administrators].some(ref => claims.has(ref))) {
      throw new NotAllowedError(
        'Only owners of the service and administrators correct its failures',
      );
    }
    return userEntityRef;
  }

  return router;
}

function parseLimit(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_PAGE : Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new InputError(`limit must be a whole number from 1 to ${MAX_PAGE}`);
  }
  return limit;
}

function wantsCsv(req: express.Request): boolean {
  const { format } = req.query;
  return format === undefined
    ? req.accepts(['application/json', 'text/csv']) === 'text/csv'
    : format === 'csv';
}

async function sendCsv(
  res: express.Response,
  pages: AsyncGenerator<Parameters<typeof deploymentCsvLine>[0][]>,
): Promise<void> {
  // The first page before the headers: what is wrong with the question must
  // still be answered as an error.
  const first = await pages.next();
  res.type('text/csv; charset=utf-8');
  res.attachment('deployments.csv');
  res.write(deploymentCsvHeader());
  if (!first.done) {
    res.write(first.value.map(deploymentCsvLine).join(''));
  }
  for await (const items of pages) {
    res.write(items.map(deploymentCsvLine).join(''));
  }
  res.end();
}
