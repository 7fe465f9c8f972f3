import { tryOut } from './trial';

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

  it('passes where nothing is found', async () => {
    expect(
      (await tryOut('it', { untilFirst: true }, async () => undefined)).status,
    ).toBe('passed');
  });
});
