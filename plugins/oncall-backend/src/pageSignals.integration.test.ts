import { createServiceFactory } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import { PAGES_CHANGED_CHANNEL } from '@pavedroad/plugin-oncall-common';

import { startOnCall } from './__testUtils__/startOnCall';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

it('tells everybody that a page was sent, answered or is over, and nothing of what it says', async () => {
  const publish = jest.fn(async () => {});
  const { send } = await startOnCall({
    knex: await databases.init('POSTGRES_18'),
    features: [
      createServiceFactory({
        service: signalsServiceRef,
        deps: {},
        factory: () => ({ publish }),
      }),
    ],
  });
  const signal = {
    recipients: { type: 'broadcast' },
    channel: PAGES_CHANGED_CHANNEL,
    message: { changed: true },
  };
  const { body, status } = await send('post', '/pages', 'tomas', {
    scheduleRef: 'oncallschedule:default/pay',
    title: 'Card payments are declined',
    urgency: 'high',
    idempotencyKey: 'a-page-that-is-told-of',
  });
  expect(status).toBe(201);
  expect(publish.mock.calls).toEqual([[signal]]);

  // A signal that is lost stops nobody.
  publish.mockRejectedValueOnce(new Error('no event broker'));
  for (const act of ['acknowledge', 'resolve']) {
    expect(
      (await send('post', `/pages/${body.id}/${act}`, 'tomas')).status,
    ).toBe(200);
  }
  expect(publish).toHaveBeenCalledTimes(3);
  expect(publish).toHaveBeenLastCalledWith(signal);
});
