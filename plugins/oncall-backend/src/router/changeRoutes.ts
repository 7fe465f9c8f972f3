import type { AuditorService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import {
  oncallOverrideCreatePermission,
  oncallOverrideDeletePermission,
  oncallScheduleReadPermission,
} from '@pavedroad/plugin-oncall-common';
import type { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';

import type { NamePrivacy } from '../privacy/NamePrivacy';
import {
  ChangeConflictsError,
  type Author,
  type ChangeService,
} from '../service/ChangeService';
import type { OnCallService } from '../service/OnCallService';
import type { Authorizer, Caller } from './Authorizer';
import { settled } from './audit';
import {
  readChange,
  readCursorParam,
  readLimitParam,
  readOverride,
  readRequestKey,
  readScheduleRef,
  readUuid,
} from './requests';

/** A caller as somebody who changes who is on call. */
export async function authorOfChange(
  caller: Caller,
  { authorizer, privacy }: { authorizer: Authorizer; privacy: NamePrivacy },
): Promise<Author> {
  const view = caller.isUser ? await privacy.viewOf(caller) : undefined;
  return {
    name: caller.name,
    mayChange: await authorizer.mayChange(caller),
    ...(view ? { maySee: ref => view.shows(ref) } : {}),
  };
}

/** Changes of who is on call, and the overrides they are made of. */
export function changeRoutes(options: {
  authorizer: Authorizer;
  auditor: AuditorService;
  service: OnCallService;
  changes: ChangeService;
  privacy: NamePrivacy;
  clock: () => number;
}): Router {
  const { authorizer, auditor, service, changes, clock } = options;
  const router = PromiseRouter();
  const authorOf = (caller: Caller) => authorOfChange(caller, options);

  router.post('/changes/preview', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallOverrideCreatePermission,
    );
    const {
      accepted: _,
      idempotencyKey: __,
      ...wanted
    } = readChange(request.body, clock());
    response.json(await changes.preview(wanted, await authorOf(caller)));
  });

  router.post('/changes', async (request, response) => {
    const { accepted, idempotencyKey, ...wanted } = readChange(
      request.body,
      clock(),
    );
    const key = readRequestKey(request, idempotencyKey);
    const event = await auditor.createEvent({
      eventId: 'change-make',
      severityLevel: 'medium',
      request,
      meta: { ...wanted, accepted, ...(key ? { idempotencyKey: key } : {}) },
    });
    const made = await settled(event, async () => {
      const caller = await authorizer.require(
        request,
        oncallOverrideCreatePermission,
      );
      return await changes.make(wanted, await authorOf(caller), accepted, key);
    });
    response.status(made.fresh ? 201 : 200).json(made.change);
  });

  router.get('/changes', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallScheduleReadPermission,
    );
    const { schedule, limit, cursor } = request.query;
    const after = readCursorParam(cursor);
    response.json(
      await changes.list(
        {
          ...(schedule === undefined
            ? {}
            : { scheduleRef: readScheduleRef(schedule, 'schedule') }),
          limit: readLimitParam(limit, { fallback: 20, max: 100 }),
          ...(after === undefined ? {} : { cursor: readUuid(after, 'cursor') }),
        },
        await authorOf(caller),
      ),
    );
  });

  router.delete('/changes/:id', async (request, response) => {
    const id = readUuid(request.params.id, 'The change');
    const key = readRequestKey(request);
    const event = await auditor.createEvent({
      eventId: 'change-undo',
      severityLevel: 'medium',
      request,
      meta: { id },
    });
    const undone = await settled(event, async () => {
      const caller = await authorizer.require(
        request,
        oncallOverrideDeletePermission,
      );
      return await changes.undo(id, await authorOf(caller), key);
    });
    response.json(undone);
  });

  router.get('/overrides', async (request, response) => {
    await authorizer.require(request, oncallScheduleReadPermission);
    const schedule = readScheduleRef(request.query.schedule, 'schedule');
    response.json({ overrides: await service.overrides(schedule) });
  });

  // A change of one, by programs that know what they do: it is told of no warnings.
  router.post('/overrides', async (request, response) => {
    const { reason, idempotencyKey, ...override } = readOverride(
      request.body,
      clock(),
    );
    const key = readRequestKey(request, idempotencyKey);
    const event = await auditor.createEvent({
      eventId: 'override-create',
      severityLevel: 'medium',
      request,
      meta: { ...override, reason, ...(key ? { idempotencyKey: key } : {}) },
    });
    const made = await settled(event, async () => {
      const caller = await authorizer.require(
        request,
        oncallOverrideCreatePermission,
      );
      try {
        return await changes.make(
          {
            kind: 'override',
            overrides: [override],
            ...(reason ? { reason } : {}),
          },
          await authorOf(caller),
          'all',
          key,
        );
      } catch (error) {
        throw error instanceof ChangeConflictsError
          ? new InputError(error.message)
          : error;
      }
    });
    response.status(made.fresh ? 201 : 200).json(made.change.overrides[0]);
  });

  router.delete('/overrides/:id', async (request: Request, response) => {
    const id = readUuid(request.params.id, 'The override');
    const key = readRequestKey(request);
    const event = await auditor.createEvent({
      eventId: 'override-delete',
      severityLevel: 'medium',
      request,
      meta: { id },
    });
    await settled(event, async () => {
      const caller = await authorizer.require(
        request,
        oncallOverrideDeletePermission,
      );
      await changes.takeBack(id, await authorOf(caller), key);
    });
    response.status(204).end();
  });

  return router;
}
