import { toCsv } from './csv';

it.each`
  value           | cell
  ${'plain'}      | ${'plain'}
  ${'a, "b"'}     | ${'"a, ""b"""'}
  ${'two\nlines'} | ${'"two\nlines"'}
  ${'=1+1'}       | ${"'=1+1"}
  ${'@x'}         | ${"'@x"}
  ${'＝1+1'}      | ${"'＝1+1"}
  ${'\n=1+1'}     | ${'"\'\n=1+1"'}
  ${-5}           | ${'-5'}
  ${undefined}    | ${''}
`('writes $value', ({ value, cell }) => {
  expect(toCsv([{ value }], [['value', row => row.value]])).toBe(
    `value\r\n${cell}\r\n`,
  );
});
