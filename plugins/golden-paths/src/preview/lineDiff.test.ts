import { lineDiff } from './lineDiff';

const SIGN = { same: ' ', added: '+', removed: '-', gap: '…' };
const shown = (before: string[], after: string[]) =>
  lineDiff(before.join('\n'), after.join('\n')).map(
    ({ kind, text }) => `${SIGN[kind]}${text}`,
  );

describe('lineDiff', () => {
  it.each<[string, string[], string[], string[]]>([
    ['a line added', ['a', 'c'], ['a', 'b', 'c'], [' a', '+b', ' c']],
    ['a line removed', ['a', 'b', 'c'], ['a', 'c'], [' a', '-b', ' c']],
    ['a line changed', ['a', 'b'], ['a', 'x'], [' a', '-b', '+x']],
    [
      'two changes',
      ['a', 'b', 'c'],
      ['x', 'b', 'y'],
      ['-a', '+x', ' b', '-c', '+y'],
    ],
    ['everything new', [], ['a'], ['+a']],
    ['nothing left', ['a'], [], ['-a']],
  ])('shows %s', (_, before, after, wanted) => {
    expect(shown(before, after)).toEqual(wanted);
  });

  it('leaves out what is far from a change', () => {
    const lines = Array.from({ length: 20 }, (_, i) => String(i));
    expect(
      shown(
        lines,
        lines.map(l => (l === '10' ? 'ten' : l)),
      ),
    ).toEqual(['…', ' 7', ' 8', ' 9', '-10', '+ten', ' 11', ' 12', ' 13', '…']);
    expect(shown(lines, lines)).toEqual(['…']);
  });

  it('does not take long for long files', () => {
    const one = Array.from({ length: 5_000 }, (_, i) => `a${i}`);
    const other = Array.from({ length: 5_000 }, (_, i) => `b${i}`);
    expect(shown(one, other)).toHaveLength(10_000);
  });
});
