import { readScheduleSource } from '@pavedroad/plugin-oncall-common';

import { shiftOf, ines, nadia, tomas } from '../../__testUtils__/people';
import { changedStretches } from './previewChanges';
import {
  editSource,
  fullUser,
  moveEntry,
  newSource,
  participantEdits,
  readFields,
} from './scheduleDocument';

const source = `# Who is called
apiVersion: pavedroad.dev/v1alpha1
kind: OnCallSchedule
metadata:
  name: pay
spec:
  owner: payments # the team
  timeZone: Europe/Lisbon
  levels:
    - name: Primary # first
      layers:
        - rotation:
            participants:
              - ines # leads
              - tomas
            start: '2026-01-05T09:00' # a Monday
            unit: week
            length: 1
`;
const rotation = 'spec.levels[0].layers[0].rotation';

describe('the form and the YAML', () => {
  it('shows the same schedule', () => {
    expect(readFields(source)).toMatchObject({
      name: 'pay',
      owner: 'payments',
      levels: [
        {
          name: 'Primary',
          layers: [
            {
              kind: 'rotation',
              people: ['ines', 'tomas'],
              start: '2026-01-05T09:00',
              unit: 'week',
              length: 1,
            },
          ],
        },
      ],
    });
    expect(readFields('a: [')).toBeUndefined();
  });

  it.each<[string, { path: string; value: unknown }[], string, string]>([
    [
      'a value',
      [{ path: 'spec.timeZone', value: 'Europe/Berlin' }],
      'timeZone: Europe/Lisbon',
      'timeZone: Europe/Berlin',
    ],
    [
      'a time, in quotes',
      [{ path: `${rotation}.start`, value: '2026-02-02T08:00' }],
      "start: '2026-01-05T09:00' # a Monday",
      "start: '2026-02-02T08:00' # a Monday",
    ],
    [
      'a list, whose entries keep their comments',
      [{ path: `${rotation}.participants`, value: ['nadia', 'ines'] }],
      '- ines # leads\n              - tomas',
      '- nadia\n              - ines # leads',
    ],
    [
      'what is new, times in quotes',
      [
        {
          path: `${rotation}.restrictions`,
          value: [{ weekdays: [1], from: '09:00', to: '17:00' }],
        },
      ],
      '            length: 1\n',
      "            length: 1\n            restrictions:\n              - weekdays:\n                  - 1\n                from: '09:00'\n                to: '17:00'\n",
    ],
    [
      'what goes away',
      [{ path: 'spec.levels[0].name', value: undefined }],
      '    - name: Primary # first\n      layers:',
      '    - layers:',
    ],
  ])('keeps everything but %s', (_, edits, before, after) => {
    expect(source).toContain(before);
    expect(editSource(source, edits)).toBe(source.replace(before, after));
  });

  it.each(['[1, 2, 3]', '[ 1, 2, 3 ]'])(
    'leaves the blanks of a list in one line as they are: %s',
    list => {
      const text = source.replace('length: 1\n', `length: 1 # ${list}\n`);
      const spaced = text.replace(
        'levels:\n',
        `annotated: ${list}\n  levels:\n`,
      );
      expect(
        editSource(spaced, [{ path: 'spec.timeZone', value: 'Etc/UTC' }]),
      ).toBe(spaced.replace('Europe/Lisbon', 'Etc/UTC'));
    },
  );

  it('moves entries, and leaves what is no YAML alone', () => {
    expect(moveEntry(source, `${rotation}.participants`, 0, 1)).toContain(
      '- tomas\n              - ines # leads',
    );
    expect(moveEntry(source, `${rotation}.participants`, 0, 2)).toBe(source);
    expect(editSource('a: [', [{ path: 'a', value: 1 }])).toBe('a: [');
  });

  it('keeps today’s person when somebody is added in front', () => {
    const { schedule } = readScheduleSource(source);
    const at = Date.parse('2026-01-06T12:00Z');
    const change = (keep: boolean) =>
      participantEdits({
        schedule,
        level: 0,
        layer: 0,
        participants: ['nadia', 'ines', 'tomas'],
        keep,
        at,
      });
    expect(change(true)).toEqual({
      kept: true,
      edits: [
        expect.objectContaining({ path: `${rotation}.participants` }),
        { path: `${rotation}.start`, value: '2025-12-29T09:00' },
      ],
    });
    expect(change(false).edits).toHaveLength(1);
  });

  it('starts a new schedule that is valid', () => {
    const text = newSource({
      name: 'card-payments',
      owner: 'group:default/payments',
      timeZone: 'Europe/Lisbon',
      participants: ['user:default/ines'],
      start: '2026-11-23T09:00',
    });
    expect(readScheduleSource(text).problems).toEqual([]);
    expect(text).toContain('title: Card payments on call');
    expect(text).toContain("start: '2026-11-23T09:00'");
  });

  it.each([
    ['ines', 'user:default/ines'],
    ['user:Ines', 'user:default/ines'],
    ['user:other/ines', 'user:other/ines'],
  ])('takes %s for %s', (text, ref) => {
    expect(fullUser(text)).toBe(ref);
  });
});

describe('what changes for whom', () => {
  const window = (from: number, to: number) => {
    const whole = shiftOf(ines, from, to);
    return { from: Date.parse(whole.from), to: Date.parse(whole.to) };
  };
  const days = (stretches: ReturnType<typeof changedStretches>, from: number) =>
    stretches.map(s => [
      s.level,
      (s.from - from) / 86_400_000,
      (s.to - from) / 86_400_000,
      s.before.map(p => p.displayName).join(),
      s.after.map(p => p.displayName).join(),
    ]);

  it('is told in stretches, joined over handoffs that do not matter', () => {
    const span = window(0, 28);
    expect(
      days(
        changedStretches(
          [shiftOf(ines, 0, 7), shiftOf(tomas, 7, 14), shiftOf(tomas, 14, 28)],
          [shiftOf(ines, 0, 7), shiftOf(nadia, 7, 21), shiftOf(tomas, 21, 28)],
          span,
        ),
        span.from,
      ),
    ).toEqual([[1, 7, 21, tomas.displayName, nadia.displayName]]);
  });

  it('tells of gaps, of new levels and of people beside each other', () => {
    const span = window(0, 14);
    expect(
      days(
        changedStretches(
          [shiftOf(ines, 0, 14), shiftOf(tomas, 0, 14)],
          [
            shiftOf(tomas, 0, 14),
            shiftOf(ines, 0, 7),
            shiftOf(nadia, 3, 14, 2),
          ],
          span,
        ),
        span.from,
      ),
    ).toEqual([
      [2, 3, 14, '', nadia.displayName],
      [1, 7, 14, `${ines.displayName},${tomas.displayName}`, tomas.displayName],
    ]);
  });
});
