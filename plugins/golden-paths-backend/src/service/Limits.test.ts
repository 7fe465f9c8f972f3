import { Limits } from './Limits';

describe('Limits', () => {
  it('lets so many of one person through in a minute, and others besides', async () => {
    let now = 0;
    const limits = new Limits({
      concurrency: 1,
      queue: 1,
      requestsPerMinute: 2,
      now: () => now,
    });
    const ask = (person: string) => limits.run(person, async () => 'done');
    await ask('ines');
    now = 10_000;
    await ask('ines');
    await expect(ask('ines')).rejects.toMatchObject({
      name: 'TooManyRequestsError',
      retryAfterSeconds: 50,
    });
    await expect(ask('marcus')).resolves.toBe('done');
    now = 60_000;
    await expect(ask('ines')).resolves.toBe('done');
  });

  it('runs a few at a time, lets a few wait in order, and turns the rest away', async () => {
    const limits = new Limits({
      concurrency: 1,
      queue: 1,
      requestsPerMinute: 100,
    });
    const log: string[] = [];
    let finish = () => {};
    const first = limits.run('a', async () => {
      log.push('first begins');
      await new Promise<void>(resolve => {
        finish = resolve;
      });
      log.push('first ends');
    });
    const second = limits.run('b', async () => {
      log.push('second');
    });
    await expect(limits.run('c', async () => {})).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    finish();
    await Promise.all([first, second]);
    expect(log).toEqual(['first begins', 'first ends', 'second']);
    await expect(limits.run('c', async () => 'again')).resolves.toBe('again');
  });

  it('gives the place back when something fails', async () => {
    const limits = new Limits({
      concurrency: 1,
      queue: 0,
      requestsPerMinute: 100,
    });
    await expect(
      limits.run('a', async () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await expect(limits.run('a', async () => 'yes')).resolves.toBe('yes');
  });

  it('lets who waits go with the signal, and the next one take the turn', async () => {
    const limits = new Limits({
      concurrency: 1,
      queue: 2,
      requestsPerMinute: 100,
    });
    let finish = () => {};
    const first = limits.run(
      'a',
      () =>
        new Promise<void>(resolve => {
          finish = resolve;
        }),
    );
    const ran: string[] = [];
    const gone = new AbortController();
    const second = limits.run(
      'b',
      async () => {
        ran.push('second');
      },
      gone.signal,
    );
    const third = limits.run('c', async () => {
      ran.push('third');
    });
    gone.abort(new Error('too late'));
    await expect(second).rejects.toThrow('too late');
    finish();
    await Promise.all([first, third]);
    expect(ran).toEqual(['third']);
    await expect(limits.run('d', async () => 'room again')).resolves.toBe(
      'room again',
    );
  });
});
