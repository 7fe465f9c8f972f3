import { readFileSync } from 'fs';
import { resolve } from 'path';

import {
  handoffs,
  shiftsBetween,
  type InstantWindow,
  type RotationUnit,
} from '.';

const text = readFileSync(
  resolve(__dirname, '../../../docs/on-call-conformance.md'),
  'utf8',
);

/** The rows of the table under a heading of the published document, which is the specification these tests run. */
function tableUnder(heading: string): Record<string, string>[] {
  const section = text.split(`\n## ${heading}\n`)[1].split('\n## ')[0];
  const [head, , ...rows] = section
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    );
  return rows.map(row =>
    Object.fromEntries(head.map((name, index) => [name, row[index]])),
  );
}

/** The window a row of either table is about. */
function windowOf(row: Record<string, string>): InstantWindow {
  return { from: row.from, to: row.to };
}

describe('the published table of handoffs', () => {
  const rows = tableUnder('Handoffs');

  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)('$case: $zone, $turns from $start', row => {
    const [length, unit] = row.turns.split(' ');
    const rotation = {
      participants: ['a', 'b', 'c'],
      timeZone: row.zone,
      start: row.start,
      unit: unit as RotationUnit,
      length: Number(length),
    };
    expect(handoffs(rotation, windowOf(row))).toEqual(row.handoffs.split(', '));
  });
});

describe('the published table of restrictions', () => {
  const rows = tableUnder('Restrictions');

  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(10);
  });

  it.each(rows)('$case: $zone, $hours on $weekdays', row => {
    const [from, to] = row.hours.split('–');
    const weekdays =
      row.weekdays === 'all' ? undefined : row.weekdays.split(' ').map(Number);
    const shifts = shiftsBetween(
      {
        timeZone: row.zone,
        levels: [
          {
            layers: [
              {
                rotation: {
                  participants: ['a'],
                  start: '2000-01-01T00:00',
                  unit: 'month',
                  length: 1200,
                  restrictions: [{ weekdays, from, to }],
                },
              },
            ],
          },
        ],
      },
      windowOf(row),
    );
    expect(shifts.map(s => `${s.from}/${s.to}`).join(', ') || 'none').toBe(
      row['on call'],
    );
  });
});

describe('the published table of overrides in local time', () => {
  const rows = tableUnder('Overrides in local time');

  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(5);
  });

  it.each(rows)('$case: $zone, $from to $to', row => {
    const shifts = shiftsBetween(
      {
        timeZone: row.zone,
        levels: [{ layers: [] }],
        overrides: [
          { type: 'add', person: 'a', from: row.from, to: row.to, level: 1 },
        ],
      },
      { from: '2011-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' },
    );
    expect(shifts.map(s => `${s.from}/${s.to}`).join(', ') || 'none').toBe(
      row['on call'],
    );
  });
});

describe('what the definition says', () => {
  const sentences = [
    'Model',
    'Time',
    'History',
    'Providers',
    'Calendars',
    'Must hold, at random',
    'Bad input',
  ].flatMap(heading =>
    text
      .split(`\n### ${heading}\n`)[1]
      .split('\n#')[0]
      .split('\n')
      .filter(line => line.startsWith('| ') && line.includes('`: “'))
      .map(line =>
        line
          .slice(2, -2)
          .split(' | ')
          .map(cell => cell.trim()),
      ),
  );

  it('has rows', () => {
    expect(sentences.length).toBeGreaterThan(60);
  });

  it.each(sentences)('%s', (_, proofs) => {
    const named = [...proofs.matchAll(/`([^`]+)`: “([^”]+)”/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, file, title] of named) {
      expect(readFileSync(resolve(__dirname, '../..', file), 'utf8')).toContain(
        title,
      );
    }
  });
});
