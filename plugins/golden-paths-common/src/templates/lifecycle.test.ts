import { isDay, templateLifecycle } from './lifecycle';

const of = (annotations?: Record<string, string>) =>
  templateLifecycle({ metadata: { annotations } });

describe('templateLifecycle', () => {
  it('reads channel, successor and last day', () => {
    expect(
      of({
        'pavedroad.dev/channel': 'deprecated',
        'pavedroad.dev/successor': 'template:default/typescript-service',
        'pavedroad.dev/ends': '2027-03-31',
      }),
    ).toEqual({
      channel: 'deprecated',
      successor: 'template:default/typescript-service',
      ends: '2027-03-31',
    });
  });

  it('leaves out what it is not', () => {
    expect(of()).toEqual({});
    expect(
      of({
        'pavedroad.dev/channel': 'retired',
        'pavedroad.dev/successor': 'https://example.com',
        'pavedroad.dev/ends': 'soon',
      }),
    ).toEqual({});
  });
});

it.each([
  ['2027-03-31', true],
  ['2028-02-29', true],
  ['2027-02-29', false],
  ['2027-3-31', false],
  ['31.03.2027', false],
  ['', false],
])('%s is a day: %s', (text, day) => {
  expect(isDay(text)).toBe(day);
});
