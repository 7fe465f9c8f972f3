import { mockServices } from '@backstage/backend-test-utils';
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

  const pass = async (milliseconds: number) => {
    await jest.advanceTimersByTimeAsync(milliseconds);
    await new Promise(resolve => setImmediate(resolve));
    await jest.advanceTimersByTimeAsync(0);
  };

  it('is read a few times when a change is expected, and not twice as often when two are', async () => {
    const { directory, read } = start();
    await directory.snapshot();
    directory.expectChange();
    await pass(1_000);
    directory.expectChange();
    await pass(1_500);
    expect(read).toHaveLength(2);
    for (let second = 0; second < 40; second++) {
      await pass(1_000);
    }
    expect(read).toHaveLength(6);
  });

  it('shows a change within seconds, however many pushes follow it', async () => {
    const { directory, read } = start();
    await directory.snapshot();
    const seen: number[] = [];
    for (let second = 0; second < 60; second++) {
      directory.expectChange();
      await pass(1_000);
      seen.push(read.length);
    }
    // The first after two seconds, then no more than one in about two seconds.
    expect(seen[2]).toBe(2);
    expect(seen.every((count, second) => count <= 2 + second / 1.5)).toBe(true);
    expect(seen.every((count, second) => count >= second / 4)).toBe(true);
    await pass(30_000);
    const before = read.length;
    await pass(60_000);
    expect(read).toHaveLength(before);
  });

  it('shows a schedule soon after a catalog with much to do has read it, and looks no longer than it has to', async () => {
    const { catalog, directory, read } = start();
    await directory.snapshot();
    const asked = jest.spyOn(catalog, 'getEntities');
    const schedule = (etag: string) => ({
      apiVersion: 'pavedroad.dev/v1alpha1',
      kind: 'OnCallSchedule',
      metadata: { name: 'pay', namespace: 'default', etag },
      spec: {},
    });
    directory.expectChange();
    for (let second = 0; second < 50; second++) {
      await pass(1_000);
    }
    const before = read.length;
    asked.mockImplementation(async request => ({
      items:
        JSON.stringify(request?.filter) === '{"kind":"OnCallSchedule"}'
          ? [schedule('1')]
          : [],
    }));
    await pass(2_000);
    expect(read).toHaveLength(before + 1);
    expect([...read[before].scheduleEntities.keys()]).toEqual([
      'oncallschedule:default/pay',
    ]);
    await pass(6_000);
    expect(read).toHaveLength(before + 1);
    for (let second = 0; second < 90; second++) {
      await pass(1_000);
    }
    asked.mockClear();
    await pass(60_000);
    expect(asked).not.toHaveBeenCalled();
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
