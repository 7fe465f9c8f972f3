import { calendarsPart } from './openapi/calendars';
import { changesPart } from './openapi/changes';
import { handoverPart } from './openapi/handover';
import { hygienePart } from './openapi/hygiene';
import { loadPart } from './openapi/load';
import { nowPart } from './openapi/now';
import { pagesPart } from './openapi/pages';
import { overridesPart } from './openapi/overrides';
import { proposalsPart } from './openapi/proposals';
import { schedulesPart } from './openapi/schedules';
import type { OpenApiPart } from './openapi/shared';
import { timelinePart } from './openapi/timeline';

/** Every topic's part, in the order of the document. A new topic adds its own file and a line here. */
const parts: OpenApiPart[] = [
  nowPart,
  schedulesPart,
  proposalsPart,
  timelinePart,
  changesPart,
  overridesPart,
  hygienePart,
  handoverPart,
  loadPart,
  calendarsPart,
  pagesPart,
];

/** The OpenAPI document of `/api/oncall`. */
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'On-call',
    version: '1',
    description:
      'Who owns this right now. Intervals are half-open; instants are ISO 8601 with an offset. Errors have the shape all of Backstage uses.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/api/oncall' }],
  paths: Object.assign({}, ...parts.map(part => part.paths)) as Record<
    string,
    object
  >,
  security: [{ backstage: [] }],
  components: {
    securitySchemes: { backstage: { type: 'http', scheme: 'bearer' } },
    schemas: Object.assign({}, ...parts.map(part => part.schemas)) as Record<
      string,
      object
    >,
  },
};
