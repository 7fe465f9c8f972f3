import { mockServices } from '@backstage/backend-test-utils';
import { JsonValue } from '@backstage/types';
import { DeliveryInbox, DeliverySourceState } from '../types';
import { RateLimitedError } from './ApiClient';
import { Backfill, BackfillProgress } from './Backfill';

const HOUR = 3_600_000;
const START = Date.parse('2026-05-01T00:00:00Z');
const SINCE = '2026-01-01T00:00:00.000Z';

/** A backfill of some repositories, a run of it every six hours, and what it asked for in each. */
function setUp(slugs: string[]) {
  const values = new Map<string, JsonValue>();
  const state: DeliverySourceState = {
    get: async name => values.get(name),
    set: async (name, value) => {
      values.set(name, value);
    },
  };
  const inbox: DeliveryInbox = { submit: async () => [] };
  let now = START;
  let asked: [string, string][] = [];
  let trouble: (slug: string) => Error | undefined = () => undefined;
  const backfill = Backfill.create({
    sourceId: 'forge',
    since: SINCE,
    repositories: async () =>
      slugs.map(slug => ({ slug, host: 'forge.example', monorepo: false })),
    plan: async ({ slug }, from) => {
      asked.push([slug, from]);
      const error = trouble(slug);
      if (error) {
        throw error;
      }
      return {
        steps: [{ name: 'commits', page: async () => ({ events: [] }) }],
      };
    },
    logger: mockServices.logger.mock(),
    now: () => now,
  });
  return {
    progress: (slug: string) =>
      values.get(`backfill forge.example ${slug}`) as unknown as
        | BackfillProgress
        | undefined,
    async run(failing: typeof trouble = () => undefined) {
      trouble = failing;
      asked = [];
      await backfill.run(inbox, state);
      now += 6 * HOUR;
      return asked;
    },
  };
}

const before = (rounds: number) =>
  new Date(START + rounds * 6 * HOUR - HOUR).toISOString();

describe('Backfill', () => {
  it('reads what changed since its last round began', async () => {
    const { run } = setUp(['a']);
    expect(await run()).toEqual([['a', SINCE]]);
    expect(await run()).toEqual([['a', before(0)]]);
    expect(await run()).toEqual([['a', before(1)]]);
  });

  it('leaves nothing out when a round fails before its first page', async () => {
    const { run, progress } = setUp(['a']);
    await run();
    const broken = () => new Error('answered 502');
    expect(await run(broken)).toEqual([['a', before(0)]]);
    expect(progress('a')).toMatchObject({ problem: 'Error: answered 502' });
    expect(await run(broken)).toEqual([['a', before(0)]]);
    expect(await run()).toEqual([['a', before(0)]]);
    expect(progress('a')?.problem).toBeUndefined();
    // What changed while it could not be read comes with the next one.
    expect(await run()).toEqual([['a', before(1)]]);
  });

  it('comes to every repository, however small the budget of a run', async () => {
    const { run } = setUp(['a', 'b', 'c', 'd', 'e']);
    const read: string[][] = [];
    for (let round = 0; round < 5; round++) {
      let left = 2;
      const asked = await run(() =>
        left-- > 0 ? undefined : new RateLimitedError(START),
      );
      read.push(asked.slice(0, 2).map(([slug]) => slug));
    }
    expect(read).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'a'],
      ['b', 'c'],
      ['d', 'e'],
    ]);
  });
});
