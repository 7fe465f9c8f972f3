import {
  createExtensionTester,
  mockApis,
} from '@backstage/frontend-test-utils';
import { coreExtensionData } from '@backstage/frontend-plugin-api';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';

import oncallPlugin from '.';
import { OnCallClient } from './api';

it('contributes its page, card, widget and API', () => {
  expect(oncallPlugin.pluginId).toBe('oncall');
  for (const id of [
    'page:oncall',
    'entity-card:oncall/now',
    'entity-card:oncall/shifts',
    'home-page-widget:oncall/mine',
    'api:oncall',
  ] as const) {
    expect(oncallPlugin.getExtension(id)).toBeDefined();
  }
});

it('has its page at /on-call, with a title and an icon for the sidebar', () => {
  const page = createExtensionTester(oncallPlugin.getExtension('page:oncall'));
  expect(page.get(coreExtensionData.routePath)).toBe('/on-call');
  expect(page.get(coreExtensionData.title)).toBe('On call');
  expect(page.get(coreExtensionData.icon)).toBeDefined();
});

it.each([
  ['Component', true],
  ['System', true],
  ['Group', true],
  ['OnCallSchedule', true],
  ['API', false],
  ['User', false],
  ['Location', false],
])('shows its card on a %s: %p', (kind, shown) => {
  const card = createExtensionTester(
    oncallPlugin.getExtension('entity-card:oncall/now'),
  );
  const filter = card.get(EntityCardBlueprint.dataRefs.filterFunction);
  expect(filter?.({ apiVersion: 'x', kind, metadata: { name: 'x' } })).toBe(
    shown,
  );
});

describe('the client', () => {
  const client = (response: Response) => {
    const fetch = jest.fn().mockResolvedValue(response);
    return {
      fetch,
      client: new OnCallClient({
        discoveryApi: mockApis.discovery(),
        fetchApi: { fetch },
      }),
    };
  };

  it('asks for an entity, a schedule and everybody', async () => {
    const { client: api, fetch } = client(Response.json({}));
    fetch.mockImplementation(async () => Response.json({}));
    const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    await api.entityNow('component:default/ledger');
    await api.everybodyNow();
    await api.shifts('oncallschedule:default/pay', window);
    await api.coverage('oncallschedule:default/pay', window);
    expect(
      fetch.mock.calls.map(([url]) =>
        decodeURIComponent(new URL(url).pathname + new URL(url).search),
      ),
    ).toEqual([
      '/api/oncall/now?entityRef=component:default/ledger',
      '/api/oncall/now?services=true',
      '/api/oncall/shifts?schedule=oncallschedule:default/pay&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z',
      '/api/oncall/coverage?schedule=oncallschedule:default/pay&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z',
    ]);
  });

  it('follows the pages of a timeline to the end', async () => {
    const { client: api, fetch } = client(Response.json({}));
    const part = (name: string, nextCursor?: string) =>
      Response.json({
        from: '',
        to: '',
        schedules: [{ schedule: { ref: name } }],
        people: { [name]: { ref: name } },
        nextCursor,
      });
    fetch
      .mockResolvedValueOnce(part('a', 'after a'))
      .mockResolvedValueOnce(part('b'));
    const answer = await api.timeline({ from: 'x', to: 'y' });
    expect(answer.schedules.map(({ schedule }) => schedule.ref)).toEqual([
      'a',
      'b',
    ]);
    expect(Object.keys(answer.people)).toEqual(['a', 'b']);
    expect(new URL(fetch.mock.calls[1][0]).searchParams.get('cursor')).toBe(
      'after a',
    );
  });

  it('sends changes, and takes an answer without a body', async () => {
    const { client: api, fetch } = client(Response.json({}));
    fetch
      .mockResolvedValueOnce(new Response(undefined, { status: 204 }))
      .mockResolvedValueOnce(
        Response.json({ id: 'f', url: 'u' }, { status: 201 }),
      );
    await expect(api.undoChange('a/b')).resolves.toBeUndefined();
    await expect(
      api.createCalendar('oncallschedule:default/pay'),
    ).resolves.toEqual({ id: 'f', url: 'u' });
    expect(fetch.mock.calls[0]).toEqual([
      expect.stringMatching(/\/changes\/a%2Fb$/),
      { method: 'DELETE', headers: { 'Idempotency-Key': 'undo-a/b' } },
    ]);
    expect(fetch.mock.calls[1][1]).toEqual({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"schedule":"oncallschedule:default/pay"}',
    });
  });

  it('passes a refusal on', async () => {
    const { client: api } = client(
      Response.json(
        { error: { name: 'NotFoundError', message: 'The catalog has no x' } },
        { status: 404 },
      ),
    );
    await expect(api.entityNow('component:default/x')).rejects.toMatchObject({
      statusCode: 404,
    });
  });
});
