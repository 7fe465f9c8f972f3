import { InputError } from '@backstage/errors';
import {
  oncallScheduleReadPermission,
  OWNERSHIP_FINDING_CODES,
  type OwnershipFinding,
  type OwnershipFindingCode,
} from '@pavedroad/plugin-oncall-common';
import type { Router } from 'express';
import PromiseRouter from 'express-promise-router';

import { seen } from '../privacy/middleware';
import { toCsv } from '../service/csv';
import type { HygieneService } from '../service/HygieneService';
import type { Authorizer } from './Authorizer';
import {
  readCursorParam,
  readFormatParam,
  readGroupParam,
  readLimitParam,
} from './requests';

/** More than any catalog has findings. */
const ALL = 1_000_000;

const COLUMNS: [string, (row: OwnershipFinding) => string | undefined][] = [
  ['severity', f => f.severity],
  ['code', f => f.code],
  ['entity', f => f.entityRef],
  ['title', f => f.title],
  ['owner', f => f.ownerRef],
  ['message', f => f.message],
  ['fix', f => f.fix.text],
  ['url', f => f.fix.url],
];

/** `GET /hygiene`. */
export function hygieneRoutes(options: {
  authorizer: Authorizer;
  hygiene: HygieneService;
}): Router {
  const { authorizer, hygiene } = options;
  const router = PromiseRouter();

  router.get('/hygiene', async (request, response) => {
    await authorizer.require(request, oncallScheduleReadPermission);
    const { code, group, limit, cursor } = request.query;
    const csv = readFormatParam(request) === 'csv';
    const codes = readCodes(code);
    const groupRef = readGroupParam(group);
    const after = readCursorParam(cursor);
    const answer = await hygiene.hygiene({
      ...(codes ? { codes } : {}),
      ...(groupRef ? { groupRef } : {}),
      limit: csv ? ALL : readLimitParam(limit, { fallback: 100, max: 500 }),
      ...(after && !csv ? { cursor: after } : {}),
    });
    if (csv) {
      response
        .attachment('ownership.csv')
        .type('text/csv; charset=utf-8')
        .send(toCsv(seen(response, answer).findings, COLUMNS));
      return;
    }
    response.json(answer);
  });

  return router;
}

function readCodes(value: unknown): OwnershipFindingCode[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map(one => {
    const code = OWNERSHIP_FINDING_CODES.find(known => known === one);
    if (!code) {
      throw new InputError(
        `code must be one of ${OWNERSHIP_FINDING_CODES.join(', ')}`,
      );
    }
    return code;
  });
}
