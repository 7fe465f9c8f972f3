import { mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';

import { CatalogDirectory } from './CatalogDirectory';
import type { CatalogSnapshot } from './CatalogSnapshot';

describe('the view of the catalog', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 0, doNotFake: ['setImmediate', 'nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function start() {
    const read: CatalogSnapshot[] = [];
    const catalog = catalogServiceMock({ entities: [] });
    const directory = new CatalogDirectory({
      catalog,
      auth: mockServices.auth(),
      logger: mockServices.logger.mock(),
      maxAge: 30_000,
      onRead: async snapshot => {
        read.push(snapshot);
      },
    });
    return { directory, read, catalog };
  }

  it('is read once for callers at the same time, and kept while it is fresh', async () => {
    const { directory, read } = start();
    await Promise.all([directory.snapshot(), directory.snapshot()]);
    jest.setSystemTime(29_000);
    await directory.snapshot();
    expect(read).toHaveLength(1);
  });

  it('is served while the next one is read, and not when it is far too old', async () => {
    const { directory, read } = start();
    const first = await directory.snapshot();
    jest.setSystemTime(31_000);
    expect(await directory.snapshot()).toBe(first);
    await directory.refresh();
    expect(read).toHaveLength(2);
    jest.setSystemTime(1_000_000);
    const later = await directory.snapshot();
    expect(later).toBe(read[2]);
  });

  it('is another one when an entity is another', async () => {
    const { directory, catalog } = start();
    const first = await directory.snapshot();
    const user = (displayName: string) => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'User',
      metadata: { name: 'ines' },
      spec: { profile: { displayName } },
    });
    const has = jest.spyOn(catalog, 'getEntities');
    has.mockResolvedValue({ items: [user('Ines')] });
    const second = await directory.refresh();
    expect(second).not.toBe(first);
    expect(await directory.refresh()).toBe(second);
    has.mockResolvedValue({ items: [user('Inês')] });
    expect(await directory.refresh()).not.toBe(second);
  });

  describe('after a push', () => {
    const HOST = 'http://portal.example/api/git';
    const placeOf = (repository: string) => `url:${HOST}/${repository}/`;
    const entity = (
      kind: string,
      name: string,
      repository: string,
      etag = '1',
    ) => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind,
      metadata: {
        name,
        namespace: 'default',
        title: `${name} ${etag}`,
        etag,
        annotations: {
          'backstage.io/managed-by-location': `url:${HOST}/${repository}/blob/main/${name}.yaml`,
        },
      },
      spec: {},
    });

    /** A catalog whose entities change, and which tells what it was asked for. */
    async function startWith(first: Entity[]) {
      const started = start();
      const world = {
        entities: first,
        /** How long an answer takes, in milliseconds. */
        slow: 0,
        /** Whether the search finds by where entities are from. */
        searches: true,
      };
      const asked = { all: 0, looks: 0, from: [] as number[] };
      const now = () => catalogServiceMock({ entities: world.entities });
      const { catalog } = started;
      jest.spyOn(catalog, 'getEntities').mockImplementation(async request => {
        asked.all += 1;
        return await now().getEntities(request);
      });
      jest
        .spyOn(catalog, 'getEntitiesByRefs')
        .mockImplementation(request => now().getEntitiesByRefs(request));
      jest
        .spyOn(catalog, 'streamEntities')
        .mockImplementation(async function* pages(request) {
          if (world.slow > 0) {
            await new Promise(resolve => setTimeout(resolve, world.slow));
          }
          const items: Entity[] = [];
          for await (const page of now().streamEntities(request)) {
            items.push(...page);
          }
          if (request?.fields?.length === 4) {
            asked.looks += 1;
          } else {
            asked.from.push(items.length);
          }
          yield world.searches ? items : [];
        });
      await started.directory.snapshot();
      asked.all = 0;
      started.read.length = 0;
      return { ...started, world, asked };
    }

    const pass = async (seconds: number, each?: () => void) => {
      for (let second = 0; second < seconds; second++) {
        each?.();
        await jest.advanceTimersByTimeAsync(1_000);
        for (let i = 0; i < 20; i++) {
          await new Promise(resolve => setImmediate(resolve));
        }
        await jest.advanceTimersByTimeAsync(0);
      }
    };

    const many = Array.from({ length: 50 }, (_, i) =>
      entity('Component', `service-${i}`, `shop/service-${i}`),
    );

    it('shows what changed within seconds, and reads nothing else', async () => {
      const { directory, read, world, asked } = await startWith([
        ...many,
        entity('Component', 'ledger', 'pay/ledger'),
        entity('OnCallSchedule', 'pay', 'pay/ledger'),
      ]);
      directory.expectChange(placeOf('pay/ledger'));
      await pass(5);
      expect(read).toHaveLength(0);
      world.entities = [
        ...many.slice(1),
        entity('Component', 'service-0', 'shop/service-0', '2'),
        entity('Component', 'ledger', 'pay/ledger', '2'),
        entity('OnCallSchedule', 'night', 'pay/ledger'),
      ];
      await pass(5);
      expect(read).toHaveLength(1);
      const titles = [...read[0].entities.values()].map(e => e.title);
      expect(titles).toContain('ledger 2');
      // Nobody pushed to it, so that it is read in its time.
      expect(titles).toContain('service-0 1');
      expect(titles).toHaveLength(51);
      expect([...read[0].scheduleEntities.keys()]).toEqual([
        'oncallschedule:default/night',
      ]);
      expect(asked.all).toBe(0);
      expect(asked.from).toEqual([1, 1]);
      // It is the view from now on, and the same one when all is read that changed no more.
      expect(await directory.snapshot()).toBe(read[0]);
      world.entities = [...world.entities]
        .reverse()
        .map(e =>
          e.metadata.name === 'service-0'
            ? entity('Component', 'service-0', 'shop/service-0')
            : e,
        );
      expect(await directory.refresh()).toBe(read[0]);
    });

    it('sees a catalog with much to do through, ever less often, and stops', async () => {
      const { directory, read, world, asked } = await startWith(many);
      directory.expectChange(placeOf('pay/on-call'));
      await pass(50);
      expect(asked.looks).toBeLessThan(20);
      world.entities = [
        ...many,
        entity('OnCallSchedule', 'pay', 'pay/on-call'),
      ];
      await pass(11);
      expect(read).toHaveLength(1);
      await pass(90);
      expect(read).toHaveLength(1);
      const before = asked.looks;
      expect(before).toBeLessThan(30);
      await pass(120);
      expect(asked.looks).toBe(before);
      expect(asked.all).toBe(0);
    });

    it('costs what was pushed to, however steadily', async () => {
      const { directory, read, world, asked } = await startWith([
        ...many,
        entity('OnCallSchedule', 'pay', 'pay/on-call'),
      ]);
      let second = 0;
      await pass(60, () => {
        directory.expectChange(placeOf('pay/on-call'));
        second += 1;
        if (second % 10 === 0) {
          world.entities = [
            ...many,
            entity('OnCallSchedule', 'pay', 'pay/on-call', String(second)),
          ];
        }
      });
      await pass(2);
      expect(read).toHaveLength(6);
      expect(asked.all).toBe(0);
      expect(asked.looks).toBeLessThanOrEqual(63);
      // The one schedule each time, and no component.
      expect(asked.from.sort()).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    });

    it('takes a tenth of the time at most where looking takes long', async () => {
      const { directory, world, asked } = await startWith(many);
      world.slow = 2_000;
      await pass(100, () => directory.expectChange(placeOf('pay/on-call')));
      expect(asked.looks).toBeGreaterThanOrEqual(4);
      expect(asked.looks).toBeLessThanOrEqual(6);
    });

    it('looks at several places together, and reads all when they are many', async () => {
      const { directory, asked } = await startWith(many);
      many
        .slice(0, 20)
        .forEach((_, i) =>
          directory.expectChange(placeOf(`shop/service-${i}`)),
        );
      await pass(1);
      expect(asked).toEqual({ all: 0, looks: 1, from: [] });
      many.forEach((_, i) =>
        directory.expectChange(placeOf(`shop/service-${i}`)),
      );
      await pass(1);
      expect(asked).toEqual({ all: 2, looks: 1, from: [] });
    });

    it.each([
      ['that is gone', [], []],
      [
        'that was moved',
        [entity('OnCallSchedule', 'pay', 'shop/all')],
        ['pay'],
      ],
      ['of another repository of a like name', undefined, ['pay']],
    ])('has of a schedule %s what the catalog has', async (_, left, names) => {
      const { directory, read, world } = await startWith([
        ...many,
        entity('OnCallSchedule', 'pay', 'pay/on-call'),
      ]);
      directory.expectChange(placeOf(left ? 'pay/on-call' : 'pay/on'));
      world.entities = [...many, ...(left ?? [])];
      await pass(3);
      expect(read).toHaveLength(left ? 1 : 0);
      const { scheduleEntities } = await directory.snapshot();
      expect([...scheduleEntities.values()].map(e => e.metadata.name)).toEqual(
        names,
      );
    });

    it('drops nobody whom only the search does not find', async () => {
      const { directory, world } = await startWith([
        ...many,
        entity('OnCallSchedule', 'pay', 'pay/on-call'),
      ]);
      const before = await directory.snapshot();
      world.searches = false;
      directory.expectChange(placeOf('pay/on-call'));
      await pass(10);
      expect(await directory.snapshot()).toBe(before);
    });

    it('goes on when the catalog cannot be asked for a moment', async () => {
      const { catalog, directory, read, world } = await startWith(many);
      const stream = jest.mocked(catalog.streamEntities);
      const works = stream.getMockImplementation()!;
      stream.mockImplementation(() => {
        throw new Error('away');
      });
      directory.expectChange(placeOf('pay/on-call'));
      await pass(5);
      stream.mockImplementation(works);
      world.entities = [entity('OnCallSchedule', 'pay', 'pay/on-call')];
      await pass(8);
      expect(read).toHaveLength(1);
    });
  });

  it('stays when the catalog cannot be read for a while', async () => {
    const { directory, catalog } = start();
    const first = await directory.snapshot();
    jest.spyOn(catalog, 'getEntities').mockRejectedValue(new Error('away'));
    jest.setSystemTime(31_000);
    expect(await directory.snapshot()).toBe(first);
    jest.setSystemTime(1_000_000);
    await expect(directory.snapshot()).rejects.toThrow('away');
  });

  it('is read anew to make sure that something is missing, unless it is young', async () => {
    const { directory, read } = start();
    const first = await directory.snapshot();
    jest.setSystemTime(4_000);
    expect(await directory.snapshotAfter(first)).toBe(first);
    jest.setSystemTime(6_000);
    const second = await directory.snapshotAfter(first);
    // Nothing changed, so it is the same one, and all that was worked out with it stays good.
    expect(second).toBe(first);
    expect(read).toHaveLength(2);
    // Somebody else has made sure a moment ago.
    jest.setSystemTime(9_000);
    expect(await directory.snapshotAfter(first)).toBe(second);
    expect(read).toHaveLength(2);
  });
});
