import { InputError, NotAllowedError } from '@backstage/errors';
import { oncallScheduleReadPermission } from '@pavedroad/plugin-oncall-common';
import type { Router } from 'express';
import PromiseRouter from 'express-promise-router';

import type { TimelineService } from '../service/TimelineService';
import type { Authorizer } from './Authorizer';
import {
  readCursorParam,
  readGroupParam,
  readLimitParam,
  readScheduleRefs,
  readWindowParams,
} from './requests';

/** `GET /timeline` and `GET /my-shifts`. */
export function timelineRoutes(options: {
  authorizer: Authorizer;
  timeline: TimelineService;
  clock: () => number;
}): Router {
  const { authorizer, timeline, clock } = options;
  const router = PromiseRouter();

  router.get('/timeline', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallScheduleReadPermission,
    );
    const { schedule, group, limit, cursor } = request.query;
    const window = readWindowParams(request.query, {
      now: clock(),
      defaultDays: 7,
      maxDays: 92,
    });
    const scheduleRefs = readScheduleRefs(schedule, 'schedule');
    if (scheduleRefs && scheduleRefs.length > 100) {
      throw new InputError('schedule may be given at most 100 times');
    }
    const groupRef = readGroupParam(group);
    const after = readCursorParam(cursor);
    response.json(
      await timeline.timeline(
        {
          ...window,
          ...(scheduleRefs ? { scheduleRefs } : {}),
          ...(groupRef ? { groupRef } : {}),
          limit: readLimitParam(limit, { fallback: 50, max: 100 }),
          ...(after ? { cursor: after } : {}),
        },
        await authorizer.mayChange(caller),
      ),
    );
  });

  router.get('/my-shifts', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallScheduleReadPermission,
    );
    if (!caller.isUser) {
      throw new NotAllowedError('Only users have shifts');
    }
    const window = readWindowParams(request.query, {
      now: clock(),
      defaultDays: 60,
      maxDays: 366,
    });
    response.json(
      await timeline.shiftsOf(
        caller.name,
        window,
        await authorizer.mayChange(caller),
      ),
    );
  });

  return router;
}
