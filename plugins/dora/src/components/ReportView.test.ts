import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cssString } from './ReportView';

it.each([
  ['payments (group); 1 Jan 2026', '"payments (group); 1 Jan 2026"'],
  ['"} body { display: none', '"\\22 } body { display: none"'],
  ['</style><script>', '"\\3c /style>\\3c script>"'],
  ['a\nb\\c', '"a\\a b\\5c c"'],
])('keeps %j inside its string', (text, expected) => {
  expect(cssString(text)).toBe(expected);
});

const printed = (file: string) => {
  const styles = readFileSync(join(__dirname, file), 'utf8');
  return styles.slice(styles.indexOf('@media print'));
};

it('prints plots as high as they are in the column, and headings with what they head', () => {
  expect(printed('../plot/plot.module.css')).toMatch(
    /\.svg \{\s*height: auto;/,
  );
  expect(printed('ReportView.module.css')).toMatch(
    /\.headed,[^{]*\.table tbody tr:nth-child\(-n \+ 2\) \{\s*break-after: avoid;/,
  );
  expect(printed('ReportView.module.css')).toMatch(
    /tr:last-child \{\s*break-before: avoid;/,
  );
  expect(printed('ReportView.module.css')).toMatch(
    /\.report ul,\s*\.report dl > div \{\s*break-inside: avoid;/,
  );
});

it.each(['danger', 'warning', 'info'])(
  'prints badges of %s in the colours of paper, whatever the screen is',
  level => {
    const print = printed('ReportView.module.css');
    const brightness = (token: string) => {
      const [, colour] = print.match(new RegExp(`${token}: #([0-9a-f]{6});`))!;
      const parts = colour.match(/../g)!.map(part => parseInt(part, 16));
      return parts.reduce((sum, part) => sum + part, 0) / 3;
    };
    expect(brightness(`--bui-bg-${level}`)).toBeGreaterThan(200);
    expect(brightness(`--bui-fg-${level}-on-bg`)).toBeLessThan(110);
  },
);
