import fs from 'node:fs';
import path from 'node:path';
import { darkColours, lightColours } from './palette';

/** Relative luminance of a #rrggbb colour, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map(start => {
    const channel = parseInt(colour.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045
      ? channel / 12.92
      : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

it('computes contrast as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

describe.each([
  ['light', lightColours],
  ['dark', darkColours],
])('%s theme', (_, colours) => {
  it.each`
    text            | ground         | least
    ${'text'}       | ${'ground'}    | ${7}
    ${'text'}       | ${'surface'}   | ${7}
    ${'textSubtle'} | ${'ground'}    | ${4.5}
    ${'textSubtle'} | ${'surface'}   | ${4.5}
    ${'link'}       | ${'ground'}    | ${4.5}
    ${'link'}       | ${'surface'}   | ${4.5}
    ${'linkHover'}  | ${'surface'}   | ${4.5}
    ${'accent'}     | ${'surface'}   | ${4.5}
    ${'onAccent'}   | ${'accent'}    | ${4.5}
    ${'navText'}    | ${'navGround'} | ${4.5}
    ${'navText'}    | ${'navHover'}  | ${4.5}
    ${'ok'}         | ${'surface'}   | ${4.5}
    ${'warning'}    | ${'surface'}   | ${4.5}
    ${'error'}      | ${'surface'}   | ${4.5}
    ${'running'}    | ${'surface'}   | ${4.5}
    ${'pending'}    | ${'surface'}   | ${4.5}
    ${'aborted'}    | ${'surface'}   | ${4.5}
  `(
    '$text on $ground is readable',
    ({
      text,
      ground,
      least,
    }: {
      text: keyof typeof colours;
      ground: keyof typeof colours;
      least: number;
    }) => {
      expect(contrast(colours[text], colours[ground])).toBeGreaterThanOrEqual(
        least,
      );
    },
  );
});

it('gives Backstage UI the same colours', () => {
  const css = fs.readFileSync(path.join(__dirname, 'tokens.css'), 'utf8');
  const [light, dark] = css.split("[data-theme-mode='dark']");
  for (const [block, colours] of [
    [light, lightColours],
    [dark, darkColours],
  ] as const) {
    expect(block).toContain(`--bui-bg-app: ${colours.ground}`);
    expect(block).toContain(`--bui-bg-neutral-1: ${colours.surface}`);
    expect(block).toContain(`--bui-fg-primary: ${colours.text}`);
    expect(block).toContain(`--bui-fg-secondary: ${colours.textSubtle}`);
    expect(block).toContain(`--bui-accent-bg: ${colours.accent}`);
    for (const [status, colour] of [
      ['success', colours.ok],
      ['warning', colours.warning],
      ['danger', colours.error],
      ['info', colours.running],
    ]) {
      expect(block).toContain(`--bui-fg-${status}: ${colour}`);
    }
  }
});
