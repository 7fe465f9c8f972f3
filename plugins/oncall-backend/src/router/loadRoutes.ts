import { InputError } from '@backstage/errors';
import {
  isTimeZone,
  oncallScheduleReadPermission,
  type LoadAnswer,
} from '@pavedroad/plugin-oncall-common';
import type { Router } from 'express';
import PromiseRouter from 'express-promise-router';

import { seen } from '../privacy/middleware';
import { toCsv } from '../service/csv';
import type { LoadService } from '../service/LoadService';
import type { Authorizer } from './Authorizer';
import {
  readFormatParam,
  readGroupParam,
  readScheduleRef,
  readWindowParams,
} from './requests';

const DAY = 86_400_000;

const COLUMNS: [
  string,
  (row: LoadAnswer['people'][number]) => string | number,
][] = [
  ['person', row => row.person.ref],
  ['name', row => row.person.displayName],
  ['seconds', row => row.seconds],
  ['night_seconds', row => row.nightSeconds],
  ['weekend_seconds', row => row.weekendSeconds],
  ['shifts', row => row.shifts],
  ['pages', row => row.pages],
  ['night_pages', row => row.nightPages],
  ['incidents', row => row.incidents],
  ['covered_for_others_seconds', row => row.coveredForOthersSeconds],
];

/** `GET /load` and `GET /recovery`. */
export function loadRoutes(options: {
  authorizer: Authorizer;
  load: LoadService;
  clock: () => number;
}): Router {
  const { authorizer, load, clock } = options;
  const router = PromiseRouter();
  /** Now in whole minutes, so that sums of time read well. */
  const minute = () => Math.floor(clock() / 60_000) * 60_000;
  /** The last four weeks, unless the query says otherwise. */
  const windowOf = (query: Record<string, unknown>) =>
    readWindowParams(
      query.from === undefined && query.to === undefined
        ? {
            from: new Date(minute() - 28 * DAY).toISOString(),
            to: new Date(minute()).toISOString(),
          }
        : query,
      { now: clock(), defaultDays: 28, maxDays: 366 },
    );

  router.get('/load', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallScheduleReadPermission,
    );
    const { schedule, group, timeZone } = request.query;
    if ((schedule === undefined) === (group === undefined)) {
      throw new InputError('Name one of schedule and group');
    }
    if (timeZone !== undefined && !isTimeZone(timeZone)) {
      throw new InputError(
        'timeZone must be an IANA name such as Europe/Lisbon',
      );
    }
    const csv = readFormatParam(request) === 'csv';
    const groupRef = readGroupParam(group);
    const answer = await load.load(
      {
        ...windowOf(request.query),
        ...(schedule === undefined
          ? {}
          : { scheduleRef: readScheduleRef(schedule, 'schedule') }),
        ...(groupRef ? { groupRef } : {}),
        ...(timeZone === undefined ? {} : { timeZone }),
      },
      {
        ownershipRefs: caller.ownershipRefs,
        seesAll: !caller.isUser || authorizer.isAdministrator(caller),
      },
    );
    if (csv) {
      response
        .attachment('on-call-load.csv')
        .type('text/csv; charset=utf-8')
        .send(toCsv(seen(response, answer).people, COLUMNS));
      return;
    }
    response.json(answer);
  });

  router.get('/recovery', async (request, response) => {
    await authorizer.require(request, oncallScheduleReadPermission);
    response.json(await load.recovery(windowOf(request.query)));
  });

  return router;
}
