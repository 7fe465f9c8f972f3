import { render, screen } from '@testing-library/react';
import { QuickCheckPlot, QuickCheckRow } from './QuickCheckPlot';
import { useWidth } from './useWidth';

jest.mock('./useWidth', () => ({ useWidth: jest.fn() }));

const rows: QuickCheckRow[] = [
  {
    title: 'Change lead time',
    measured: '1 h 30 min; “Less than one day”',
    at: { from: 8, to: 8 },
    average: 5.5,
    standardDeviation: 2.4,
  },
  {
    title: 'Deployment frequency',
    measured:
      '1.4 a day; “Between once per hour and once per day”; “On demand (multiple deploys per day)”',
    at: { from: 8, to: 10 },
    average: 4.8,
    standardDeviation: 2.8,
  },
  {
    title: 'Change fail rate',
    measured: 'no data',
    average: 8.1,
    standardDeviation: 2.1,
  },
];

describe.each([1_000, 300])('on %d pixels', width => {
  it('draws every scale within its edges, none over another', () => {
    jest.mocked(useWidth).mockReturnValue({ ref: { current: null }, width });
    const { container } = render(
      <QuickCheckPlot rows={rows} source="The source" csv={() => []} />,
    );
    const svg = screen.getByRole('img');
    const [, , , height] = svg.getAttribute('viewBox')!.split(' ').map(Number);
    const boxes = [...container.querySelectorAll('rect.scale')].map(rect => ({
      left: Number(rect.getAttribute('x')),
      right:
        Number(rect.getAttribute('x')) + Number(rect.getAttribute('width')),
      top: Number(rect.getAttribute('y')),
    }));
    expect(boxes).toHaveLength(3);
    boxes.forEach(({ left, right, top }, i) => {
      expect(left).toBeGreaterThanOrEqual(0);
      expect(right).toBeLessThanOrEqual(width);
      expect(top).toBeGreaterThan(i === 0 ? 0 : boxes[i - 1].top + 40);
      expect(top).toBeLessThan(height - 60);
    });
    // One in the key, one for each metric with data; a range is longer than a dot.
    const [, exact, range, ...others] = [
      ...container.querySelectorAll('rect.here'),
    ].map(rect => Number(rect.getAttribute('width')));
    expect(exact).toBe(12);
    expect(range).toBeGreaterThan(12);
    expect(others).toEqual([]);
    const texts = [...svg.querySelectorAll('text')].map(t => t.textContent);
    expect(texts).toContain('Here 8 to 10, average 4.8 ± 2.8');
    expect(texts).toContain('average 8.1 ± 2.1');
    expect(svg).toHaveAccessibleName(
      /Deployment frequency: Here 8 to 10.*Change fail rate: no data, average 8\.1/,
    );
  });
});
