import { TestDatabases } from '@backstage/backend-test-utils';
import type { HygieneAnswer } from '@pavedroad/plugin-oncall-common';
import type { Knex } from 'knex';

import { startOnCall } from './__testUtils__/startOnCall';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

describe('ownership findings', () => {
  let knex: Knex;
  let get: Awaited<ReturnType<typeof startOnCall>>['get'];
  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    ({ get } = await startOnCall({ knex }));
  });

  it('lists them with counts and where to mend them', async () => {
    const body: HygieneAnswer = (await get('/hygiene')).body;
    expect(body).toMatchObject({ services: 5, servicesCovered: 3 });
    expect(body.counts).toEqual([
      { code: 'owner-unknown', count: 3 },
      { code: 'no-schedule', count: 1 },
      { code: 'schedule-invalid', count: 1 },
      { code: 'nobody', count: 2 },
      { code: 'person-unknown', count: 1 },
      { code: 'group-empty', count: 3 },
    ]);
    expect(body.findings.find(f => f.code === 'no-schedule')).toEqual({
      code: 'no-schedule',
      severity: 'bad',
      entityRef: 'component:default/orphan',
      title: 'orphan',
      ownerRef: 'group:default/idle',
      message: 'Neither idle nor a group above it has an on-call schedule',
      fix: {
        text: expect.stringContaining('OnCallSchedule'),
        url: '/on-call/schedules/new?owner=group%3Adefault%2Fidle',
      },
    });
    expect(
      body.findings.find(f => f.code === 'person-unknown')?.message,
    ).toContain('user:default/ghost');
  });

  it('narrows to kinds and groups, page by page', async () => {
    const kinds: HygieneAnswer = (
      await get('/hygiene?code=nobody&code=no-schedule&limit=2')
    ).body;
    expect(kinds.findings.map(f => f.code)).toEqual(['no-schedule', 'nobody']);
    const rest: HygieneAnswer = (
      await get(
        `/hygiene?code=nobody&code=no-schedule&limit=2&cursor=${kinds.nextCursor}`,
      )
    ).body;
    expect(rest.findings.map(f => f.code)).toEqual(['nobody']);
    expect(rest.nextCursor).toBeUndefined();
    const group: HygieneAnswer = (await get('/hygiene?group=pay')).body;
    expect(group.counts).toEqual([
      { code: 'person-unknown', count: 1 },
      { code: 'group-empty', count: 1 },
    ]);
  });

  it('gives all of them as CSV', async () => {
    const { text, headers } = await get('/hygiene?format=csv&limit=1');
    expect(headers['content-type']).toContain('text/csv');
    expect(headers['content-disposition']).toContain('ownership.csv');
    const lines = text.trimEnd().split('\r\n');
    expect(lines[0]).toBe('severity,code,entity,title,owner,message,fix,url');
    expect(lines).toHaveLength(12);
  });

  it.each([
    ['code=bad', 400, 'code must be one of'],
    ['limit=501', 400, 'limit must be'],
    ['cursor=-1', 400, 'cursor must be'],
    ['group=nothing', 404, 'has no group'],
    ['format=xml', 400, 'format must be'],
  ])('answers /hygiene?%s with %i', async (query, status, message) => {
    const response = await get(`/hygiene?${query}`);
    expect(response.status).toBe(status);
    expect(response.body.error.message).toContain(message);
  });
});
