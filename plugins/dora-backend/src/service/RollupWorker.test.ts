import { mockServices } from '@backstage/backend-test-utils';
import { RollupStore } from '../database/RollupStore';
import { RollupWorker } from './RollupWorker';

/** A worker whose folds are counted, each at the millisecond in which it began. */
function started() {
  const began: number[] = [];
  const start = performance.now();
  const worker = RollupWorker.create({
    store: {
      fold: async () => {
        began.push(Math.round(performance.now() - start));
        return 0;
      },
    } as unknown as RollupStore,
    logger: mockServices.logger.mock(),
  });
  worker.start();
  return { worker, began };
}

/** Work that takes some milliseconds. */
const taking = (milliseconds: number) => () =>
  new Promise<void>(resolve => {
    setTimeout(resolve, milliseconds);
  });

describe('RollupWorker', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('folds once a second', async () => {
    const { worker, began } = started();
    await jest.advanceTimersByTimeAsync(2_500);
    await worker.stop();
    expect(began).toEqual([0, 1_000, 2_000]);
  });

  it('does not begin while somebody waits, nor shortly after', async () => {
    const { worker, began } = started();
    await jest.advanceTimersByTimeAsync(950);
    worker.ahead(taking(200));
    await jest.advanceTimersByTimeAsync(1_000);
    await worker.stop();
    expect(began).toHaveLength(2);
    expect(began[1]).toBeGreaterThanOrEqual(950 + 200 + 300);
  });

  it('begins three seconds after it was due, whoever waits', async () => {
    const { worker, began } = started();
    await jest.advanceTimersByTimeAsync(500);
    worker.ahead(taking(20_000));
    await jest.advanceTimersByTimeAsync(8_000);
    await worker.stop();
    expect(began).toEqual([0, 4_000, 8_000]);
  });

  it('folds on when what somebody waited for failed', async () => {
    const { worker, began } = started();
    const failing = worker.ahead(async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await jest.advanceTimersByTimeAsync(400);
    await worker.stop();
    expect(began).toEqual([300]);
  });

  it('answers what the work answers', async () => {
    const { worker } = started();
    await expect(worker.ahead(async () => 7)).resolves.toBe(7);
    await worker.stop();
  });
});
