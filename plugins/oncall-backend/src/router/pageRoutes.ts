import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  oncallPageCreatePermission,
  oncallPageUpdatePermission,
  oncallScheduleReadPermission,
} from '@pavedroad/plugin-oncall-common';
import type { Router } from 'express';
import PromiseRouter from 'express-promise-router';

import type { PageService } from '../service/PageService';
import { settled } from './audit';
import type { Authorizer, Caller } from './Authorizer';
import { readPage, readPageFilter } from './pageRequests';
import { readUuid } from './requests';

/** `GET` and `POST /pages`, `POST /pages/{id}/acknowledge` and `/resolve`. */
export function pageRoutes(options: {
  authorizer: Authorizer;
  auditor: AuditorService;
  pages: PageService;
}): Router {
  const { authorizer, auditor, pages } = options;
  const router = PromiseRouter();
  const callerOf = async (caller: Caller) => ({
    name: caller.name,
    isUser: caller.isUser,
    ownershipRefs: caller.ownershipRefs,
    mayChange: await authorizer.mayChange(caller),
  });

  router.get('/pages', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallScheduleReadPermission,
    );
    response.json(
      await pages.list(readPageFilter(request.query), await callerOf(caller)),
    );
  });

  router.post('/pages', async (request, response) => {
    const page = readPage(request.body);
    const { details: _, ...meta } = page;
    const event = await auditor.createEvent({
      eventId: 'page-send',
      severityLevel: 'high',
      request,
      meta,
    });
    const sent = await settled(event, async () => {
      const caller = await authorizer.require(
        request,
        oncallPageCreatePermission,
      );
      return await pages.send(page, await callerOf(caller));
    });
    response.status(sent.fresh ? 201 : 200).json(sent.page);
  });

  for (const [path, status] of [
    ['acknowledge', 'acknowledged'],
    ['resolve', 'resolved'],
  ] as const) {
    router.post(`/pages/:id/${path}`, async (request, response) => {
      const id = readUuid(request.params.id, 'The page');
      const event = await auditor.createEvent({
        eventId: `page-${path}`,
        severityLevel: 'medium',
        request,
        meta: { id },
      });
      const changed = await settled(event, async () => {
        const caller = await authorizer.require(
          request,
          oncallPageUpdatePermission,
        );
        return await pages.change(id, status, await callerOf(caller));
      });
      response.json(changed);
    });
  }

  return router;
}
