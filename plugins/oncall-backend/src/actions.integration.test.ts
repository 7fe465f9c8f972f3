import { TestDatabases } from '@backstage/backend-test-utils';

import { startOnCall } from './__testUtils__/startOnCall';

jest.setTimeout(240_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

it('tells agents of the next handoff, and makes changes with the permission of the user', async () => {
  const knex = await databases.init('POSTGRES_18');
  const { send, audited, get } = await startOnCall({ knex });
  const invoke = (action: string, input: object, user = 'ines') =>
    send(
      'post',
      `/.backstage/actions/v1/actions/oncall:${action}/invoke`,
      user,
      input,
    );
  const next = await invoke('next-on-call-handoff', {
    entityRef: 'component:ledger',
    at: '2026-06-03T12:00:00Z',
  });
  expect(next.body.output).toEqual({
    schedule: 'oncallschedule:default/pay',
    title: 'The pay schedule',
    handoff: {
      at: '2026-06-08T09:00:00+01:00',
      level: 1,
      from: [expect.objectContaining({ name: 'Inês' })],
      to: [expect.objectContaining({ name: 'Tomás' })],
    },
  });
  const none = await invoke('next-on-call-handoff', {
    entityRef: 'component:orphan',
  });
  expect(none.body.output.reason).toContain('has an on-call schedule');

  const change = {
    kind: 'give-shift',
    overrides: [
      {
        scheduleRef: 'pay',
        type: 'remove',
        person: 'user:default/ines',
        from: '2027-06-03T00:00:00Z',
        to: '2027-06-04T00:00:00Z',
        level: 1,
      },
    ],
  };
  const gap = [
    expect.objectContaining({ code: 'leaves-gap', severity: 'warning' }),
  ];
  for (const input of [{ ...change, preview: true }, change]) {
    const { body } = await invoke('change-on-call', input);
    expect(body.output).toEqual({ made: false, conflicts: gap });
  }
  const made = await invoke('change-on-call', {
    ...change,
    accepted: ['leaves-gap'],
  });
  expect(made.body.output).toEqual({
    made: true,
    changeId: expect.any(String),
    conflicts: [],
  });
  expect((await get('/changes')).body.changes[0].id).toBe(
    made.body.output.changeId,
  );
  expect((await invoke('change-on-call', change, 'tomas')).status).toBe(403);
  expect(audited).toEqual([
    'change-make failed',
    'change-make succeeded',
    'change-make failed',
  ]);
});
