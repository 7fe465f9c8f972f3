import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { previewRequestSchema } from '@pavedroad/plugin-golden-paths-common';
import express from 'express';
import Router from 'express-promise-router';
import { TooManyRequestsError } from '../service/Limits';
import type { PreviewService } from '../service/PreviewService';
import { openApiDocument } from './openapi';

/** Answers are short; this is many times what a form can send. */
const BODY_LIMIT = '256kb';

/** Connects the preview to HTTP. */
export function createRouter(options: {
  httpAuth: HttpAuthService;
  service: Pick<PreviewService, 'preview'>;
}): express.Router {
  const { httpAuth, service } = options;
  const router = Router();
  const document = openApiDocument();

  router.get('/openapi.json', (_, response) => {
    response.json(document);
  });

  router.post(
    '/preview',
    express.json({ limit: BODY_LIMIT }),
    async (request, response) => {
      const credentials = await httpAuth.credentials(request, {
        allow: ['user'],
      });
      const parsed = previewRequestSchema.safeParse(request.body);
      if (!parsed.success) {
        // Only where and what: answers may be confidential.
        throw new InputError(
          parsed.error.issues
            .map(
              ({ path, message }) => `${path.join('.') || 'body'}: ${message}`,
            )
            .join('; '),
        );
      }
      try {
        response.json(await service.preview(parsed.data, credentials));
      } catch (error) {
        if (!(error instanceof TooManyRequestsError)) {
          throw error;
        }
        response
          .status(429)
          .set('Retry-After', String(error.retryAfterSeconds))
          .json({
            error: { name: error.name, message: error.message },
            request: { method: request.method, url: request.originalUrl },
            response: { statusCode: 429 },
          });
      }
    },
  );
  return router;
}
