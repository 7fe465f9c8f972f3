import { fileName, plotPicture } from './exportPlot';

function plot(inside: string): SVGSVGElement {
  document.body.innerHTML = `
    <style>.line { stroke: rgb(1, 2, 3); fill: none; }</style>
    <svg viewBox="0 0 600 190">${inside}</svg>`;
  return document.querySelector('svg')!;
}

const words = {
  title: 'Change lead time',
  lines: ['Payments', '1 to 31 Jan 2026', 'Definition version 1'],
};

describe('plotPicture', () => {
  it('says what it shows, of what and when, above the plot', () => {
    const { svg, width, height } = plotPicture(plot(''), words);
    expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"');
    for (const text of [words.title, ...words.lines]) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(width).toBe(632);
    expect(height).toBeGreaterThan(190 + 3 * 16);
  });

  it('carries its looks, and needs no style sheet', () => {
    const { svg } = plotPicture(
      plot('<g aria-hidden="true"><path class="line" d="M0,0"/></g>'),
      words,
    );
    expect(svg).toMatch(/<path[^>]*stroke="rgb\(1, 2, 3\)"/);
    expect(svg).not.toMatch(/class=|style=|var\(/);
  });

  it('leaves out what belongs to the pointer', () => {
    const { svg } = plotPicture(
      plot('<line data-only-screen="true" x1="1"/><line x1="2"/>'),
      words,
    );
    expect(svg).not.toContain('x1="1"');
    expect(svg).toContain('x1="2"');
  });

  it('is a document whatever somebody wrote', () => {
    const drawn = plot('<text class="name"></text>');
    drawn.querySelector('.name')!.textContent =
      'Half \ud83d, bell \u0007, escape \u001b[0m, \uffff and \u{1f680}';
    const { svg } = plotPicture(drawn, {
      title: 'Changes\u0000 of\tabc',
      lines: ['check\u000bout\udc00'],
    });
    expect(svg).toContain('>Half , bell , escape [0m,  and \u{1f680}</text>');
    expect(svg).toContain('>Changes of\tabc</text>');
    expect(svg).toContain('>checkout</text>');
    expect(() => encodeURIComponent(svg)).not.toThrow();
    const read = new DOMParser().parseFromString(svg, 'image/svg+xml');
    expect(read.querySelector('parsererror')).toBeNull();
  });

  it('does not run over its edge on a narrow screen', () => {
    const narrow = plot('');
    narrow.setAttribute('viewBox', '0 0 320 190');
    expect(plotPicture(narrow, words).width).toBeGreaterThan(500);
  });
});

it.each([
  ['Change lead time', 'change-lead-time'],
  ['Lead time: Équipe / α', 'lead-time-quipe'],
])('names a file after %s', (title, name) => {
  expect(fileName(title)).toBe(name);
});
