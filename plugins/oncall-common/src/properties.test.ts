import { execFile, execFileSync } from 'child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join, resolve } from 'path';
import { promisify } from 'util';

import type {
  PropertyReport,
  PropertyTask,
} from './__testUtils__/runProperties';

/*
 * What docs/on-call.md says must always hold, at random, on machines in several time zones: one process for each, whose TZ is set before it
 * starts. ONCALL_PROPERTY_CASES sets how many cases there are in all; CI runs at least 100,000, others fewer. ONCALL_PROPERTY_SEED repeats a
 * run that failed, together with as many cases as it had: a case that comes later than the last of a shorter run is not tried.
 */
const inCi = !['', '0', 'false'].includes(process.env.CI ?? '');
const cases = Number(
  process.env.ONCALL_PROPERTY_CASES ?? (inCi ? 102_000 : 18_000),
);
const seed = Number(
  process.env.ONCALL_PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31),
);
/** How many processes run at a time. */
const AT_ONCE = 2;
/** How long one of them may take, in milliseconds. */
const LONGEST = 5 * 60_000;
const SAMPLE = { sample: 150, sampleSeed: 20261120 };

/** Zones of the machine: none, whole and half hours, a skipped day, a month of other time, and other time in the past. */
const ZONES = [
  'Etc/UTC',
  'America/Chicago',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Kathmandu',
];
/** Among them moments at which each of the zones is on other time than another day. */
const PROBES = [
  '1985-06-01T00:00:00Z',
  '2010-07-01T00:00:00Z',
  '2024-01-15T00:00:00Z',
  '2024-03-20T00:00:00Z',
  '2024-07-01T00:00:00Z',
].map(text => Date.parse(text));

const folder = mkdtempSync(join(tmpdir(), 'oncall-properties-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One file that Node runs by itself, with the engine and the properties in it. */
function bundle(): string {
  const file = join(folder, 'properties.js');
  execFileSync(
    process.execPath,
    [
      require.resolve('esbuild/bin/esbuild'),
      resolve(__dirname, '__testUtils__/runProperties.ts'),
      '--bundle',
      '--platform=node',
      `--outfile=${file}`,
      '--log-level=error',
    ],
    { stdio: 'pipe' },
  );
  return file;
}

async function runIn(
  zone: string,
  file: string,
  part: Pick<PropertyTask, 'cases' | 'seed' | 'endOnFailure'>,
): Promise<PropertyReport> {
  const task: PropertyTask = { ...part, ...SAMPLE, probes: PROBES };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [file, JSON.stringify(task)],
    {
      env: { ...process.env, TZ: zone },
      maxBuffer: 1e9,
      // An engine that is broken may never come to an end; nothing else would end its process.
      timeout: LONGEST,
      killSignal: 'SIGKILL',
    },
  );
  return JSON.parse(stdout);
}

/** Minutes that the clock of a zone is ahead of UTC, by its name. */
function clockOf(zone: string): number[] {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    timeZoneName: 'longOffset',
  });
  return PROBES.map(probe => {
    const text = format.format(probe).split('GMT')[1];
    const [hours, minutes] = text.split(':').map(Number);
    return text === '' ? 0 : hours * 60 + (hours < 0 ? -1 : 1) * (minutes || 0);
  });
}

/** The failure of a report in words that let it be repeated. */
function failureIn(
  { results }: PropertyReport,
  title: string,
  zone: string,
  run = { cases, seed },
): string | undefined {
  const failure = results.find(result => result.title === title)?.failure;
  return failure === undefined
    ? undefined
    : `“${title}” does not hold on a machine in ${zone}; to repeat it, set ONCALL_PROPERTY_CASES=${run.cases} ONCALL_PROPERTY_SEED=${run.seed}.\n${failure}`;
}

const TITLES = {
  'an unrestricted rotation': [
    'has exactly one person at every instant from its start, in order',
    'turns where the local clock first reaches the handoff',
  ],
  'any schedule': [
    'has shifts that are sorted, not empty, and apart per person and level',
    'agrees with who is on call at every boundary and at random instants',
    'says until when as the shifts do',
    'only cuts shifts where a window is split, and the pieces rejoin',
    'has no gap above an unrestricted rotation, unless somebody is removed',
  ],
};

/** The reports of all zones, a few processes at a time. Each zone has cases of its own. */
async function runEverywhere(
  file: string,
): Promise<Map<string, PropertyReport>> {
  const reports = new Map<string, PropertyReport>();
  const waiting = [...ZONES.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, zone] = next;
      reports.set(
        zone,
        await runIn(zone, file, {
          cases: Math.ceil(cases / ZONES.length),
          seed: seed + index,
          endOnFailure: false,
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return reports;
}

let file: string;
let reports: Map<string, PropertyReport>;
beforeAll(async () => {
  file = bundle();
  reports = await runEverywhere(file);
}, 30 * 60_000);

describe.each(ZONES)('on a machine in %s', zone => {
  it('runs by the clock of that zone, and with cases of its own', () => {
    const { clock, results } = reports.get(zone)!;
    expect(clock).toEqual(clockOf(zone));
    const others = ZONES.filter(other => other !== zone).map(
      other => reports.get(other)!.clock,
    );
    expect(others).not.toContainEqual(clock);
    expect(results.map(({ title }) => title)).toEqual(
      Object.values(TITLES).flat(),
    );
  });

  describe.each(Object.entries(TITLES))('%s', (_, titles) => {
    it.each(titles)('%s', title => {
      const report = reports.get(zone)!;
      expect(failureIn(report, title, zone)).toBeUndefined();
    });
  });
});

it('tries as many cases as it is told to', () => {
  const tried = [...reports.values()]
    .flatMap(({ results }) => results)
    .reduce((sum, result) => sum + result.cases, 0);
  const least =
    inCi && process.env.ONCALL_PROPERTY_CASES === undefined ? 100_000 : 0;
  expect(tried).toBeGreaterThanOrEqual(Math.max(cases, least));
});

it('answers the same whatever the zone of the host', () => {
  const [first, ...others] = ZONES.map(zone => reports.get(zone)!.answers);
  expect(first).toHaveLength(SAMPLE.sample);
  for (const answers of others) {
    expect(answers).toEqual(first);
  }
});

describe('an engine that reads the clock of the machine', () => {
  /** The bundle with the rotation's calendar on local time, as a slip of one word would have it. */
  function broken(): string {
    // The bundle names the file that each of its parts is from.
    const parts = readFileSync(file, 'utf8').split(/^(?=\/\/ \S+\.[jt]s$)/m);
    const slipped = parts.map(part =>
      /^\/\/ \S*src\/rotation\.ts\n/.test(part)
        ? part.replaceAll('.getUTC', '.get')
        : part,
    );
    expect(slipped).not.toEqual(parts);
    const copy = join(folder, 'broken.js');
    writeFileSync(copy, slipped.join(''));
    return copy;
  }

  it('is found out, by its seed and zone, and only where the machine is not in UTC', async () => {
    const copy = broken();
    // Not by chance: the third case of this seed shows the slip, and every one comes to an end.
    const part = { cases: 300, seed: 2, endOnFailure: true };
    const [east, utc] = [
      await runIn('Pacific/Apia', copy, part),
      await runIn('Etc/UTC', copy, part),
    ];
    const found = east.results.find(({ failure }) => failure !== undefined);
    expect(found).toBeDefined();
    const words = failureIn(east, found!.title, 'Pacific/Apia', part);
    expect(words).toContain('on a machine in Pacific/Apia');
    expect(words).toContain(
      'ONCALL_PROPERTY_CASES=300 ONCALL_PROPERTY_SEED=2.',
    );
    expect(words).toContain('seed: 2,');
    expect(utc.results.flatMap(({ failure }) => failure ?? [])).toEqual([]);
    expect(east.answers).not.toEqual(utc.answers);
  }, 600_000);
});
