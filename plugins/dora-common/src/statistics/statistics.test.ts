import fc from 'fast-check';
import {
  ascending,
  binomialCdf,
  bootstrapMedians,
  independentMedians,
  limitOfSample,
  conditionalBinomialTest,
  logGamma,
  medianDifferenceInterval,
  medianInterval,
  newcombeInterval,
  orderStatisticInterval,
  percentileOf,
  percentileOfSorted,
  percentilesOf,
  seededRandom,
  wilsonInterval,
} from './index';

const round = (digits: number) => (x: number) => Number(x.toFixed(digits));

describe('percentiles of values in any order', () => {
  // Few distinct values, so that most are tied.
  const values = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat(100_000)), {
      minLength: 1,
      maxLength: 60,
    })
    .map(list => Float64Array.from(list));
  const share = fc.constantFrom(0, 0.025, 0.25, 0.5, 0.75, 0.9, 0.975, 1);

  it('are those of the same values sorted', () => {
    fc.assert(
      fc.property(values, share, share, (list, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const sorted = ascending(list);
        const expected = [low, high].map(p => percentileOfSorted(sorted, p)!);
        const both = percentilesOf(list.slice(), low, high);
        const known = list.slice();
        // One after the other of the same values, as stages are asked.
        const single = [high, low].map(p => percentileOf(known, p)!);
        expected.forEach((value, i) => {
          expect(both[i]).toBeCloseTo(value, 6);
          expect(single[1 - i]).toBeCloseTo(value, 6);
        });
        expect(ascending(known)).toEqual(sorted);
      }),
      { numRuns: 1_000 },
    );
    expect(percentileOf(new Float64Array(), 0.5)).toBeUndefined();
  });
});

describe('percentileOfSorted', () => {
  it.each([
    [[], 0.5, undefined],
    [[7], 0.9, '7.000000000000'],
    [[1, 2, 3, 4], 0.5, '2.500000000000'],
    [[1, 2, 3, 4], 0.75, '3.250000000000'],
    [[10, 20, 30], 0.9, '28.000000000000'],
  ])('%j at %f is %s', (values, p, expected) => {
    expect(percentileOfSorted(values, p)?.toFixed(12)).toBe(expected);
  });
});

describe('wilsonInterval', () => {
  // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
  it.each([
    [81, 263, [0.2553, 0.3662]],
    [15, 148, [0.0624, 0.1605]],
    [0, 20, [0, 0.1611]],
    [1, 29, [0.0061, 0.1718]],
  ])('of %i in %i', (successes, trials, expected) => {
    expect(wilsonInterval(successes, trials)!.map(round(4))).toEqual(expected);
  });

  it('is undefined without trials', () => {
    expect(wilsonInterval(0, 0)).toBeUndefined();
  });
});

describe('newcombeInterval', () => {
  // Newcombe, "Interval estimation for the difference between independent proportions" (1998), table II, method 10.
  it.each([
    [56, 70, 48, 80, [0.0524, 0.3339]],
    [9, 10, 3, 10, [0.1705, 0.809]],
    [5, 56, 0, 29, [-0.0381, 0.1926]],
    [10, 10, 0, 10, [0.6075, 1]],
  ])('of %i/%i − %i/%i', (a, m, b, n, expected) => {
    expect(
      newcombeInterval(
        { successes: a, trials: m },
        { successes: b, trials: n },
      )!.map(round(4)),
    ).toEqual(expected);
  });
});

describe('binomial', () => {
  it('sums the mass function', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.nat(60),
        (n, p, k0) => {
          const k = Math.min(k0, n);
          let sum = 0;
          for (let i = 0; i <= k; i++) {
            sum += Math.exp(
              logGamma(n + 1) -
                logGamma(i + 1) -
                logGamma(n - i + 1) +
                i * Math.log(p) +
                (n - i) * Math.log(1 - p),
            );
          }
          expect(binomialCdf(k, n, p)).toBeCloseTo(sum, 10);
        },
      ),
    );
  });

  it.each([
    [[5, 5], [1, 1], 1],
    [[0, 6], [1, 1], 0.03125],
    [[0, 5], [1, 1], 0.0625],
    [[8, 2], [1, 1], 0.109375],
    [[0, 0], [1, 1], 1],
  ] as [[number, number], [number, number], number][])(
    'compares counts %j over %j',
    (counts, exposures, expected) => {
      expect(conditionalBinomialTest(counts, exposures)).toBeCloseTo(
        expected,
        10,
      );
    },
  );
});

describe('median intervals', () => {
  it.each([
    [5, [1, 5]],
    [6, [1, 6]],
    [9, [2, 8]],
    [15, [4, 12]],
    [100, [40, 61]],
  ])('from the order statistics of %i values', (n, expected) => {
    const values = Array.from({ length: n }, (_, i) => i + 1);
    expect(orderStatisticInterval(values)).toEqual(expected);
  });

  const clustered = (groups: number[][]) => {
    const rows = groups
      .flatMap((values, group) => values.map(value => ({ value, group })))
      .sort((a, b) => a.value - b.value);
    return {
      values: Float64Array.from(rows, r => r.value),
      groups: Int32Array.from(rows, r => r.group),
      groupCount: groups.length,
    };
  };

  it('use the order statistics with one value per deployment', () => {
    expect(medianInterval(clustered([[1], [2], [3], [4], [5], [6]]))).toEqual([
      1, 6,
    ]);
  });

  it('are wider when the commits of a deployment agree than when they are independent', () => {
    const random = seededRandom(7);
    const draw = () => random() * 1000;
    const together = clustered(
      Array.from({ length: 20 }, () => Array(20).fill(draw())),
    );
    const apart = clustered(
      Array.from({ length: 20 }, () => Array.from({ length: 20 }, draw)),
    );
    const width = ([low, high]: [number, number]) => high - low;
    expect(width(medianInterval(together)!)).toBeGreaterThan(
      2 * width(medianInterval(apart)!),
    );
  });

  it('cover the true median about as often as they say', () => {
    const random = seededRandom(11);
    let covered = 0;
    for (let i = 0; i < 200; i++) {
      const [low, high] = medianInterval(
        clustered(
          Array.from({ length: 30 }, () => {
            const base = -Math.log(random());
            return Array.from(
              { length: 1 + Math.floor(random() * 4) },
              () => base,
            );
          }),
        ),
        400,
      )!;
      covered += low <= Math.LN2 && Math.LN2 <= high ? 1 : 0;
    }
    expect(covered / 200).toBeGreaterThan(0.88);
  });

  it('tell two far medians apart, and equal samples not', () => {
    const a = clustered([[1, 2], [2, 3], [1, 3], [2], [3], [1]]);
    const b = clustered([[91, 92], [92, 93], [91, 93], [92], [93], [91]]);
    const resampled = (sample: typeof a, seed: number) =>
      bootstrapMedians(sample, 1_000, seed);
    expect(
      medianDifferenceInterval(resampled(b, 1), resampled(a, 2))[0],
    ).toBeGreaterThan(80);
    const [low, high] = medianDifferenceInterval(
      resampled(a, 1),
      resampled(a, 2),
    );
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(0);
  });

  const sortedResamples = (groups: number[][], times: number) => {
    const random = seededRandom(5);
    return Array.from({ length: times }, () => {
      const resample = groups.flatMap(
        () => groups[Math.floor(random() * groups.length)],
      );
      return percentileOfSorted(ascending(resample), 0.5);
    });
  };

  it('come from resamples whose medians are those of sorting them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 }), {
          minLength: 2,
          maxLength: 60,
        }),
        groups => {
          expect([...bootstrapMedians(clustered(groups), 20, 5)]).toEqual(
            sortedResamples(groups, 20),
          );
        },
      ),
    );
  });

  it.each([100, 101, 499])(
    'come from the same numbers with %s groups, remembered or not',
    count => {
      const random = seededRandom(23);
      const groups = Array.from({ length: count }, () =>
        Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
          Math.floor(random() * 10_000),
        ),
      );
      for (let time = 0; time < 2; time++) {
        expect([...bootstrapMedians(clustered(groups), 30, 5)]).toEqual(
          sortedResamples(groups, 30),
        );
      }
    },
  );

  it('are the same for the same seed after an interval was taken of them, and others for another', () => {
    const random = seededRandom(29);
    const sample = clustered(
      Array.from({ length: 40 }, () => [random(), random()]),
    );
    const before = [...bootstrapMedians(sample, 1_000)];
    medianInterval(sample);
    expect([...bootstrapMedians(sample, 1_000)]).toEqual(before);
    expect([...bootstrapMedians(sample, 1_000, 6)]).not.toEqual(before);
    expect([...bootstrapMedians(sample, 200)]).toEqual(before.slice(0, 200));
  });

  it('are those of resampling where the limit takes its place', () => {
    const random = seededRandom(13);
    for (let time = 0; time < 5; time++) {
      // One group fewer than where the limit begins, so that these are resampled.
      const sample = clustered(
        Array.from({ length: 499 }, () => {
          const pace = Math.exp(10 + 2 * random());
          return Array.from(
            { length: 1 + Math.floor(random() * 6) },
            () => pace * Math.exp(random()),
          );
        }),
      );
      const share = (value: number) =>
        sample.values.filter(other => other <= value).length /
        sample.values.length;
      const drawn = medianInterval(sample, 4_000)!;
      const limit = limitOfSample(sample).interval();
      // Ends are some 3 % of the values away from the median: they agree within a tenth of that.
      expect(Math.abs(share(drawn[0]) - share(limit[0]))).toBeLessThan(0.004);
      expect(Math.abs(share(drawn[1]) - share(limit[1]))).toBeLessThan(0.004);
    }
  });

  it.each([1, 2, 3, 6, 7, 40, 151, 1_200])(
    'of %s independent values are those of resampling them',
    count => {
      const random = seededRandom(31);
      const values = ascending(
        // Whole numbers, of which the middle of two is the same however it is computed.
        Array.from({ length: count }, () => Math.floor(4_000 * random())),
      );
      const times = 4_000;
      const drawn = ascending(
        Array.from(
          { length: times },
          () =>
            percentileOfSorted(
              ascending(
                Array.from(
                  { length: count },
                  () => values[Math.floor(random() * count)],
                ),
              ),
              0.5,
            )!,
        ),
      );
      const direct = ascending(
        independentMedians(count, rank => values[rank], times, 5),
      );
      const upTo = (medians: Float64Array, value: number) =>
        medians.filter(median => median <= value).length / times;
      // Smirnov's test of two samples at one in a thousand: 1.95 √(2 / times).
      const farthest = Math.max(
        ...Array.from({ length: times / 10 }, (_, i) => drawn[i * 10]).map(
          value => Math.abs(upTo(drawn, value) - upTo(direct, value)),
        ),
      );
      expect(farthest).toBeLessThan(1.95 * Math.sqrt(2 / times));
    },
  );

  it('of independent values are the same for the same seed, and others for another', () => {
    const medians = (seed: number) => [
      ...independentMedians(50, rank => rank, 100, seed),
    ];
    expect(medians(5)).toEqual(medians(5));
    expect(medians(5)).not.toEqual(medians(6));
  });

  it('of independent values are none where there are no values', () => {
    expect(independentMedians(0, () => NaN, 100, 5)).toHaveLength(0);
  });

  it('give the same answer every time', () => {
    const sample = clustered([[5, 1], [9, 4, 4], [7], [2, 8]]);
    expect(medianInterval(sample)).toEqual(medianInterval(sample));
    expect(Array.from(ascending([3, 1, 2]))).toEqual([1, 2, 3]);
  });
});
