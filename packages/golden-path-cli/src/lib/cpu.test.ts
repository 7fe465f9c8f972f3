import { childrenSeconds, measured, totalCpuSeconds } from './cpu';
import { run } from './run';

describe('childrenSeconds', () => {
  it('reads what ended children used, whatever the process is called', () => {
    const fields = Array.from({ length: 50 }, (_, index) => String(index));
    expect(childrenSeconds(`42 (a ) b) ${fields.join(' ')}`)).toBe(
      (13 + 14) / 100,
    );
  });
  it.each(['', '42 (node) S'])('is 0 for %j', text => {
    expect(childrenSeconds(text)).toBe(0);
  });
});

describe('measured', () => {
  it('counts the processor time of the commands that were run', async () => {
    const busy = 'const end = Date.now() + 400; while (Date.now() < end);';
    const spin = () =>
      run(process.execPath, ['-e', busy], { cwd: process.cwd() });
    const [one, none] = await Promise.all([
      measured(spin),
      measured(async () => undefined),
    ]);
    expect(one.result.code).toBe(0);
    // A busy machine gives less of itself, never more.
    expect(one.cpuSeconds).toBeGreaterThan(0.05);
    expect(none.cpuSeconds).toBe(0);
    expect(totalCpuSeconds().children).toBeGreaterThan(0.05);
  });
});
