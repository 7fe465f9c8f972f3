import type { AuditorService } from '@backstage/backend-plugin-api';
import { InputError, NotAllowedError } from '@backstage/errors';
import {
  MAX_SOURCE_LENGTH,
  oncallScheduleProposePermission,
  oncallScheduleReadPermission,
  readScheduleSource,
} from '@pavedroad/plugin-oncall-common';
import type { Router } from 'express';
import PromiseRouter from 'express-promise-router';

import { seen } from '../privacy/middleware';
import type { ProposalService } from '../proposals/ProposalService';
import { settled } from './audit';
import type { Authorizer } from './Authorizer';
import { readBody, readGroupParam, readScheduleRef } from './requests';

/** `POST /schedules/check`, `GET /schedules/source`, `GET /schedules/targets` and `POST /schedules/proposals`. */
export function proposalRoutes(options: {
  authorizer: Authorizer;
  auditor: AuditorService;
  proposals: ProposalService;
}): Router {
  const { authorizer, auditor, proposals } = options;
  const router = PromiseRouter();

  router.post('/schedules/check', async (request, response) => {
    await authorizer.require(request, oncallScheduleReadPermission);
    const yaml = readYaml(readBody(request.body, ['yaml']).yaml);
    const { scheduleRef, ...found } = await proposals.check(yaml);
    const about = scheduleRef === undefined ? {} : { scheduleRef };
    const scheduleRefs = await proposals.takesFrom(yaml);
    if (scheduleRefs.length === 0) {
      response.json({ ...about, ...found });
      return;
    }
    // The answer speaks of those schedules as well, and names are shown to those who may see them on all of them.
    const { found: shown } = seen(response, {
      scheduleRefs: [...scheduleRefs, ...(scheduleRef ? [scheduleRef] : [])],
      found,
    });
    response.json({ ...about, ...shown });
  });

  router.get('/schedules/source', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallScheduleReadPermission,
    );
    const ref = readScheduleRef(request.query.schedule, 'schedule');
    await authorizer.requireMember(caller, await proposals.ownerOf(ref));
    response.json(await proposals.source(ref));
  });

  router.get('/schedules/targets', async (request, response) => {
    const caller = await authorizer.require(
      request,
      oncallScheduleReadPermission,
    );
    const owner = readGroupParam(request.query.owner);
    if (!owner) {
      throw new InputError('owner is required: the name or ref of a Group');
    }
    await authorizer.requireMember(caller, owner);
    const ref = readScheduleRef(request.query.name, 'name');
    response.json({
      targets: await proposals.targets(
        owner,
        ref.slice(ref.lastIndexOf('/') + 1),
      ),
    });
  });

  router.post('/schedules/proposals', async (request, response) => {
    const body = readBody(request.body, [
      'yaml',
      'basedOn',
      'targetUrl',
      'title',
      'message',
    ]);
    const yaml = readYaml(body.yaml);
    const proposal = {
      yaml,
      ...optionalText(body.basedOn, 'basedOn', 100),
      ...optionalText(body.targetUrl, 'targetUrl', 2000),
      ...optionalText(body.title, 'title', 200),
      ...optionalText(body.message, 'message', 10_000),
    };
    const event = await auditor.createEvent({
      eventId: 'schedule-propose',
      severityLevel: 'medium',
      request,
      meta: {
        scheduleRef: readScheduleSource(yaml).scheduleRef ?? '',
        ...(proposal.targetUrl ? { targetUrl: proposal.targetUrl } : {}),
      },
    });
    const made = await settled(event, async () => {
      const caller = await authorizer.require(
        request,
        oncallScheduleProposePermission,
      );
      if (!caller.isUser) {
        throw new NotAllowedError(
          'Schedules are proposed by users; programs open pull requests themselves',
        );
      }
      const prepared = await proposals.prepare(proposal);
      for (const ownerRef of prepared.ownerRefs) {
        await authorizer.requireMember(caller, ownerRef);
      }
      return await prepared.run(caller);
    });
    response.status(made.created ? 201 : 200).json(made);
  });

  return router;
}

function readYaml(value: unknown): string {
  if (typeof value !== 'string' || value.length > MAX_SOURCE_LENGTH) {
    throw new InputError(
      `yaml must be a text of at most ${MAX_SOURCE_LENGTH} characters`,
    );
  }
  return value;
}

function optionalText<K extends string>(
  value: unknown,
  key: K,
  length: number,
): { [key in K]?: string } {
  if (value === undefined) {
    return {};
  }
  if (typeof value !== 'string' || value.length > length) {
    throw new InputError(
      `${key} must be a text of at most ${length} characters`,
    );
  }
  return { [key]: value } as { [key in K]?: string };
}
