import { oncallScheduleReadPermission } from '@pavedroad/plugin-oncall-common';
import type { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';

import type { ProviderShiftService } from '../service/ProviderShiftService';
import type { Authorizer } from './Authorizer';
import { readAnyScheduleRef } from './pageRequests';
import { readWindowParams } from './requests';

/** `GET /shifts` and `/coverage` of schedules such as `pagerduty:main/service/PXXXX`; all others are left to the routes that follow. */
export function providerShiftRoutes(options: {
  authorizer: Authorizer;
  providerShifts: ProviderShiftService;
  clock: () => number;
}): Router {
  const { authorizer, providerShifts, clock } = options;
  const router = PromiseRouter();
  const scheduleOf = (request: Request) => {
    const { schedule } = request.query;
    return typeof schedule === 'string' &&
      schedule.includes('/') &&
      !schedule.toLocaleLowerCase('en-US').startsWith('oncallschedule:') &&
      schedule.includes(':')
      ? readAnyScheduleRef(schedule, 'schedule')
      : undefined;
  };
  const windowOf = (request: Request) =>
    readWindowParams(request.query, {
      now: clock(),
      defaultDays: 14,
      maxDays: 92,
    });

  for (const path of ['shifts', 'coverage'] as const) {
    router.get(`/${path}`, async (request, response, next) => {
      const schedule = scheduleOf(request);
      if (schedule === undefined) {
        next();
        return;
      }
      await authorizer.require(request, oncallScheduleReadPermission);
      response.json(await providerShifts[path](schedule, windowOf(request)));
    });
  }

  return router;
}
