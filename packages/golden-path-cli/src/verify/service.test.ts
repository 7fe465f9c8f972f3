import { tmpdir } from 'node:os';
import { verifyService } from './service';

describe('a process that is started by words of its own', () => {
  it('is found not to run where they start nothing', async () => {
    expect(
      await verifyService(
        tmpdir(),
        { path: '/', expressions: [], records: new Set() },
        { start: ['/bin/sh', '-c', 'exec ./no-such-program'] },
      ),
    ).toEqual({
      status: 'failed',
      findings: [
        {
          where: '/readyz',
          message: expect.stringMatching(/not ready[^]*no-such-program/),
        },
      ],
    });
  });
});
