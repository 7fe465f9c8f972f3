import { AnswerCache } from './AnswerCache';

describe('AnswerCache', () => {
  it('makes an answer once, and again when it failed', async () => {
    const cache = new AnswerCache<number>(10);
    const make = jest.fn(async () => 1);
    await Promise.all([cache.get('a', make), cache.get('a', make)]);
    await cache.get('a', make);
    expect(make).toHaveBeenCalledTimes(1);
    const failing = async () => {
      throw new Error('down');
    };
    await expect(cache.get('b', failing)).rejects.toThrow('down');
    await expect(cache.get('b', async () => 2)).resolves.toBe(2);
  });

  it('forgets what was not asked for longest when the rest weighs too much', async () => {
    const cache = new AnswerCache<number>(10, answer => answer);
    await cache.get('a', async () => 4);
    await cache.get('b', async () => 4);
    await cache.get('a', async () => 0);
    await cache.get('c', async () => 4);
    const again = jest.fn(async () => 1);
    await cache.get('a', again);
    expect(again).not.toHaveBeenCalled();
    await cache.get('b', again);
    expect(again).toHaveBeenCalledTimes(1);
  });
});
