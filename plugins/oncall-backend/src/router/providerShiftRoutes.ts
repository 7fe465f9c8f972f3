import { oncallScheduleReadPermission } from '@pavedroad/plugin-oncall-common';
import type { Router } from 'express';
import PromiseRouter from 'express-promise-router';

import type { ProviderShiftService } from '../service/ProviderShiftService';
import type { Authorizer } from './Authorizer';
import { readAnyScheduleRef } from './pageRequests';
import { readWindowParams } from './requests';

/** `GET /shifts` of schedules such as `pagerduty:main/service/PXXXX`; all others are left to the routes that follow. */
export function providerShiftRoutes(options: {
  authorizer: Authorizer;
  providerShifts: ProviderShiftService;
  clock: () => number;
}): Router {
  const { authorizer, providerShifts, clock } = options;
  const router = PromiseRouter();
  router.get('/shifts', async (request, response, next) => {
    const { schedule } = request.query;
    if (!isOfProvider(schedule)) {
      next();
      return;
    }
    await authorizer.require(request, oncallScheduleReadPermission);
    response.json(
      await providerShifts.shifts(
        readAnyScheduleRef(schedule, 'schedule'),
        readWindowParams(request.query, {
          now: clock(),
          defaultDays: 14,
          maxDays: 92,
        }),
      ),
    );
  });

  return router;
}

/** Whether a schedule of a query is one of a provider, such as `pagerduty:main/service/PXXXX`. */
export function isOfProvider(schedule: unknown): boolean {
  return (
    typeof schedule === 'string' &&
    schedule.includes('/') &&
    schedule.includes(':') &&
    !schedule.toLocaleLowerCase('en-US').startsWith('oncallschedule:')
  );
}
