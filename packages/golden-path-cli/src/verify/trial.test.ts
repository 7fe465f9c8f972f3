import { CannotTry, tryOut } from './trial';

describe('a trial', () => {
  const steps: string[] = [];
  const attempt = async (note: (where: string, message: string) => void) => {
    try {
      steps.push('first');
      note('a', 'is wrong');
      steps.push('second');
      note('b', 'is wrong, too');
    } finally {
      steps.push('tidied up');
    }
  };
  beforeEach(() => {
    steps.length = 0;
  });

  it('finds all there is', async () => {
    expect(await tryOut('it', {}, attempt)).toEqual({
      status: 'failed',
      findings: [
        { where: 'a', message: 'is wrong' },
        { where: 'b', message: 'is wrong, too' },
      ],
    });
    expect(steps).toEqual(['first', 'second', 'tidied up']);
  });

  it('ends with the first finding where that is enough, and tidies up', async () => {
    expect(await tryOut('it', { untilFirst: true }, attempt)).toEqual({
      status: 'failed',
      findings: [{ where: 'a', message: 'is wrong' }],
    });
    expect(steps).toEqual(['first', 'tidied up']);
  });

  it.each([false, true])(
    'takes what is thrown for a finding (until the first: %s)',
    async untilFirst => {
      expect(
        await tryOut('it', { untilFirst }, async () => {
          throw new Error('no answer');
        }),
      ).toEqual({
        status: 'failed',
        findings: [{ where: 'it', message: 'no answer' }],
      });
    },
  );

  it.each([
    ['its Redis', new CannotTry('redis-server does not answer')],
    [
      'a disk',
      Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }),
    ],
  ])(
    'does not take for noticed what it could not try for want of %s',
    async (_, trouble) => {
      const fails = async () => {
        throw trouble;
      };
      await expect(tryOut('it', { untilFirst: true }, fails)).rejects.toBe(
        trouble,
      );
      // A check of what is whole fails by it.
      expect(await tryOut('it', {}, fails)).toEqual({
        status: 'failed',
        findings: [{ where: 'it', message: trouble.message }],
      });
    },
  );

  it('keeps what it found when it cannot tidy up', async () => {
    expect(
      await tryOut('it', { untilFirst: true }, async note => {
        await Promise.resolve()
          .then(() => note('a', 'is wrong'))
          .finally(() => {
            throw new CannotTry('redis-server does not end');
          });
      }),
    ).toMatchObject({ findings: [{ where: 'a' }, { where: 'it' }] });
  });

  it('passes where nothing is found', async () => {
    expect(
      (await tryOut('it', { untilFirst: true }, async () => undefined)).status,
    ).toBe('passed');
  });
});
