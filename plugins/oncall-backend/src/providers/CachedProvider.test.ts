import { mockServices } from '@backstage/backend-test-utils';
import type { OnCallProvider } from '@pavedroad/plugin-oncall-node';

import { CachedProvider } from './CachedProvider';

const START = Date.parse('2026-06-01T08:59:30Z');

function setUp(until?: string) {
  const state = { now: START, fails: false, gone: false, asked: 0 };
  const provider: OnCallProvider = {
    id: 'pager',
    title: 'Pager',
    match: () => undefined,
    onCallAt: async () => {
      state.asked += 1;
      if (state.fails) {
        throw new Error('it answered 503');
      }
      return state.gone
        ? undefined
        : {
            title: 'Rota',
            timeZone: 'Etc/UTC',
            levels: [
              {
                level: 1,
                people: [{ person: `mailto:p${state.asked}@example.com` }],
                ...(until ? { until } : {}),
              },
            ],
          };
    },
    shiftsBetween: async () => [],
  };
  const cached = new CachedProvider(
    provider,
    mockServices.logger.mock(),
    () => state.now,
  );
  const ask = async () => {
    const aged = await cached.onCallAt('a', state.now);
    return (
      aged && {
        person: aged.answer.levels[0].people[0].person.slice(7, 9),
        age: aged.ageSeconds,
        stale: aged.stale,
      }
    );
  };
  return { state, ask };
}

describe('CachedProvider', () => {
  it('asks once a minute, and tells the age of what it knows', async () => {
    const { state, ask } = setUp();
    const both = await Promise.all([ask(), ask()]);
    expect(both).toEqual(Array(2).fill({ person: 'p1', age: 0, stale: false }));
    state.now += 59_000;
    expect(await ask()).toEqual({ person: 'p1', age: 59, stale: false });
    state.now += 1_000;
    expect(await ask()).toEqual({ person: 'p2', age: 0, stale: false });
  });

  it('asks again at a handoff', async () => {
    const { state, ask } = setUp('2026-06-01T09:00:00Z');
    await ask();
    state.now += 29_000;
    expect(await ask()).toMatchObject({ person: 'p1' });
    state.now += 1_000;
    expect(await ask()).toMatchObject({ person: 'p2', stale: false });
  });

  it('shows the last known answer and its age while the provider fails, and asks rarely', async () => {
    const { state, ask } = setUp();
    await ask();
    state.fails = true;
    state.now += 90_000;
    expect(await ask()).toEqual({ person: 'p1', age: 90, stale: true });
    state.now += 14_000;
    expect(await ask()).toEqual({ person: 'p1', age: 104, stale: true });
    expect(state.asked).toBe(2);
    state.now += 1_000;
    await ask();
    expect(state.asked).toBe(3);
    state.fails = false;
    state.now += 15_000;
    expect(await ask()).toEqual({ person: 'p4', age: 0, stale: false });
  });

  it('says why it knows nothing', async () => {
    const { state, ask } = setUp();
    state.fails = true;
    await expect(ask()).rejects.toThrow('503');
    await expect(ask()).rejects.toThrow('503');
    expect(state.asked).toBe(1);
  });

  it('forgets a schedule that is gone', async () => {
    const { state, ask } = setUp();
    await ask();
    state.gone = true;
    state.now += 60_000;
    expect(await ask()).toBeUndefined();
    state.fails = true;
    await expect(ask()).rejects.toThrow('503');
  });
});

describe('shifts', () => {
  it('are kept by whole days for five minutes, and longer while the provider fails, with their age', async () => {
    const state = { now: START, fails: false, asked: [] as string[] };
    const cached = new CachedProvider(
      {
        id: 'pager',
        title: 'Pager',
        match: () => undefined,
        onCallAt: async () => undefined,
        shiftsBetween: async (_, { from, to }) => {
          state.asked.push(`${from}/${to}`);
          if (state.fails) {
            throw new Error('it answered 503');
          }
          return [];
        },
      },
      mockServices.logger.mock(),
      () => state.now,
    );
    const ask = async (from: number) => {
      const read = await cached.shiftsBetween('a', {
        from: state.now + from,
        to: START + 86_400_000,
      });
      return [read?.ageSeconds, read?.stale];
    };
    expect(await ask(0)).toEqual([0, false]);
    state.now += 299_000;
    expect(await ask(0)).toEqual([299, false]);
    expect(state.asked).toEqual([
      '2026-06-01T08:59:30.000Z/2026-06-03T00:00:00.000Z',
    ]);
    // Another day is another question, from its start.
    await ask(-86_400_000);
    expect(state.asked[1]).toBe(
      '2026-05-31T00:00:00.000Z/2026-06-03T00:00:00.000Z',
    );
    state.fails = true;
    state.now += 1_000;
    expect(await ask(0)).toEqual([300, true]);
    state.now += 14_000;
    expect(await ask(0)).toEqual([314, true]);
    expect(state.asked).toHaveLength(3);
    cached.expire(undefined);
    state.fails = false;
    expect(await ask(0)).toEqual([0, false]);
  });

  it('that begin later today do not stand for those of now', async () => {
    const asked: string[] = [];
    const cached = new CachedProvider(
      {
        id: 'pager',
        title: 'Pager',
        match: () => undefined,
        onCallAt: async () => undefined,
        shiftsBetween: async (_, { from }) => {
          asked.push(from);
          return [];
        },
      },
      mockServices.logger.mock(),
      () => START,
    );
    const to = START + 2 * 86_400_000;
    await cached.shiftsBetween('a', { from: START + 6 * 3_600_000, to });
    await cached.shiftsBetween('a', { from: START, to });
    expect(asked).toEqual(['2026-06-01T08:59:30.000Z']);
  });
});
