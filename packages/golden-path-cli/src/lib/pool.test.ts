import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { Pool, TaskGroup } from './pool';

describe('tasks in a pool', () => {
  it('never keeps more processors busy than there are, nor more waiting than may, and runs everything', async () => {
    const capacities = [2, 1.5];
    const task = fc.record({
      weight: fc.constantFrom(0.25, 0.5, 1, 3),
      waits: fc.boolean(),
      priority: fc.integer({ min: 0, max: 2 }),
      turns: fc.integer({ min: 0, max: 3 }),
      adds: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 20 }), async tasks => {
        const group = new TaskGroup(new Pool(2, 1.5));
        const busy = [0, 0];
        const most = [0, 0];
        let done = 0;
        const work =
          (weight: number, turns: number, waits: boolean) => async () => {
            const lane = Number(waits);
            const asked = Math.min(weight, capacities[lane]);
            busy[lane] += asked;
            most[lane] = Math.max(most[lane], busy[lane]);
            for (let i = 0; i < turns; i += 1) {
              await turn();
            }
            busy[lane] -= asked;
            done += 1;
          };
        for (const { weight, waits, priority, turns, adds } of tasks) {
          group.add(
            async () => {
              await work(weight, turns, waits)();
              if (adds) {
                group.add(work(weight, turns, waits), { weight, waits });
              }
            },
            { weight, waits, priority },
          );
        }
        await group.done();
        expect(most[0]).toBeLessThanOrEqual(capacities[0]);
        expect(most[1]).toBeLessThanOrEqual(capacities[1]);
        expect(done).toBe(tasks.length + tasks.filter(t => t.adds).length);
      }),
      { numRuns: 50 },
    );
  });

  it('starts what matters more first, then what came first', async () => {
    const group = new TaskGroup(new Pool(1, 1));
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

  it('lets what waits begin beside what computes, however much of that there is', async () => {
    const group = new TaskGroup(new Pool(1, 1));
    const order: string[] = [];
    const say = (name: string) => async () => {
      order.push(`${name} begins`);
      await turn();
      order.push(`${name} ends`);
    };
    group.add(say('computes'), { priority: 2 });
    group.add(say('computes too'), { priority: 2 });
    group.add(say('waits'), { waits: true });
    await group.done();
    expect(order.indexOf('waits begins')).toBeLessThan(
      order.indexOf('computes ends'),
    );
  });

  it('ends at the first failure and says it', async () => {
    const group = new TaskGroup(new Pool(1, 1));
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
    const pool = new Pool(1, 1);
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
    await expect(new TaskGroup(new Pool(1, 1)).done()).resolves.toBeUndefined();
  });
});
