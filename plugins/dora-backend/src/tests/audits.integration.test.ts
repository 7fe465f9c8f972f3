import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import request from 'supertest';
import { gzipSync } from 'node:zlib';
import { component, RunningDora, startDora } from '../__testUtils__/startDora';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const BATCH = 'application/cloudevents-batch+json';
const CSV = 'text/csv';

describe('what is sent to be kept', () => {
  let audited: string[];
  let dora: RunningDora;

  async function start(
    permission: AuthorizeResult.ALLOW | AuthorizeResult.DENY,
  ) {
    audited = [];
    const auditor = mockServices.auditor.mock({
      createEvent: async ({ eventId, severityLevel, request: about }) => ({
        success: async () => {
          audited.push(`${eventId} ${severityLevel} succeeded`);
        },
        fail: async ({ error }) => {
          audited.push(
            `${eventId} ${severityLevel} ${error.name} ${about?.method}`,
          );
        },
      }),
    });
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [component('checkout')],
      permission,
      features: [auditor.factory],
      config: {
        dora: { limits: { bodyBytes: 2_000 }, imports: { maxBytes: 2_000 } },
      },
    });
  }

  const send = (
    path: string,
    contentType: string,
    body: string | Buffer,
    headers = {},
  ) =>
    request(dora.server)
      .post(`/api/dora${path}`)
      .set('content-type', contentType)
      .set(headers)
      .serialize(raw => raw)
      .send(body);

  it('is on record when its sender may not send', async () => {
    await start(AuthorizeResult.DENY);
    try {
      expect((await send('/events', BATCH, '[]')).status).toBe(403);
      expect((await send('/imports', CSV, 'x')).status).toBe(403);
      expect((await send('/imports?dryRun=true', CSV, 'x')).status).toBe(403);
      expect(audited).toEqual([
        'events-ingest medium NotAllowedError POST',
        'history-import medium NotAllowedError POST',
        'history-import low NotAllowedError POST',
      ]);
    } finally {
      await dora.stop();
    }
  });

  describe('by a sender that may', () => {
    beforeAll(async () => start(AuthorizeResult.ALLOW));
    afterAll(() => dora?.stop());
    beforeEach(() => {
      audited.length = 0;
    });

    it.each<[string, string, string | Buffer, object, number, string]>([
      ['/events', BATCH, '{', {}, 400, 'InputError'],
      ['/events', 'text/plain', '[]', {}, 415, 'UnsupportedMediaTypeError'],
      [
        '/events',
        BATCH,
        `[${' '.repeat(3_000)}]`,
        {},
        413,
        'PayloadTooLargeError',
      ],
      [
        '/events',
        BATCH,
        gzipSync('[]').subarray(0, 12),
        { 'content-encoding': 'gzip' },
        400,
        '.*',
      ],
      ['/webhooks/none', 'application/json', '{}', {}, 404, ''],
      ['/imports?what=x', CSV, 'x', {}, 400, 'InputError'],
      ['/imports', 'text/plain', 'x', {}, 415, 'UnsupportedMediaTypeError'],
      ['/imports', CSV, 'x'.repeat(3_000), {}, 413, 'PayloadTooLargeError'],
    ])(
      'is on record when it is no more than broken: %s %s',
      async (path, contentType, body, headers, status, name) => {
        const response = await send(path, contentType, body, headers);
        expect(response.status).toBe(status);
        const id = path.startsWith('/events')
          ? 'events-ingest'
          : 'history-import';
        expect(audited.join()).toMatch(
          name === '' ? /^$/ : new RegExp(`^${id} medium ${name} POST$`),
        );
      },
    );
  });
});
