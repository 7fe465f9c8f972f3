import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import oncall from '@pavedroad/plugin-oncall-backend';
import {
  shiftsBetween,
  type OnCallSchedule,
} from '@pavedroad/plugin-oncall-common';
import { spawn } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

import {
  Benchmark,
  numberOption,
  quantile,
  round,
  type BenchmarkContext,
} from './benchmark';
import { withDatabase } from './database';

const DAY = 86_400_000;
const ZONES = [
  'Europe/Lisbon',
  'America/Chicago',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
];

const agent = new http.Agent({ keepAlive: true });

/** What one repeated measurement took, in milliseconds: by the clock, and of processor time, which other programs do not stretch. */
type Timing = { clock: number[]; cpu: number[] };

async function measure(
  rounds: number,
  work: (round: number) => Promise<void> | void,
): Promise<Timing> {
  const timing: Timing = { clock: [], cpu: [] };
  // A server that runs is warm.
  for (let number = 0; number < Math.ceil(rounds / 4); number++) {
    await work(rounds + number);
  }
  for (let number = 0; number < rounds; number++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    await work(number);
    timing.clock.push(performance.now() - start);
    const { user, system } = process.cpuUsage(cpu);
    timing.cpu.push((user + system) / 1000);
  }
  return timing;
}

function figures({ clock, cpu }: Timing) {
  return {
    p50Milliseconds: round(quantile(clock, 0.5), 2),
    p95Milliseconds: round(quantile(clock, 0.95), 2),
    p50CpuMilliseconds: round(quantile(cpu, 0.5), 2),
    p95CpuMilliseconds: round(quantile(cpu, 0.95), 2),
  };
}

function spec(index: number): Record<string, unknown> {
  const person = (offset: number) =>
    `user:default/person-${(index * 3 + offset) % 1500}`;
  return {
    owner: `group:default/team-${index}`,
    timeZone: ZONES[index % ZONES.length],
    levels: [
      {
        name: 'Primary',
        layers: [
          {
            rotation: {
              participants: [0, 1, 2, 3, 4, 5].map(person),
              start: '2024-01-01T09:00',
              unit: 'week',
              length: 1,
            },
          },
          {
            rotation: {
              participants: [2, 3, 4].map(person),
              start: '2024-01-01T09:00',
              unit: 'day',
              length: 1,
              restrictions: [
                { weekdays: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' },
              ],
            },
          },
        ],
      },
      { name: 'Lead', layers: [{ people: [person(7)] }] },
    ],
  };
}

function organisation(services: number, schedules: number): Entity[] {
  const entity = (
    kind: string,
    name: string,
    content: Record<string, unknown>,
  ): Entity => ({
    apiVersion:
      kind === 'OnCallSchedule'
        ? 'pavedroad.dev/v1alpha1'
        : 'backstage.io/v1alpha1',
    kind,
    metadata: { name, namespace: 'default' },
    spec: content as Entity['spec'],
  });
  const several = (count: number, make: (index: number) => Entity) =>
    Array.from({ length: count }, (_, index) => make(index));
  return [
    ...several(1500, index =>
      entity('User', `person-${index}`, {
        profile: { displayName: `Person ${index}` },
        memberOf: [`team-${Math.floor(index / 3)}`],
      }),
    ),
    ...several(schedules, index =>
      entity('Group', `team-${index}`, { type: 'team', children: [] }),
    ),
    ...several(schedules, index =>
      entity('OnCallSchedule', `schedule-${index}`, spec(index)),
    ),
    ...several(services, index =>
      entity('Component', `service-${index}`, {
        type: 'service',
        owner: `team-${index % schedules}`,
      }),
    ),
  ];
}

/** Reads answers to their end and forgets them, in a process of its own: its garbage would otherwise be cleared away in the portal's time. */
const CLIENT = `
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true });
process.on('message', ({ id, options }) => {
  http.get({ ...options, agent }, response => {
    response.on('data', () => {});
    response.on('end', () => process.send({ id, status: response.statusCode }));
  }).on('error', error => process.send({ id, status: String(error) }));
});
process.on('disconnect', () => process.exit());
`;

function startClient(port: number, headers: Record<string, string>) {
  const child = spawn(process.execPath, ['-e', CLIENT], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, (status: number | string) => void>();
  child.on('message', ({ id, status }: { id: number; status: number }) => {
    waiting.get(id)?.(status);
    waiting.delete(id);
  });
  let asked = 0;
  return {
    async drain(path: string) {
      asked += 1;
      const id = asked;
      const status = await new Promise(resolve => {
        waiting.set(id, resolve);
        child.send({ id, options: { port, path, headers } });
      });
      if (status !== 200) {
        throw new Error(`${path}: ${status}`);
      }
    },
    stop: () => child.disconnect(),
  };
}

async function onPortal<T>(
  context: BenchmarkContext,
  size: { services: number; schedules: number },
  run: (
    get: (path: string) => Promise<string>,
    /** As `get`, by a client of its own: what it does with the answer is not the portal's. */
    drain: (path: string) => Promise<void>,
  ) => Promise<T>,
  settings: JsonObject = {},
): Promise<T> {
  return await withDatabase(async knex => {
    const backend = await startTestBackend({
      features: [
        oncall,
        catalogServiceMock.factory({
          entities: organisation(size.services, size.schedules),
        }),
        mockServices.database.factory({ knex }),
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: 'http://localhost:3000' },
            backend: { baseUrl: 'http://localhost:7160' },
            oncall: { catalogRefresh: '1h', ...settings },
          },
        }),
      ],
    });
    const { port } = backend.server.address() as AddressInfo;
    const headers = { authorization: mockCredentials.user.header() };
    const get = (path: string) =>
      new Promise<string>((resolve, reject) => {
        http
          .get(
            { port, path: `/api/oncall${path}`, agent, headers },
            response => {
              const parts: Buffer[] = [];
              response.on('data', part => parts.push(part));
              response.on('end', () => {
                const text = Buffer.concat(parts).toString('utf8');
                if (response.statusCode === 200) {
                  resolve(text);
                } else {
                  reject(new Error(`${path}: ${response.statusCode} ${text}`));
                }
              });
            },
          )
          .on('error', reject);
      });
    const client = startClient(port, headers);
    try {
      await get('/now');
      context.note('loaded');
      return await run(get, path => client.drain(`/api/oncall${path}`));
    } finally {
      client.stop();
      await backend.stop();
    }
  });
}

/**
 * Who is on call now for every service, in one request. Target: 100 ms at p95 for 5,000 services with 500 schedules.
 *
 * Options: --services, --schedules, --rounds.
 */
export const oncallNow: Benchmark = async context => {
  const size = {
    services: numberOption(context, 'services', 5_000),
    schedules: numberOption(context, 'schedules', 500),
  };
  const rounds = numberOption(context, 'rounds', 100);
  const start = Date.now();
  const whole = '/now?services=true';
  const measured = await onPortal(context, size, async (get, drain) => {
    const text = await get(whole);
    const { totals } = JSON.parse(text);
    if (totals.full !== size.services) {
      throw new Error(
        `Of ${size.services} services ${totals.full} are covered`,
      );
    }
    return {
      answerKilobytes: round(text.length / 1000, 0),
      again: figures(
        await measure(rounds, async () => {
          await drain(whole);
        }),
      ),
      // Every instant is another one, so nothing that was worked out before helps but where nothing changed in between.
      otherInstants: figures(
        await measure(rounds, async number => {
          const at = new Date(start + number * DAY).toISOString();
          await drain(`${whole}&at=${at}`);
        }),
      ),
      withoutServices: figures(
        await measure(rounds, async () => {
          await drain('/now');
        }),
      ),
    };
  });
  context.note('while the catalog is read');
  const whileRead = await onPortal(
    context,
    size,
    async (_, drain) =>
      figures(
        await measure(rounds, async () => {
          await drain(whole);
        }),
      ),
    // In use it is read every half minute; here all the time.
    { catalogRefresh: { milliseconds: 1 } },
  );
  context.note('names hidden');
  const hidden = await onPortal(
    context,
    size,
    async (_, drain) =>
      figures(
        await measure(rounds, async () => {
          await drain(whole);
        }),
      ),
    { privacy: { hideNamesFromNonMembers: true } },
  );
  return {
    ...size,
    ...measured,
    whileTheCatalogIsRead: whileRead,
    namesHidden: hidden,
    targetMilliseconds: 100,
  };
};

/**
 * A year of shifts of a schedule with three layers and 200 overrides, in the engine alone. Target: 20 ms.
 *
 * Options: --overrides, --rounds.
 */
export const oncallEngine: Benchmark = async context => {
  const overrides = numberOption(context, 'overrides', 200);
  const rounds = numberOption(context, 'rounds', 100);
  const results: Record<string, unknown> = {};
  for (const timeZone of ZONES) {
    const people = ['a', 'b', 'c', 'd', 'e'];
    const year = Date.parse('2026-01-01T00:00:00Z');
    const schedule: OnCallSchedule = {
      timeZone,
      levels: [
        {
          layers: [
            {
              rotation: {
                participants: people,
                start: '2020-01-06T09:00',
                unit: 'week',
                length: 1,
              },
            },
            {
              rotation: {
                participants: people,
                start: '2020-01-06T09:00',
                unit: 'day',
                length: 1,
                restrictions: [
                  { weekdays: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' },
                ],
              },
            },
            {
              rotation: {
                participants: people,
                start: '2020-01-06T18:00',
                unit: 'hour',
                length: 12,
                restrictions: [
                  { weekdays: [6, 7], from: '20:00', to: '08:00' },
                ],
              },
            },
          ],
        },
      ],
      overrides: Array.from({ length: overrides }, (_, index) => ({
        type: (['replace', 'add', 'remove'] as const)[index % 3],
        person: people[index % people.length],
        ...(index % 3 === 0
          ? { with: people[(index + 1) % people.length] }
          : {}),
        from: new Date(year + index * 1.8 * DAY).toISOString(),
        to: new Date(year + (index * 1.8 + 1.5) * DAY).toISOString(),
        createdAt: new Date(year - index * 1000).toISOString(),
      })),
    };
    let shifts = 0;
    const timing = await measure(rounds, () => {
      shifts = shiftsBetween(schedule, {
        from: '2026-01-01T00:00:00Z',
        to: '2027-01-01T00:00:00Z',
      }).length;
    });
    results[timeZone] = { shifts, ...figures(timing) };
  }
  return { overrides, ...results, targetMilliseconds: 20 };
};

/**
 * The timeline of many schedules over a month, by the API. Target: 150 ms for 50 schedules.
 *
 * Options: --schedules, --rounds.
 */
export const oncallTimeline: Benchmark = async context => {
  const schedules = numberOption(context, 'schedules', 50);
  const rounds = numberOption(context, 'rounds', 100);
  return await onPortal(context, { services: 500, schedules }, async get => {
    const now = Date.now();
    const ask = (from: number) =>
      get(
        `/timeline?limit=${Math.min(schedules, 100)}&from=${new Date(
          from,
        ).toISOString()}&to=${new Date(from + 31 * DAY).toISOString()}`,
      );
    const text = await ask(now + DAY);
    return {
      schedules,
      answerKilobytes: round(text.length / 1000, 0),
      ahead: figures(
        await measure(rounds, async number => {
          await ask(now + (number + 1) * DAY);
        }),
      ),
      // A part of it is past, which is worked out from the versions in force then.
      aroundNow: figures(
        await measure(rounds, async number => {
          await ask(now - 15 * DAY + number * 1000);
        }),
      ),
      targetMilliseconds: 150,
    };
  });
};
