import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  oncallHandoverWritePermission,
  oncallScheduleReadPermission,
} from '@pavedroad/plugin-oncall-common';
import type { Router } from 'express';
import PromiseRouter from 'express-promise-router';

import type { HandoverService } from '../service/HandoverService';
import { settled } from './audit';
import type { Authorizer, Caller } from './Authorizer';
import {
  readBody,
  readFlagParam,
  readScheduleRef,
  readText,
  readUuid,
} from './requests';

/** Notes that pass from shift to shift. */
export function handoverRoutes(options: {
  authorizer: Authorizer;
  auditor: AuditorService;
  handover: HandoverService;
}): Router {
  const { authorizer, auditor, handover } = options;
  const router = PromiseRouter();
  const writer = async (caller: Caller) => ({
    ...caller,
    mayChange: await authorizer.mayChange(caller),
  });

  router.get('/handover', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallScheduleReadPermission,
    );
    response.json(
      await handover.handover(
        readScheduleRef(request.query.schedule, 'schedule'),
        readFlagParam(request.query.closed, 'closed'),
        await writer(caller),
      ),
    );
  });

  router.post('/handover', async (request, response) => {
    const body = readBody(request.body, ['scheduleRef', 'text']);
    const scheduleRef = readScheduleRef(body.scheduleRef, 'scheduleRef');
    const text = readText(body.text, 'text', 10_000);
    const event = await auditor.createEvent({
      eventId: 'handover-write',
      severityLevel: 'low',
      request,
      meta: { scheduleRef },
    });
    const note = await settled(event, async () => {
      const caller = await authorizer.require(
        request,
        oncallHandoverWritePermission,
      );
      return await handover.write(scheduleRef, text, await writer(caller));
    });
    response.status(201).json(note);
  });

  for (const as of ['read', 'close', 'reopen'] as const) {
    router.post(`/handover/:id/${as}`, async (request, response) => {
      const id = readUuid(request.params.id, 'The note');
      const event = await auditor.createEvent({
        eventId: `handover-${as}`,
        severityLevel: 'low',
        request,
        meta: { id },
      });
      const note = await settled(event, async () => {
        const caller = await authorizer.require(
          request,
          as === 'read'
            ? oncallScheduleReadPermission
            : oncallHandoverWritePermission,
        );
        return await handover.mark(id, as, await writer(caller));
      });
      response.json(note);
    });
  }

  return router;
}
