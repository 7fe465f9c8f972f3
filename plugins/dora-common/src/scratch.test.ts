import { float64, int32, uint16, uint8, withScratch } from './scratch';

describe('withScratch', () => {
  it('hands out zeros of the same memory again and again', () => {
    const buffers = [1, 2, 3].map(value =>
      withScratch(() => {
        const columns = [float64(3), int32(3), uint16(3), uint8(3), float64(3)];
        expect(columns.map(column => [...column])).toEqual(
          columns.map(() => [0, 0, 0]),
        );
        columns.forEach(column => column.fill(value));
        return columns.map(({ buffer, byteOffset }) => ({
          buffer,
          byteOffset,
        }));
      }),
    );

    expect(new Set(buffers.flat().map(({ buffer }) => buffer)).size).toBe(1);
    expect(buffers[1]).toEqual(buffers[0]);
    expect(buffers[2]).toEqual(buffers[0]);
    expect(new Set(buffers[0].map(({ byteOffset }) => byteOffset)).size).toBe(
      5,
    );
  });

  it('keeps what a computation around it has', () => {
    withScratch(() => {
      const outer = float64(2).fill(7);
      const inner = withScratch(() => float64(2).fill(8).reduce(sum));
      const next = float64(2).fill(9);

      expect([...outer]).toEqual([7, 7]);
      expect(inner).toBe(16);
      expect([...next]).toEqual([9, 9]);
    });
  });

  it('allocates what is asked for outside', () => {
    const [a, b] = [float64(2), float64(2)];

    expect(a.buffer).not.toBe(b.buffer);
  });

  it('allocates what there is no room for, and has the room again', () => {
    withScratch(() => {
      const fits = float64(10).fill(1);
      const large = float64(2_000_000).fill(2);

      expect(large.buffer).not.toBe(fits.buffer);
      expect([...fits]).toEqual(Array(10).fill(1));
      expect(float64(10).buffer).toBe(fits.buffer);
    });
    expect(withScratch(() => float64(900_000).byteOffset)).toBe(0);
  });

  it('has its memory again after a failure', () => {
    expect(() =>
      withScratch(() => {
        float64(100);
        throw new Error('broken');
      }),
    ).toThrow('broken');
    expect(withScratch(() => float64(1).byteOffset)).toBe(0);
  });

  it('refuses what goes on later', () => {
    expect(() => withScratch(async () => float64(1))).toThrow(
      'What uses scratch memory has to be synchronous',
    );
  });
});

function sum(a: number, b: number): number {
  return a + b;
}
