import { gzipSync } from 'node:zlib';
import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import request from 'supertest';
import {
  cloudEvent,
  component,
  deployed,
  incident,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const NUL = String.fromCharCode(0);
const T = '2026-05-01T12:00:00Z';
const good = (overrides: object = {}) => ({
  ...deployed('component:default/checkout', sha('a1'), T),
  ...overrides,
});

describe('bad input', () => {
  let knex: Knex;
  let dora: RunningDora;
  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await startDora({
      knex,
      entities: [component('checkout')],
      config: {
        dora: { limits: { bodyBytes: 3_000_000, batchEvents: 100 } },
      },
    });
  });
  afterAll(async () => {
    await dora?.stop();
  });

  const errorShape = (statusCode: number) => ({
    error: { name: expect.any(String), message: expect.any(String) },
    request: { method: 'POST', url: '/events' },
    response: { statusCode },
  });

  it.each([
    ['no content type of events', 'application/json', '{}', 415],
    ['text', 'text/plain', 'hello', 415],
    ['XML events', 'application/cloudevents+xml', '<event/>', 415],
    ['an unknown character set', `${STRUCTURED}; charset=klingon`, '{}', 415],
    ['broken JSON', STRUCTURED, '{"id":', 400],
    ['broken JSON in a batch', BATCH, '[{]', 400],
    ['broken UTF-8', STRUCTURED, Buffer.from([0x7b, 0xff, 0x7d]), 400],
    ['a batch that is no list', BATCH, '{}', 400],
    ['a list that is no batch', STRUCTURED, '[]', 400],
    ['a bare number', STRUCTURED, '7', 400],
    ['nothing at all', STRUCTURED, '', 400],
    ['a body over the limit', BATCH, `[${' '.repeat(3_000_000)}]`, 413],
    ['a batch over the limit', BATCH, JSON.stringify(Array(101).fill({})), 413],
  ])('answers %s', async (_, contentType, body, status) => {
    const response = await dora.post(body, contentType);
    expect(response.body).toMatchObject(errorShape(status));
    expect(response.status).toBe(status);
    expect(response.text.length).toBeLessThan(2_000);
  });

  it('answers a compressed body that grows over the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(30_000_000, ' '));
    const response = await dora.post(bomb, BATCH, {
      'content-encoding': 'gzip',
    });
    expect(response.status).toBe(413);
    const broken = await dora.post(Buffer.from('no gzip'), BATCH, {
      'content-encoding': 'gzip',
    });
    expect(broken.body).toMatchObject(errorShape(400));
    const unknown = await dora.post('[]', BATCH, {
      'content-encoding': 'pied-piper',
    });
    expect(unknown.body).toMatchObject(errorShape(415));
  });

  it.each<[string, unknown, RegExp]>([
    ['a member that is no object', 7, /must be a JSON object/],
    ['a member that is null', null, /must be a JSON object/],
    ['a missing id', good({ id: undefined }), /id is missing/],
    ['an empty id', good({ id: '  ' }), /id is empty/],
    ['a number as id', good({ id: 7 }), /id must be text/],
    ['a missing source', good({ source: null }), /source is missing/],
    ['a missing type', good({ type: undefined }), /type is missing/],
    ['a missing specversion', good({ specversion: undefined }), /specversion/],
    ['another specversion', good({ specversion: '0.3' }), /specversion/],
    [
      'a million characters as id',
      good({ id: 'x'.repeat(1e6) }),
      /id is longer/,
    ],
    ['a million characters as type', good({ type: 'x'.repeat(1e6) }), /longer/],
    ['NUL in the id', good({ id: `a${NUL}b` }), /control characters/],
    ['half a character in the id', good({ id: 'a\ud800' }), /well-formed/],
    ['a time that is none', good({ time: 'yesterday' }), /time is not/],
    ['a number as time', good({ time: 1714564800 }), /time must be text/],
    ['an object as extension', good({ ext: { a: 1 } }), /extension attribute/],
    [
      'a million characters as name of an extension',
      good({ ['x'.repeat(1e6)]: '1' }),
      /name of an extension/,
    ],
    ['NUL in the name of an extension', good({ [`a${NUL}`]: '1' }), /name of/],
    [
      'a day that no calendar has',
      good({ time: '2026-02-30T12:00:00Z' }),
      /time is not/,
    ],
    [
      'a day that no calendar has in the data',
      good({
        data: {
          context: { timestamp: '2026-06-31T12:00:00Z' },
          subject: { id: 'component:default/checkout', content: {} },
        },
      }),
      /timestamp is not/,
    ],
    ['data that is text', good({ data: 'x' }), /data must be a CDEvent/],
    ['data that is absent', good({ data: undefined }), /data must be/],
    [
      'a million characters in the data',
      good({ data: { subject: { id: 'x'.repeat(1e6) } } }),
      /data\.subject\.id is longer/,
    ],
    [
      'a subject without id',
      good({ data: { subject: { content: {} } } }),
      /subject\.id is missing/,
    ],
    [
      'a number as subject id',
      good({ data: { subject: { id: 7, content: {} } } }),
      /subject\.id must be text/,
    ],
    [
      'no environment',
      good({ data: { subject: { id: 'component:default/checkout' } } }),
      /environment\.id is missing/,
    ],
    [
      'a broken package URL',
      good({
        data: {
          subject: {
            id: 'component:default/checkout',
            content: { environment: { id: 'production' }, artifactId: 'pkg:' },
          },
        },
      }),
      /not a valid package URL/,
    ],
    [
      'a name too long for an index',
      deployed('component:default/checkout', sha('a1'), T, {
        environment: '\u732b'.repeat(900),
      }),
      /longer than 500/,
    ],
    [
      'the far past',
      deployed('component:default/checkout', sha('a1'), '1970-01-01T00:00:00Z'),
      /far in the past/,
    ],
    [
      'the far future',
      deployed('component:default/checkout', sha('a1'), '9999-01-01T00:00:00Z'),
      /in the future/,
    ],
    [
      "somebody else's voice",
      good({ source: 'urn:pavedroad:manual' }),
      /the portal's own/,
    ],
    [
      'commits that are none',
      cloudEvent('dev.pavedroad.git.commits.0.1.0', {
        repository: 'payments/checkout',
        commits: [{ id: 'abc', parents: [], committedAt: T }],
      }),
      /commits\[0\]\.id is not a full commit id/,
    ],
  ])('rejects %s without sinking the batch', async (_, bad, reason) => {
    const before = good();
    const after = good();
    const response = await dora.post([before, bad, after]);
    expect(response.status).toBe(202);
    expect(
      response.body.results.map(({ status }: { status: string }) => status),
    ).toEqual(['accepted', 'rejected', 'accepted']);
    expect(response.body.results[1].reason).toMatch(reason);
    expect(response.text.length).toBeLessThan(2_000);
    const kept = await knex('inbox').whereIn('delivery_id', [
      String(before.id),
      String(after.id),
    ]);
    expect(kept).toHaveLength(2);
  });

  it('rejects data nested deeper than any stack without sinking the batch', async () => {
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const bad = JSON.stringify(good({ data: 'DEEP' })).replace(
      '"DEEP"',
      nested,
    );
    const response = await dora.post(
      `[${JSON.stringify(good())},${bad},${nested}]`,
    );
    expect(response.body.results).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', reason: 'data is nested deeper than 64 levels' },
      { status: 'rejected', reason: 'an event must be a JSON object' },
    ]);
  });

  it('lets a rejected event come again in order', async () => {
    const event = good();
    const first = await dora.post([{ ...event, time: 'soon' }]);
    expect(first.body.results[0].status).toBe('rejected');
    const again = await dora.post([event]);
    expect(again.body.results[0]).toEqual({
      id: event.id,
      source: '/test',
      status: 'accepted',
    });
  });

  it('recognises the same event in one batch, in the next and in another source', async () => {
    const event = good();
    const statuses = await dora.send([
      event,
      event,
      { ...event, source: '/elsewhere' },
    ]);
    expect(statuses).toEqual(['accepted', 'duplicate', 'accepted']);
    expect(await dora.send([event])).toEqual(['duplicate']);
  });

  it('keeps what it does not understand', async () => {
    const unknown = cloudEvent('com.example.unknown', { a: 1 });
    const useless = cloudEvent('dev.cdevents.testcaserun.finished.0.3.0', {
      context: { timestamp: '2026-05-01T12:00:00Z' },
      subject: { id: 'suite/1', content: {} },
    });
    const response = await dora.post([unknown, useless]);
    expect(response.body.results).toMatchObject([
      { status: 'ignored', reason: expect.stringContaining('com.example') },
      { status: 'ignored', reason: expect.any(String) },
    ]);
    const rows = await knex('inbox').whereIn('delivery_id', [
      String(unknown.id),
      String(useless.id),
    ]);
    expect(rows).toHaveLength(2);
    const kept = rows.find(row => row.delivery_id === unknown.id);
    expect(JSON.parse(kept.record).data).toEqual({ a: 1 });
  });

  it('stores text that PostgreSQL cannot hold as it is', async () => {
    const event = cloudEvent('dev.cdevents.incident.detected.0.3.0', {
      subject: {
        id: 'incident-1',
        content: {
          environment: { id: 'production' },
          service: { id: 'component:default/checkout' },
          description: `down${NUL} and \ud800 out`,
          [`key${NUL}`]: NUL,
        },
      },
    });
    const raw = JSON.stringify([event]).replace(
      '"description"',
      '"description":"first","description"',
    );
    const response = await dora.post(raw);
    expect(response.body.results).toMatchObject([{ status: 'accepted' }]);
    await dora.settled();
    const [row] = await knex('incident');
    expect(row.fact.title).toBe('down\ufffd and \ufffd out');
  });

  it('takes binary mode with encoded headers, and compressed bodies in another character set', async () => {
    const { data } = good() as { data: object };
    const binary = await dora.post(data, 'application/json', {
      'ce-specversion': '1.0',
      'ce-id': 'binary%20one',
      'ce-source': '/test',
      'ce-type': 'dev.cdevents.service.deployed.0.3.0',
      'ce-time': T,
      'ce-sampledata': 'true',
    });
    expect(binary.body.results).toEqual([
      { id: 'binary one', source: '/test', status: 'accepted' },
    ]);
    const [row] = await knex('inbox').where({ delivery_id: 'binary one' });
    expect(row.sample).toBe(true);

    const noBody = await dora.post('', 'application/json', {
      'ce-specversion': '1.0',
      'ce-id': 'empty',
      'ce-source': '/test',
      'ce-type': 'dev.cdevents.service.deployed.0.3.0',
    });
    expect(noBody.body.results[0].status).toBe('rejected');

    const utf16 = gzipSync(Buffer.from(JSON.stringify(good()), 'utf16le'));
    const compressed = await dora.post(
      utf16,
      `${STRUCTURED}; charset="UTF-16LE"`,
      { 'content-encoding': 'gzip' },
    );
    expect(compressed.body.results).toMatchObject([{ status: 'accepted' }]);
  });

  it.each([
    ['an unknown zone', 'timeZone=Mars/Olympus'],
    ['an empty window', 'from=2026-05-01T00:00:00Z&to=2026-05-01T00:00:00Z'],
    ['a reversed window', 'from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z'],
    ['a window of centuries', 'from=1970-01-01&to=2190-01-01'],
    ['a moment that is none', 'from=whenever'],
    ['an unknown interval', 'interval=fortnight'],
    ['half a comparison', 'compareFrom=2026-05-01'],
    ['an entity that is none', 'entityRef=:::'],
    ['an entity of another kind', 'entityRef=user:default/guest'],
    ['an unknown parameter', 'frm=2026-05-01'],
    ['a parameter twice', 'from=2026-05-01&from=2026-05-02'],
  ])('answers questions with %s clearly', async (_, query) => {
    const response = await dora.get(`/metrics?${query}`);
    expect(response.body).toMatchObject({
      error: { name: 'InputError', message: expect.any(String) },
      response: { statusCode: 400 },
    });
    expect(response.status).toBe(400);
  });

  it.each([
    '/lead-times',
    '/services',
    '/deployments',
    '/incidents',
    '/explain?metric=changeFailRate',
  ])('answers windows that are none clearly at %s', async path => {
    for (const [query, said] of [
      ['from=2026-05-01&to=2026-05-01', /window is empty/],
      ['from=2026-05-02&to=2026-05-01', /window is reversed/],
      ['from=1970-01-01&to=2190-01-01', /longer than/],
      ['timeZone=Mars/Olympus', /not a time zone/],
    ] as const) {
      const response = await dora.get(
        `${path}${path.includes('?') ? '&' : '?'}${query}`,
      );
      expect([response.status, response.body.error.message]).toEqual([
        400,
        expect.stringMatching(said),
      ]);
    }
  });

  it('answers 404 for entities and deployments that do not exist', async () => {
    const entity = await dora.get('/metrics?entityRef=component:default/none');
    expect(entity.status).toBe(404);
    const deployment = await dora.get('/deployments/nothing');
    expect(deployment.status).toBe(404);
  });

  it.each(['/metrics?environment=a%00', '/deployments/a%00b'])(
    'answers 400 to a NUL in %s',
    async path => {
      const response = await dora.get(path);
      expect(response.status).toBe(400);
      expect(response.body.error.message).toMatch(/characters/);
    },
  );

  it.each([`a${NUL}b`, 'half \ud800'])(
    'answers 400 to a reason that cannot be kept: %j',
    async reason => {
      const response = await request(dora.server)
        .post('/api/dora/deployments/d1/failures')
        .send({ reason });
      expect(response.status).toBe(400);
    },
  );

  it('refuses cursors of another query and cursors that are none', async () => {
    await dora.send([
      good(),
      deployed('component:default/checkout', sha('a2'), T),
    ]);
    await dora.settled();
    const window = 'from=2026-04-01T00:00:00Z&to=2026-06-01T00:00:00Z';
    const { body } = await dora.get(`/deployments?${window}&limit=1`);
    expect(body.nextCursor).toEqual(expect.any(String));
    const other = await dora.get(
      `/deployments?${window}&limit=1&kind=change&cursor=${body.nextCursor}`,
    );
    expect(other.status).toBe(400);
    expect(other.body.error.message).toMatch(/another query/);
    for (const path of [
      '/deployments?from=2026-04-02T00:00:00Z&to=2026-06-01T00:00:00Z',
      `/deployments?${window}&timeZone=Asia/Kolkata`,
      `/deployments?${window}&environment=staging`,
      `/deployments?${window}&entityRef=component:default/checkout`,
      `/incidents?${window}`,
    ]) {
      const response = await dora.get(
        `${path}&limit=1&cursor=${body.nextCursor}`,
      );
      expect([path, response.status]).toEqual([path, 400]);
    }
    const none = await dora.get(`/deployments?${window}&cursor=xyz`);
    expect(none.status).toBe(400);
  });

  it('never answers 500 to an incident that is out of order', async () => {
    const statuses = await dora.send([
      incident('resolved', 'checkout', 'late', '2026-05-01T13:00:00Z'),
      incident('detected', 'checkout', 'late', '2026-05-01T12:30:00Z'),
    ]);
    expect(statuses).toEqual(['accepted', 'accepted']);
    await dora.settled();
    const rows = await knex('incident').where({ key: '/test late' });
    expect(rows).toMatchObject([
      {
        opened_at: String(Date.parse('2026-05-01T12:30:00Z')),
        resolved_at: String(Date.parse('2026-05-01T13:00:00Z')),
      },
    ]);
  });
});
