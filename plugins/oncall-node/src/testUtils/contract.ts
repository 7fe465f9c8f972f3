import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import type { Entity } from '@backstage/catalog-model';

import type { OnCallProvider, ProviderAnswer } from '../OnCallProvider';
import type { FakeServer } from './FakeServer';

/** A provider, and what it must answer. */
export type ContractSubject = {
  provider: OnCallProvider;
  /** Annotated with a schedule that there is. */
  entity: Entity;
  /** The annotation by which it names it. */
  annotation: string;
  /** Annotated with a schedule that there is not. */
  unknown: Entity;
  at: string;
  /** The answer at that instant. */
  expected: ProviderAnswer;
  /** In which the schedule has several shifts. */
  window: { from: string; to: string };
};

/** A provider asked by HTTP. */
export type HttpContractSubject = ContractSubject & {
  /** The server of the default account. */
  server: FakeServer;
  /** The entity in the account `other`, whose server is the second. */
  otherEntity: Entity;
  otherServer: FakeServer;
  /** Annotated with an account that there is not. */
  strangeEntity: Entity;
  /** Credentials of both accounts. */
  secrets: string[];
  /** A new provider that has asked nothing yet, for both servers, with a timeout of 500 ms. */
  create: () => OnCallProvider;
};

/** One rule of the contract. It rejects when the rule is broken. */
export type ContractRule = { name: string; check: () => Promise<void> };

const OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)$/;
const PERSON = /^(user:[^/\s]+\/\S+|mailto:[^\s@]+@[^\s@]+|[a-z]+:\S+)$/;

/** What every provider must do, the portal's own schedules too. */
export function providerContract(
  subject: () => ContractSubject,
): ContractRule[] {
  const idOf = (entity: Entity) => subject().provider.match(entity)!.scheduleId;
  return [
    {
      name: 'finds the schedule an entity names, and none where it names none',
      check: async () => {
        const { provider, entity, annotation } = subject();
        strictEqual(provider.match(entity)?.annotation, annotation);
        strictEqual(provider.match(withAnnotations(entity, {})), undefined);
        strictEqual(
          provider.match(withAnnotations(entity, { [annotation]: ' ' })),
          undefined,
        );
      },
    },
    {
      name: 'answers who is on call on every level, until when, and who is next',
      check: async () => {
        const { provider, entity, at, expected } = subject();
        deepStrictEqual(await provider.onCallAt(idOf(entity), at), expected);
      },
    },
    {
      name: 'counts levels from 1, writes instants with an offset, and looks ahead only',
      check: async () => {
        const { provider, entity, at } = subject();
        const answer = await provider.onCallAt(idOf(entity), at);
        ok(answer && answer.levels.length > 0);
        answer.levels.forEach(({ level, people, until, next }, index) => {
          strictEqual(level, index + 1);
          for (const person of people) {
            ok(PERSON.test(person.person), person.person);
          }
          const refs = people.map(p => p.person);
          strictEqual(new Set(refs).size, refs.length);
          for (const instant of [
            until,
            next?.from,
            ...people.map(p => p.until),
          ]) {
            if (instant !== undefined) {
              ok(OFFSET.test(instant), instant);
              ok(Date.parse(instant) > Date.parse(at));
            }
          }
          if (next) {
            ok(until && Date.parse(next.from) >= Date.parse(until));
            ok(next.people.length > 0);
          }
        });
      },
    },
    {
      name: 'has nothing to say of a schedule there is not',
      check: async () => {
        const { provider, unknown, at, window } = subject();
        const id = idOf(unknown);
        strictEqual(await provider.onCallAt(id, at), undefined);
        strictEqual(await provider.shiftsBetween(id, window), undefined);
      },
    },
    {
      name: 'cuts shifts to the window, sorted and not empty',
      check: async () => {
        const { provider, entity, window } = subject();
        const shifts = await provider.shiftsBetween(idOf(entity), window);
        ok(shifts && shifts.length > 1);
        shifts.forEach((shift, index) => {
          ok(OFFSET.test(shift.from) && OFFSET.test(shift.to));
          const [from, to] = [shift.from, shift.to].map(Date.parse);
          ok(from < to);
          ok(from >= Date.parse(window.from) && to <= Date.parse(window.to));
          ok(index === 0 || Date.parse(shifts[index - 1].from) <= from);
        });
      },
    },
    {
      name: 'agrees with its shifts at every boundary',
      check: async () => {
        const { provider, entity, window } = subject();
        const id = idOf(entity);
        const shifts = (await provider.shiftsBetween(id, window)) ?? [];
        const edges = [
          ...new Set(shifts.flatMap(s => [s.from, s.to].map(Date.parse))),
        ]
          .sort((a, b) => a - b)
          .filter(edge => edge < Date.parse(window.to))
          .slice(0, 8);
        ok(edges.length > 1);
        for (const edge of edges) {
          const answer = await provider.onCallAt(
            id,
            new Date(edge).toISOString(),
          );
          for (const { level, people } of answer?.levels ?? []) {
            deepStrictEqual(
              people.map(p => p.person).sort(),
              [
                ...new Set(
                  shifts
                    .filter(
                      s =>
                        s.level === level &&
                        Date.parse(s.from) <= edge &&
                        edge < Date.parse(s.to),
                    )
                    .map(s => s.person),
                ),
              ].sort(),
            );
          }
        }
      },
    },
  ];
}

/** What every provider asked by HTTP must do besides. */
export function httpProviderContract(
  subject: () => HttpContractSubject,
): ContractRule[] {
  const fails = async (prepare: (s: HttpContractSubject) => void) => {
    const { create, entity, at, server, secrets } = subject();
    const provider = create();
    const id = provider.match(entity)!.scheduleId;
    prepare(subject());
    try {
      await rejects(provider.onCallAt(id, at), (error: Error) => {
        ok(!(error instanceof TypeError), error.stack);
        ok(error.message.length < 500);
        secrets.forEach(secret => ok(!error.message.includes(secret)));
        return true;
      });
    } finally {
      server.misbehave();
    }
    return { provider, id };
  };
  return [
    ...providerContract(subject),
    {
      name: 'asks nothing to find which schedule an entity names',
      check: async () => {
        const { create, entity, server } = subject();
        const before = server.requests.length;
        create().match(entity);
        strictEqual(server.requests.length, before);
      },
    },
    {
      name: 'sends credentials in headers only, and those of the account asked',
      check: async () => {
        const { create, entity, otherEntity, at, secrets } = subject();
        const { server, otherServer } = subject();
        const provider = create();
        const marks = [server.requests.length, otherServer.requests.length];
        await provider.onCallAt(provider.match(entity)!.scheduleId, at);
        strictEqual(otherServer.requests.length, marks[1]);
        const between = server.requests.length;
        ok(between > marks[0]);
        await provider.onCallAt(provider.match(otherEntity)!.scheduleId, at);
        strictEqual(server.requests.length, between);
        ok(otherServer.requests.length > marks[1]);
        [server, otherServer].forEach((asked, account) =>
          asked.requests.slice(marks[account]).forEach(request => {
            const headers = JSON.stringify(request.headers);
            ok(headers.includes(secrets[account]));
            ok(!headers.includes(secrets[1 - account]));
            secrets.forEach(secret => {
              ok(!request.query.toString().includes(secret));
              ok(!request.path.includes(secret));
            });
          }),
        );
      },
    },
    {
      name: 'never shows credentials in what it calls a schedule',
      check: async () => {
        const { provider, entity, secrets } = subject();
        const { scheduleId } = provider.match(entity)!;
        secrets.forEach(secret => ok(!scheduleId.includes(secret)));
      },
    },
    {
      name: 'says that it cannot act without what acting needs, without asking anybody',
      check: async () => {
        const { provider, entity, server } = subject();
        const { scheduleId } = provider.match(entity)!;
        const asked = server.requests.length;
        ok(!provider.page || provider.pageProblem!(scheduleId));
        for (const change of ['acknowledge', 'resolve'] as const) {
          const reference = {
            account: provider.accountOf!(scheduleId),
            scheduleId,
            dedupKey: '0e9bd0d6-7f3a-4a0e-9f0b-000000000000',
            externalId: '1',
          };
          ok(!provider[change] || provider.changeProblem!(reference, change));
        }
        strictEqual(server.requests.length, asked);
      },
    },
    {
      name: 'refuses an account that is not configured, by name',
      check: async () => {
        const { provider, strangeEntity, at } = subject();
        const { scheduleId } = provider.match(strangeEntity)!;
        await rejects(provider.onCallAt(scheduleId, at), /account stranger/);
      },
    },
    ...[
      ['an internal error', { status: 500, body: 'oops' }],
      ['refused credentials', { status: 401, body: { error: 'no' } }],
      ['a page of HTML', { status: 200, body: '<html>' }],
      ['an answer of nothing', { status: 200, body: 'null' }],
      ['an empty list', { status: 200, body: [] }],
      ['an empty object', { status: 200, body: {} }],
      ['a number', { status: 200, body: '7' }],
      ['an endless answer', { status: 200, body: 'x'.repeat(6_000_000) }],
    ].map(([name, answer]) => ({
      name: `rejects on ${name}`,
      check: async () => {
        await fails(({ server }) =>
          server.misbehave(() => answer as { status: number; body: unknown }),
        );
      },
    })),
    {
      name: 'follows no redirect',
      check: async () => {
        const { otherServer } = subject();
        const before = otherServer.requests.length;
        await fails(({ server }) =>
          server.misbehave(() => ({
            status: 302,
            headers: { location: otherServer.url },
          })),
        );
        strictEqual(otherServer.requests.length, before);
      },
    },
    {
      name: 'gives up on a provider that does not answer',
      check: async () => {
        const start = Date.now();
        await fails(({ server }) => server.misbehave(() => undefined));
        ok(Date.now() - start < 5_000);
      },
    },
    {
      name: 'asks nothing more while the provider refuses for load',
      check: async () => {
        const { at, server } = subject();
        const { provider, id } = await fails(({ server: busy }) =>
          busy.misbehave(() => ({
            status: 429,
            headers: { 'retry-after': '60' },
          })),
        );
        const asked = server.requests.length;
        await rejects(provider.onCallAt(id, at), /no more requests for/);
        strictEqual(server.requests.length, asked);
      },
    },
  ];
}

/** An entity with annotations in place of its own. */
export function withAnnotations(
  entity: Entity,
  annotations: Record<string, string>,
): Entity {
  return { ...entity, metadata: { ...entity.metadata, annotations } };
}

/** A component with annotations. */
export function annotatedComponent(
  annotations: Record<string, string>,
): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name: 'ledger', annotations },
    spec: { type: 'service', owner: 'payments' },
  };
}
