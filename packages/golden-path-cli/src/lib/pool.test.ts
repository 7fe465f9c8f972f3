import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { Pool, TaskGroup } from './pool';

describe('tasks in a pool', () => {
  it('never keeps more processors busy than there are, and runs everything', async () => {
    const task = fc.record({
      weight: fc.constantFrom(0.25, 0.5, 1, 3),
      priority: fc.integer({ min: 0, max: 2 }),
      turns: fc.integer({ min: 0, max: 3 }),
      adds: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 20 }), async tasks => {
        const group = new TaskGroup(new Pool(2));
        let busy = 0;
        let most = 0;
        let done = 0;
        const work = (weight: number, turns: number) => async () => {
          busy += Math.min(weight, 2);
          most = Math.max(most, busy);
          for (let i = 0; i < turns; i += 1) {
            await turn();
          }
          busy -= Math.min(weight, 2);
          done += 1;
        };
        for (const { weight, priority, turns, adds } of tasks) {
          group.add(
            async () => {
              await work(weight, turns)();
              if (adds) {
                group.add(work(weight, turns), { weight });
              }
            },
            { weight, priority },
          );
        }
        await group.done();
        expect(most).toBeLessThanOrEqual(2);
        expect(done).toBe(tasks.length + tasks.filter(t => t.adds).length);
      }),
      { numRuns: 50 },
    );
  });

  it('starts what matters more first, then what came first', async () => {
    const group = new TaskGroup(new Pool(1));
    const order: string[] = [];
    const say = (name: string) => async () => {
      order.push(name);
    };
    group.add(say('low'), { priority: 0 });
    group.add(say('high'), { priority: 2 });
    group.add(say('high too'), { priority: 2 });
    group.add(say('middle'), { priority: 1 });
    await group.done();
    expect(order).toEqual(['high', 'high too', 'middle', 'low']);
  });

  it('ends at the first failure and says it', async () => {
    const group = new TaskGroup(new Pool(1));
    const ran: string[] = [];
    group.add(async () => {
      throw new Error('broken');
    });
    group.add(async () => {
      ran.push('next');
    });
    await expect(group.done()).rejects.toThrow('broken');
    expect(ran).toEqual([]);
  });

  it('of another purpose go on when one fails', async () => {
    const pool = new Pool(1);
    const [bad, good] = [new TaskGroup(pool, 1), new TaskGroup(pool)];
    bad.add(async () => {
      throw new Error('broken');
    });
    const ran: string[] = [];
    good.add(async () => {
      ran.push('good');
    });
    await expect(bad.done()).rejects.toThrow('broken');
    await good.done();
    expect(ran).toEqual(['good']);
  });

  it('are done when there were none', async () => {
    await expect(new TaskGroup(new Pool(1)).done()).resolves.toBeUndefined();
  });
});
