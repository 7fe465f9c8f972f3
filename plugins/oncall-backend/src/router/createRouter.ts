import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import { oncallScheduleReadPermission } from '@pavedroad/plugin-oncall-common';
import express, { type Response, type Router } from 'express';
import PromiseRouter from 'express-promise-router';

import { hideNames, viewFor } from '../privacy/middleware';
import type { NamePrivacy } from '../privacy/NamePrivacy';
import type { ProposalService } from '../proposals/ProposalService';
import type { CalendarService } from '../service/CalendarService';
import type { ChangeService } from '../service/ChangeService';
import type { CoverageService } from '../service/CoverageService';
import type { HandoverService } from '../service/HandoverService';
import type { HygieneService } from '../service/HygieneService';
import type { LoadService } from '../service/LoadService';
import type { OnCallService } from '../service/OnCallService';
import type { PageService } from '../service/PageService';
import type { TimelineService } from '../service/TimelineService';
import type { ProviderShiftService } from '../service/ProviderShiftService';
import type { WebhookService } from '../service/WebhookService';
import type { CalendarFeed } from '../store/OnCallStore';
import { settled } from './audit';
import type { Authorizer } from './Authorizer';
import { changeRoutes } from './changeRoutes';
import { handoverRoutes } from './handoverRoutes';
import { hygieneRoutes } from './hygieneRoutes';
import { loadRoutes } from './loadRoutes';
import { openapi } from './openapi';
import { proposalRoutes } from './proposalRoutes';
import { readAnyScheduleRef } from './pageRequests';
import { pageRoutes } from './pageRoutes';
import {
  readBody,
  readEntityRefParam,
  readFlagParam,
  readInstantParam,
  readScheduleRef,
  readUuid,
  readWindowParams,
} from './requests';
import { timelineRoutes } from './timelineRoutes';
import { isOfProvider, providerShiftRoutes } from './providerShiftRoutes';
import { webhookRoutes } from './webhookRoutes';

/** The routes of `/api/oncall`, as `openapi.json` describes them. */
export function createRouter(options: {
  authorizer: Authorizer;
  auditor: AuditorService;
  service: OnCallService;
  coverage: CoverageService;
  timeline: TimelineService;
  changes: ChangeService;
  pages: PageService;
  webhooks: WebhookService;
  providerShifts: ProviderShiftService;
  logger: LoggerService;
  hygiene: HygieneService;
  handover: HandoverService;
  load: LoadService;
  calendars: CalendarService;
  proposals: ProposalService;
  privacy: NamePrivacy;
  clock: () => number;
  /** External address of this plugin, for calendar addresses. */
  baseUrl: () => Promise<string>;
}): Router {
  const {
    authorizer,
    auditor,
    service,
    coverage,
    calendars,
    privacy,
    clock,
    baseUrl,
  } = options;
  const read = oncallScheduleReadPermission;
  const router = PromiseRouter();

  router.get('/openapi.json', (_, response) => {
    response.json(openapi);
  });

  // Calendar programs cannot log in: the token in the address is what lets them read.
  router.get('/calendar/:file', async (request, response) => {
    const token = request.params.file.replace(/\.ics$/, '');
    const calendar = await calendars.calendar(token);
    response
      .set('Content-Type', 'text/calendar; charset=utf-8')
      .set('Cache-Control', 'private, max-age=300')
      .set('Referrer-Policy', 'no-referrer')
      .send(calendar);
  });

  router.use(hideNames(privacy));
  router.use(webhookRoutes(options));
  router.use(express.json({ limit: '100kb' }));
  router.use(pageRoutes(options));

  router.get('/now', async (request, response) => {
    const caller = await authorizer.require(request, read);
    const { entityRef, at, services } = request.query;
    const instant = at === undefined ? clock() : readInstantParam(at, 'at');
    const viewer = {
      ownershipRefs: caller.ownershipRefs,
      mayPropose: await authorizer.mayPropose(caller),
    };
    if (entityRef !== undefined) {
      response.json(
        await service.entityNow(readEntityRefParam(entityRef), instant, viewer),
      );
      return;
    }
    const withServices = readFlagParam(services, 'services');
    sendText(
      response,
      await service.everybodyNowText(
        instant,
        viewer,
        withServices,
        viewFor(response),
      ),
    );
  });

  // Those of providers; all others go on to the routes below.
  router.use(providerShiftRoutes(options));

  router.get('/schedules', async (request, response) => {
    await authorizer.require(request, read);
    response.json({ schedules: await service.schedules() });
  });

  router.get('/shifts', async (request, response) => {
    await authorizer.require(request, read);
    const schedule = readScheduleRef(request.query.schedule, 'schedule');
    const window = readWindowParams(request.query, {
      now: clock(),
      defaultDays: 14,
      maxDays: 366,
    });
    response.json(await service.shifts(schedule, window));
  });

  router.get('/coverage', async (request, response) => {
    await authorizer.require(request, read);
    const { schedule } = request.query;
    const readRef = isOfProvider(schedule)
      ? readAnyScheduleRef
      : readScheduleRef;
    response.json(
      await coverage.coverage(
        readWindowParams(request.query, {
          now: clock(),
          defaultDays: 14,
          maxDays: 92,
        }),
        schedule === undefined ? undefined : readRef(schedule, 'schedule'),
      ),
    );
  });

  router.use(timelineRoutes(options));
  router.use(changeRoutes(options));
  router.use(proposalRoutes(options));
  router.use(hygieneRoutes(options));
  router.use(handoverRoutes(options));
  router.use(loadRoutes(options));

  router.get('/calendars', async (request, response) => {
    const caller = await authorizer.require(request, read);
    const feeds = await calendars.list(caller.name);
    response.json({ calendars: feeds.map(toCalendarAnswer) });
  });

  router.post('/calendars', async (request, response) => {
    const body = readBody(request.body, ['schedule']);
    const scheduleRef =
      body.schedule === undefined
        ? undefined
        : readScheduleRef(body.schedule, 'schedule');
    const event = await auditor.createEvent({
      eventId: 'calendar-create',
      severityLevel: 'medium',
      request,
      meta: { scheduleRef },
    });
    const { feed, token } = await settled(event, async () => {
      const caller = await authorizer.require(request, read);
      if (!caller.isUser) {
        throw new NotAllowedError('Calendars are for users');
      }
      return await calendars.create(caller.name, scheduleRef);
    });
    response.status(201).json({
      ...toCalendarAnswer(feed),
      url: `${await baseUrl()}/calendar/${token}.ics`,
    });
  });

  router.delete('/calendars/:id', async (request, response) => {
    const id = readUuid(request.params.id, 'The calendar');
    const event = await auditor.createEvent({
      eventId: 'calendar-revoke',
      severityLevel: 'medium',
      request,
      meta: { id },
    });
    await settled(event, async () => {
      const caller = await authorizer.require(request, read);
      await calendars.revoke(id, caller.name);
    });
    response.status(204).end();
  });

  return router;
}

/** Sends JSON that is text already. */
function sendText(response: Response, parts: Buffer[]) {
  response
    .set('Content-Type', 'application/json; charset=utf-8')
    .set(
      'Content-Length',
      String(parts.reduce((length, part) => length + part.length, 0)),
    );
  parts.forEach(part => response.write(part));
  response.end();
}

function toCalendarAnswer(feed: CalendarFeed) {
  return {
    id: feed.id,
    ...(feed.scheduleRef ? { scheduleRef: feed.scheduleRef } : {}),
    createdAt: new Date(feed.createdAt).toISOString(),
  };
}
