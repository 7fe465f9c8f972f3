import {
  appendDocument,
  mentionsOf,
  readScheduleSource,
  sliceSchedule,
} from '.';

const good = `# Who is called
apiVersion: pavedroad.dev/v1alpha1
kind: OnCallSchedule
metadata:
  name: payments
  title: Payments on call
spec:
  owner: group:default/payments
  timeZone: Europe/Lisbon
  levels:
    - name: Primary
      layers:
        - rotation:
            participants:
              - user:default/ines # leads
              - tomas
            start: '2026-01-05T09:00'
            unit: week
            length: 1
    - layers:
        - people: [marcus]
        - schedule: platform
`;

describe('the source of a schedule', () => {
  it('is read with its ref, owner and spec', () => {
    const reading = readScheduleSource(good);
    expect(reading.problems).toEqual([]);
    expect(reading).toMatchObject({
      scheduleRef: 'oncallschedule:default/payments',
      title: 'Payments on call',
      ownerRef: 'group:default/payments',
      schedule: { timeZone: 'Europe/Lisbon' },
    });
    expect(
      mentionsOf(reading.schedule!).map(m => [
        m.ref,
        reading.positionOf(m.path).line,
      ]),
    ).toEqual([
      ['user:default/ines', 15],
      ['user:default/tomas', 16],
      ['user:default/marcus', 21],
      ['oncallschedule:default/platform', 22],
    ]);
  });

  it.each([
    ['flow lists', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['flow lists that do not end', '['.repeat(40_000)],
    ['flow objects', `${'{a: '.repeat(15_000)}1${'}'.repeat(15_000)}`],
    ['block lists', `${'- '.repeat(40_000)}a`],
    ['keys of keys', '? '.repeat(40_000)],
    ['a spec', good.replace('[marcus]', `${'['.repeat(60)}${']'.repeat(60)}`)],
  ])('is refused, not followed, when %s go too deep', (_, text) => {
    expect(readScheduleSource(text).problems).toEqual([
      expect.objectContaining({
        severity: 'error',
        message: expect.stringContaining('within one another'),
      }),
    ]);
  });

  it.each<[string, string, string, number, number, RegExp]>([
    ['an unknown zone', 'Europe/Lisbon', 'Europe/Lissabon', 9, 13, /IANA/],
    ['a length of zero', 'length: 1', 'length: 0', 19, 21, /whole number/],
    [
      'a start with an offset',
      "09:00'",
      "09:00Z'",
      17,
      20,
      /without an offset/,
    ],
    ['no person', '- tomas', '- group:default/x', 16, 17, /must be a user/],
    [
      'a missing key: the object it is missing from',
      "            start: '2026-01-05T09:00'\n",
      '',
      13,
      11,
      /start.*|missing/,
    ],
    [
      'a key that is not known',
      'length: 1',
      'length: 1\n            lenght: 1',
      20,
      21,
      /is not known here/,
    ],
    [
      'two kinds of layer',
      'people: [marcus]',
      'people: [marcus]\n          schedule: x',
      21,
      11,
      /exactly one/,
    ],
    [
      'no owner',
      '  owner: group:default/payments\n',
      '',
      7,
      1,
      /must be a group/,
    ],
    [
      'another kind',
      'kind: OnCallSchedule',
      'kind: Component',
      3,
      7,
      /must be OnCallSchedule/,
    ],
    [
      'a name with a space',
      'name: payments',
      'name: pay ments',
      5,
      9,
      /letters, digits/,
    ],
    ['another version', 'v1alpha1', 'v2', 2, 13, /v1alpha1/],
    [
      'an override that overlaps another: itself',
      '        - schedule: platform\n',
      `        - schedule: platform
  overrides:
    - { type: remove, person: tomas, from: '2026-12-24T09:00', to: '2026-12-27T09:00' }
    - type: replace
      person: tomas
      with: marcus
      from: '2026-12-26T09:00'
      to: '2026-12-28T09:00'
`,
      25,
      7,
      /^overlaps overrides\[0\], from 2026-12-24T09:00 to 2026-12-27T09:00/,
    ],
  ])('points at %s', (_, text, replaced, line, column, message) => {
    const [problem] = readScheduleSource(good.replace(text, replaced)).problems;
    expect(problem).toMatchObject({ severity: 'error', line, column });
    expect(problem.message).toMatch(message);
  });

  it.each<[string, string, number, RegExp]>([
    ['a tab', good.replace('  levels:', '\tlevels:'), 10, /tab/i],
    [
      'a key that is there twice',
      good.replace('kind:', 'kind: X\nkind:'),
      4,
      /unique/i,
    ],
    ['nothing', '# nothing\n', 1, /nothing here/],
    ['several documents', `${good}---\n${good}`, 1, /2 documents/],
    ['a list', '- a\n', 1, /no object/],
    ['too much', `# ${'x'.repeat(100_000)}`, 1, /longer than/],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n`,
      1,
      /alias/i,
    ],
  ])('says where YAML itself is wrong: %s', (_, text, line, message) => {
    const { problems, schedule } = readScheduleSource(text);
    expect(problems[0]).toMatchObject({
      severity: 'error',
      line,
      message: expect.stringMatching(message),
    });
    expect(schedule).toBeUndefined();
  });
});

describe('a file of several documents', () => {
  const other = good.replace('name: payments', 'name: platform');
  const file = `# Head\n---\n${good}--- # next\n${other}`;

  it('is cut at a schedule so that the others stay as they are', () => {
    const slice = sliceSchedule(file, 'oncallschedule:default/platform');
    expect(slice?.text).toBe(other);
    expect(`${slice?.before}X${slice?.after}`).toBe(
      `# Head\n---\n${good}--- # next\nX`,
    );
    const first = sliceSchedule(file, 'oncallschedule:default/payments');
    expect(first?.text).toBe(good);
    expect(first?.after).toBe(`--- # next\n${other}`);
  });

  it('is not cut where it does not hold the schedule or cannot be', () => {
    expect(sliceSchedule(file, 'oncallschedule:default/x')).toBeUndefined();
    expect(
      sliceSchedule('--- {a: 1}\n', 'oncallschedule:default/x'),
    ).toBeUndefined();
  });

  it('takes another document at its end', () => {
    expect(appendDocument('a: 1', 'b: 2\n')).toBe('a: 1\n---\nb: 2\n');
    expect(appendDocument('', 'b: 2\n')).toBe('b: 2\n');
  });
});
