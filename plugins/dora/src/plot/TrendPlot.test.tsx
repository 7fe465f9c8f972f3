import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { metricsResponse } from '../__testUtils__/responses';
import { describeSeries, otherSeries, plotSeries, positionsIn } from './series';
import { TrendPlot } from './TrendPlot';

const series = plotSeries('changeLeadTime', metricsResponse());

describe('plotSeries', () => {
  it('chooses a unit in which the numbers are small, and leaves gaps as gaps', () => {
    expect(series).toMatchObject({
      kind: 'line',
      unit: 3600,
      yTitle: 'Median lead time, hours',
      xTitle: 'Week from',
    });
    expect(series.points.map(p => p.value)).toEqual([5400, undefined, 10_800]);
  });

  it('names the year on an axis that is longer than one', () => {
    const { window } = metricsResponse();
    const long = plotSeries(
      'changeLeadTime',
      metricsResponse({
        window: { ...window, from: '2025-01-01T00:00:00.000Z' },
      }),
    );
    expect(long.tick(long.points[0])).toMatch(/26/);
    expect(series.tick(series.points[0])).not.toMatch(/26/);
  });

  it('says the plot in a sentence', () => {
    expect(describeSeries(series)).toMatch(
      /^Median lead time over 3 intervals: between 1 h 30 min and 3 h, last 3 h \(.*\); 1 without data\.$/,
    );
    expect(describeSeries({ ...series, points: [] })).toMatch(
      /nothing is known/,
    );
  });
});

describe('positionsIn', () => {
  const positionOf = positionsIn(metricsResponse().series);

  it.each([
    ['2026-01-05T00:00:00Z', 0],
    ['2026-01-08T12:00:00Z', 0.5],
    ['2026-01-12T00:00:00Z', 1],
    ['2026-01-04T23:59:59Z', undefined],
    ['2026-01-26T00:00:00Z', undefined],
  ])('puts %s at %p', (at, position) => {
    expect(positionOf(Date.parse(at))).toBe(position);
  });
});

describe('another period', () => {
  const before = metricsResponse({
    window: {
      ...metricsResponse().window,
      from: '2025-12-15T00:00:00.000Z',
      to: '2026-01-05T00:00:00.000Z',
    },
    series: metricsResponse().series.map(bucket => ({
      ...bucket,
      from: new Date(Date.parse(bucket.from) - 21 * 86_400_000).toISOString(),
      to: new Date(Date.parse(bucket.to) - 21 * 86_400_000).toISOString(),
    })),
  });
  const other = otherSeries(
    'changeLeadTime',
    metricsResponse(),
    before,
    'Period before',
  );

  it('lies on this one from its first day', () => {
    expect(other?.points).toEqual([
      { position: 0.5, value: 5400 },
      { position: 1.5, value: undefined },
      { position: 2.5, value: 10_800 },
    ]);
  });

  it('is drawn dashed, named, told and tabled beside it', async () => {
    const { container } = render(<TrendPlot series={series} other={other} />);
    expect(container.querySelectorAll('path.other')).toHaveLength(2);
    expect(screen.getByText('Period before')).toBeInTheDocument();
    expect(screen.getByRole('img')).toHaveAccessibleName(
      /period before: between 1 h 30 min and 3 h/,
    );
    await userEvent.click(screen.getByText('Show as a table'));
    expect(
      await screen.findByRole('columnheader', { name: 'Period before' }),
    ).toBeInTheDocument();
  });

  it('of which nothing is known is not drawn', () => {
    expect(
      otherSeries(
        'changeLeadTime',
        metricsResponse(),
        { ...before, series: before.series.slice(1, 2) },
        'Before',
      ),
    ).toBeUndefined();
  });

  it('that is longer is cut where this one ends', () => {
    expect(
      otherSeries(
        'changeLeadTime',
        { ...metricsResponse(), series: metricsResponse().series.slice(0, 1) },
        before,
        'Before',
      )?.points,
    ).toHaveLength(1);
  });
});

describe('TrendPlot', () => {
  it('draws a gap as a gap, with the baseline at zero and axis titles', () => {
    const { container } = render(<TrendPlot series={series} />);
    expect(screen.getByRole('img')).toHaveAccessibleName(
      describeSeries(series),
    );
    // Two points that no line joins: the path starts anew after the gap.
    const path = container.querySelector('path.line')!.getAttribute('d')!;
    expect(path.match(/M/g)).toHaveLength(2);
    expect(container.querySelectorAll('circle')).toHaveLength(2);
    expect(screen.getByText('Median lead time, hours')).toBeInTheDocument();
    expect(screen.getByText('Week from')).toBeInTheDocument();
    expect(screen.getByText('0')).toBeInTheDocument();
  });

  it('draws counts as bars from zero', () => {
    const { container } = render(
      <TrendPlot
        series={plotSeries('deploymentFrequency', metricsResponse())}
      />,
    );
    const bars = container.querySelector('path.bar')!.getAttribute('d')!;
    // Left foot, up to the value, across, and down to where it began; nothing for what is zero or not known.
    const feet = [...bars.matchAll(/M[\d.]+,(\d+)V([\d.]+)H[\d.]+V(\d+)Z/g)];
    expect(feet).toHaveLength(2);
    const zero = container.querySelector('line.baseline')!.getAttribute('y1');
    for (const [, from, top, to] of feet) {
      expect([from, to]).toEqual([zero, zero]);
      expect(Number(top)).toBeLessThan(Number(zero));
    }
    expect(container.querySelector('path.partialBar')).toBeNull();
  });

  it('draws bars of buckets that the period cuts apart from the others', () => {
    const frequency = plotSeries('deploymentFrequency', metricsResponse());
    const { container } = render(
      <TrendPlot
        series={{
          ...frequency,
          points: frequency.points.map((point, index) => ({
            ...point,
            value: 2,
            partial: index === 0,
          })),
        }}
      />,
    );
    const shapes = (name: string) =>
      container.querySelector(`path.${name}`)!.getAttribute('d')!.match(/M/g);
    expect(shapes('partialBar')).toHaveLength(1);
    expect(shapes('bar')).toHaveLength(frequency.points.length - 1);
  });

  it('is drawn once, in the width it has', () => {
    jest
      .spyOn(Element.prototype, 'getBoundingClientRect')
      .mockReturnValue({ width: 901.6 } as DOMRect);
    const tick = jest.fn(series.tick);
    render(<TrendPlot series={{ ...series, tick }} />);
    expect(screen.getByRole('img')).toHaveAttribute('viewBox', '0 0 902 190');
    expect(tick).toHaveBeenCalledTimes(series.points.length);
    jest.restoreAllMocks();
  });

  it('marks counts with whole numbers, however small', () => {
    const frequency = plotSeries('deploymentFrequency', metricsResponse());
    render(
      <TrendPlot
        series={{
          ...frequency,
          points: frequency.points.map(point => ({ ...point, value: 2 })),
        }}
      />,
    );
    expect(screen.getByText('2')).toBeInTheDocument();
    expect(screen.queryByText('2.0')).not.toBeInTheDocument();
  });

  it('marks incidents and deployments at their moments', () => {
    const { container } = render(
      <TrendPlot
        series={series}
        marks={{
          incidents: ['2026-01-13T09:00:00Z', '2027-01-01T00:00:00Z'],
          releases: ['2026-01-06T09:00:00Z', '2026-01-20T09:00:00Z'],
        }}
      />,
    );
    // The one in the window and the one in the key.
    expect(container.querySelectorAll('path.incident')).toHaveLength(2);
    expect(
      container.querySelector('path.release')!.getAttribute('d')!.match(/M/g),
    ).toHaveLength(2);
    expect(screen.getByText('Incident')).toBeInTheDocument();
    expect(screen.getByText('Deployment')).toBeInTheDocument();
  });

  it('offers the picture and the numbers as files', async () => {
    render(<TrendPlot series={series} />);
    await userEvent.click(
      screen.getByRole('button', { name: 'Download: Change lead time' }),
    );
    expect(
      (await screen.findAllByRole('menuitem')).map(item => item.textContent),
    ).toEqual(['Picture (PNG)', 'Picture (SVG)', 'Numbers (CSV)']);
  });

  it('gives the same numbers as a table', async () => {
    render(<TrendPlot series={series} />);
    await userEvent.click(screen.getByText('Show as a table'));
    const rows = within(await screen.findByRole('table')).getAllByRole('row');
    expect(rows).toHaveLength(4);
    expect(rows[1]).toHaveTextContent('1 h 30 min1 h 18 min to 1 h 50 min130');
    expect(rows[2]).toHaveTextContent('no data');
  });

  it('draws two years of days without a wait', () => {
    const points = Array.from({ length: 730 }, (_, i) => ({
      from: new Date(Date.UTC(2024, 0, 1 + i)).toISOString(),
      to: new Date(Date.UTC(2024, 0, 2 + i)).toISOString(),
      value: 3600 * (1 + Math.sin(i)),
      low: 1800,
      high: 9000,
    }));
    const { rerender } = render(<TrendPlot series={series} />);
    const started = performance.now();
    rerender(<TrendPlot series={{ ...series, points }} />);
    expect(performance.now() - started).toBeLessThan(400);
  });
});
